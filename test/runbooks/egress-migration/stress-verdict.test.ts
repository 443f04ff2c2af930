import {
  type StressFacts,
  stressFindings,
} from "../../../runbooks/egress-migration/stress-verdict";
import { counters, look } from "./samples";

const carried: StressFacts = {
  ...{ wanted: 300, holdS: 30, slowestMs: 500 },
  storm: {
    ...{ tried: 2_000, failed: {}, peak: 300, heldS: 30 },
    ...{ p50Ms: 1, p99Ms: 5, p999Ms: 40, slowShare: 0 },
  },
  before: [look("gw-s", { counters: { ...counters, found: 50, opened: 100 } })],
  after: [
    look("gw-s", { counters: { ...counters, found: 900, opened: 2_100 } }),
  ],
};

const causesOf = (changes: Partial<StressFacts>): string[] =>
  stressFindings({ ...carried, ...changes }).map(({ cause }) => cause);
const storm = (changes: Partial<StressFacts["storm"]>) => ({
  storm: { ...carried.storm, ...changes },
});
const after = (changes: Partial<typeof counters>) => ({
  after: [
    look("gw-s", {
      counters: { ...counters, found: 900, opened: 2_100, ...changes },
    }),
  ],
});

describe("a load on staging", () => {
  it("passes when it was carried without a sign of pressure", () => {
    expect(causesOf({})).toEqual([]);
  });

  it("proves nothing when it does not go through the gateways, or one of them is not seen", () => {
    expect(causesOf(after({ opened: 100 }))).toEqual(["load.elsewhere"]);
    expect(causesOf({ after: [] })).toEqual(["load.elsewhere"]);
    expect(causesOf(after({ opened: 100 + 1_800 }))).toEqual([]);
    // Those that failed may never have come so far.
    const failing = storm({ failed: { unreachable: 2_000 } });
    expect(causesOf({ ...after({ opened: 100 }), ...failing })).toEqual([
      "connect.failed",
    ]);
  });

  it("names ports that are not found before the failures that follow from it", () => {
    const failing = storm({ failed: { timeout: 12 }, p999Ms: 1_020 });
    expect(causesOf({ ...after({ insertFailed: 12 }), ...failing })).toEqual([
      ...["nat.noPort", "connect.slow", "connect.failed"],
    ]);
  });

  it("names the search for ports while none fails yet: five for each connection", () => {
    expect(causesOf(after({ found: 50 + 2_000 * 5 }))).toEqual(["nat.search"]);
    expect(causesOf(after({ found: 50 + 2_000 * 5 - 1 }))).toEqual([]);
  });

  it("names a client that opens a connection for nearly each request", () => {
    const looks = { before: [look("gw-s")], after: [look("gw-s")] };
    const client = {
      ...{ requests: 1_000, failed: 0, mostPerRequest: 0.2, ...looks },
    };
    expect(causesOf({ application: { ...client, opened: 200 } })).toEqual([]);
    expect(causesOf({ application: { ...client, opened: 201 } })).toEqual([
      "application.noReuse",
    ]);
    expect(
      causesOf({ application: { ...client, requests: 0, opened: 0 } }),
    ).toEqual(["application.failed"]);
  });

  it("leaves to the client what the client does to the gateways", () => {
    const client = {
      ...{ requests: 1_000, failed: 0, mostPerRequest: 0.2, opened: 990 },
      before: [look("gw-s")],
      after: [look("gw-s", { counters: { ...counters, insertFailed: 7 } })],
    };
    expect(causesOf({ application: client })).toEqual(["application.noReuse"]);
    const [finding] = stressFindings({ ...carried, application: client });
    expect(finding?.seen).toContain("7 packets");
    expect(causesOf({ application: { ...client, opened: 20 } })).toEqual([
      "nat.noPort",
    ]);
  });

  it("proves nothing below the peak, or for too short a time", () => {
    expect(causesOf(storm({ peak: 299 }))).toEqual(["load.tooSmall"]);
    expect(causesOf(storm({ heldS: 29.9 }))).toEqual(["load.tooSmall"]);
  });

  it("tells the host's own ports from the gateway's", () => {
    expect(causesOf(storm({ failed: { noLocalPort: 3 } }))).toEqual([
      "client.noLocalPort",
    ]);
  });

  it("sees a full table, and connects that take half a second", () => {
    expect(causesOf(after({ earlyDrop: 1 }))).toEqual(["conntrack.full"]);
    expect(causesOf(storm({ p999Ms: 500 }))).toEqual(["connect.slow"]);
  });

  it("counts from the boot of a gateway that booted in between, which proves too little", () => {
    expect(causesOf(after({ opened: 20, found: 120 }))).toEqual([
      ...["load.elsewhere", "nat.search"],
    ]);
  });
});
