import { bySite, pagesOf } from "../../../runbooks/sweep/plan";
import { host } from "../fleet-upgrade/samples";

const hosts = (count: number, site?: string) =>
  Array.from({ length: count }, (_, n) =>
    host(`${site ?? "web"}-${n}`, "web", site === undefined ? {} : { site }),
  );

describe("the pages of a sweep", () => {
  it("hold hosts of one site each, every host once", () => {
    const mixed = [...hosts(2, "fra"), ...hosts(130), ...hosts(1, "fra")];
    const ordered = bySite(mixed);
    const pages = pagesOf(ordered);
    expect(pages).toEqual([
      { site: "fra", from: 0, to: 3 },
      { from: 3, to: 103 },
      { from: 103, to: 133 },
    ]);
    expect(ordered).toHaveLength(mixed.length);
  });

  it("are none of an empty target", () => {
    expect(pagesOf([])).toEqual([]);
  });
});
