import type { HostLook } from "../../../activities/host/port";
import { findingsOf, sampleOf } from "../../../runbooks/fleet-upgrade/checks";
import { planFleetUpgrade } from "../../../runbooks/fleet-upgrade/plan";
import { facts, host, hostsOf, settings } from "./samples";

const plan = planFleetUpgrade(
  settings(),
  facts({ hosts: hostsOf({ web: 30, db: 8, cache: 2 }) }),
);
const fine = (index: number, version = "2.4.0"): HostLook => ({
  index,
  problems: [],
  version,
});
const idOf = (index: number): string => plan.hosts[index]?.id ?? "";

describe("the sample", () => {
  it("has every pool, and then the hosts in the order in which they will follow", () => {
    const rows = sampleOf(plan, 5);
    expect(rows).toEqual([0, 1, 2, 3, 4]);
    const pools = new Set(rows.map((row) => plan.hosts[row]?.pool));
    expect([...pools].sort()).toEqual(["cache", "db", "web"]);
  });

  it("is every host, or none, where that is asked for", () => {
    expect(sampleOf(plan, "all")).toHaveLength(40);
    expect(sampleOf(plan, "none")).toEqual([]);
    expect(sampleOf(plan, 500)).toHaveLength(40);
  });

  it("leaves out what only the workers of a site reach", () => {
    const hosts = [host("a"), host("b", "web", { site: "fra" }), host("c")];
    expect(sampleOf({ hosts }, "all")).toEqual([0, 2]);
    expect(findingsOf({ hosts }, []).elsewhere).toBe(1);
  });
});

describe("the findings", () => {
  it("count versions, most frequent first", () => {
    const looks = [fine(0, "2.3"), fine(1), fine(2), fine(3, "2.3"), fine(4)];
    expect(
      findingsOf(plan, looks).versions.map(({ text, count }) => [text, count]),
    ).toEqual([
      ["2.4.0", 3],
      ["2.3", 2],
    ]);
  });

  it("put like problems together, whatever the host is called and where it is", () => {
    const looks = [0, 1, 2].map((index): HostLook => {
      const seen = `cannot reach ${idOf(index)}.example:22: 10.0.0.${index}:22 refused ${idOf(index)}`;
      return { index, problems: [{ what: "way in", seen }] };
    });
    expect(findingsOf(plan, [...looks, fine(4)])).toMatchObject({
      looked: 4,
      of: 40,
      fine: 1,
      problems: [
        {
          what: "way in",
          text: "cannot reach {host}: {address} refused {host}",
          count: 3,
          hosts: [0, 1, 2].map(idOf),
        },
      ],
    });
  });

  it("name the first ten hosts of a group, and count them all", () => {
    const looks = Array.from({ length: 25 }, (_, index): HostLook => ({
      index,
      problems: [{ what: "tools", seen: "not installed: setsid" }],
    }));
    const [group] = findingsOf(plan, looks).problems;
    expect(group?.hosts).toHaveLength(10);
    expect(group?.count).toBe(25);
  });

  it("tell one kind of problem from another, on one host too", () => {
    const problems = [
      { what: "disk", seen: "less than 100 MB free in the home folder" },
      { what: "tools", seen: "not installed: setsid" },
    ] as const;
    const { problems: groups } = findingsOf(plan, [{ index: 3, problems }]);
    expect(groups.map(({ what }) => what)).toEqual(["disk", "tools"]);
  });

  it("put hosts together that would do the same, in their words", () => {
    const preview = "replace 2.4.0\nrestart 4 workers";
    const looks = [0, 1].map((index) => ({ ...fine(index), preview }));
    const other = { ...fine(2), preview: "nothing" };
    expect(
      findingsOf(plan, [...looks, other]).previews.map(({ text }) => text),
    ).toEqual([preview, "nothing"]);
  });
});
