import {
  type Evidence,
  signatures,
  signaturesOf,
} from "../../../../activities/egress/nat/signatures";
import { stressFindings } from "../../../../runbooks/egress-migration/stress-verdict";
import { counters, look } from "../../../runbooks/egress-migration/samples";

const quiet: Evidence = { before: look("gw-1"), after: look("gw-1") };
const idsOf = (changes: Partial<Evidence>): string[] =>
  signaturesOf({ ...quiet, ...changes }).map(({ id }) => id);
const risen = (by: Partial<typeof counters>) => ({
  after: look("gw-1", { counters: { ...counters, opened: 100, ...by } }),
});
const fresh = "203.0.113.101";

describe("the signature of trouble at a gateway", () => {
  it("is none where nothing stands out", () => {
    expect(idsOf(risen({ found: 499 }))).toEqual([]);
    expect(idsOf({ storm: { tried: 1_000, failed: { reset: 10 } } })).toEqual(
      [],
    );
    expect(idsOf({ probes: [{ customer: "c-1", class: "allowed" }] })).toEqual(
      [],
    );
  });

  it.each<[string, Partial<Evidence>, string]>([
    ["a full table", { after: look("gw-1", { entries: 10_000 }) }, "tableFull"],
    ["entries dropped early", risen({ earlyDrop: 1 }), "tableFull"],
    ["no port", risen({ insertFailed: 1, found: 9_000 }), "portsExhausted"],
    ["a long search", risen({ found: 500 }), "portSearch"],
    [
      "the client's own ports",
      { storm: { tried: 9, failed: { noLocalPort: 1 } } },
      "noLocalPort",
    ],
    [
      "addresses that went",
      { after: look("gw-1", { lacks: [fresh] }) },
      "addressesLost",
    ],
    [
      "resets of more than one in a hundred",
      { storm: { tried: 1_000, failed: { reset: 11 } } },
      "resetBurst",
    ],
    [
      "a gateway that fails alone",
      {
        storm: { tried: 10, failed: { timeout: 6 } },
        elsewhere: { tried: 1_000, failed: { timeout: 9 } },
      },
      "oneGatewayOnly",
    ],
    [
      "a customer who drops new addresses",
      { probes: [{ customer: "c-1", class: "drop" }] },
      "allowList",
    ],
    [
      "a challenge",
      { probes: [{ customer: "c-1", class: "challenge" }] },
      "reputation",
    ],
  ])("is known by %s", (_, changes, id) => {
    expect(idsOf(changes)).toEqual([id]);
  });

  it("tells the gateway's trouble from the client's, and from everybody's", () => {
    const own = { tried: 10, failed: { noLocalPort: 10 } };
    const none = { tried: 10, failed: {} };
    expect(idsOf({ storm: own, elsewhere: none })).toEqual(["noLocalPort"]);
    const all = { tried: 10, failed: { timeout: 10 } };
    expect(idsOf({ storm: all, elsewhere: all })).toEqual([]);
  });

  it("counts from the boot of a gateway that booted in between, and blames no address that was missing before", () => {
    const before = look("gw-1", {
      counters: { ...counters, opened: 900, insertFailed: 7 },
      lacks: [fresh],
    });
    const after = look("gw-1", {
      counters: { ...counters, opened: 5 },
      lacks: [fresh],
    });
    expect(idsOf({ before, after })).toEqual([]);
  });

  it("gives the figures, and the same hint as a load on staging", () => {
    const [found] = signaturesOf({ ...quiet, ...risen({ insertFailed: 3 }) });
    expect(found).toMatchObject({
      figures: "insert_failed rose by 3, drop by 0",
    });
    const [finding] = stressFindings({
      ...{ wanted: 1, holdS: 1, slowestMs: 500, before: [quiet.before] },
      after: [risen({ insertFailed: 3 }).after],
      storm: {
        ...{ tried: 1, failed: {}, peak: 1, heldS: 1 },
        ...{ p50Ms: 1, p99Ms: 1, p999Ms: 1, slowShare: 0 },
      },
    });
    expect(finding?.hint).toBe(found?.hint);
    expect(finding?.hint).toBe(signatures.portsExhausted.hint);
  });
});
