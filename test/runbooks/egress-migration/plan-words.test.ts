import { egressMigrationInputSchema } from "../../../runbooks/egress-migration/contract";
import {
  exceptionWords,
  planText,
} from "../../../runbooks/egress-migration/plan-words";
import { gateway } from "./samples";

const wish = { readyPercent: 99, leaveOn: "2027-02-01" };
const division = (states: object, exceptions: readonly string[] = []) => ({
  ...{ document: { key: "k", sha256: "", bytes: 0 }, movable: 0, canaries: 0 },
  ...{ stay: 0, states, exceptions },
});

describe("customers who are not ready", () => {
  it("are not worth a word when there are none", () => {
    expect(exceptionWords(division({ ready: 200 }), 200, wish)).toBeUndefined();
  });

  it("are counted by their state, and named", () => {
    const states = { ready: 199, blocked: 1 };
    expect(exceptionWords(division(states, ["c-7"]), 200, wish)).toBe(
      "199 of 200 customers are ready, 99.5 %; the others stay on the old addresses, which leave about 2027-02-01: 1 blocked (c-7)",
    );
  });

  it("are too many below what is wanted", () => {
    const states = { ready: 197, down: 2, unknown: 1 };
    expect(exceptionWords(division(states), 200, wish)).toBe(
      "197 of 200 customers are ready, 98.5 %, below the 99 % that are wanted; the others stay on the old addresses, which leave about 2027-02-01: 2 down, 1 unknown",
    );
  });

  it("are all of them when none was ready", () => {
    expect(exceptionWords(division({ blocked: 2 }), 2, wish)).toContain(
      "0 of 2 customers are ready, 0.0 %, below",
    );
  });
});

describe("the plan in words", () => {
  const settings = egressMigrationInputSchema.parse({
    ...{ target: "prod", change: "c-1", customers: "c.csv" },
    needs: [{ destination: "198.51.100.7:443", connections: 100 }],
  });
  const plan = {
    ...{ target: "prod", change: "c-1", settings, usable: [], calendars: [] },
    gateways: [gateway("gw-1")],
    spread: "connection" as const,
    staging: {
      ...{ gateways: [gateway("gw-s")], sink: ["198.18.0.1:80"] },
      hosts: [{ id: "st-1", ssh: gateway("st-1").ssh }],
    },
    customers: { folder: "f", count: 100_000, batchSize: 500, sha256: "" },
  };

  it("says from where to where, for whom, and with what room", () => {
    const text = planText(plan);
    for (const line of [
      "egress of prod to its new addresses (c-1)",
      "  From 1 addresses to 3: 203.0.113.101, 203.0.113.102, 203.0.113.103",
      "  Customers: 100000",
      "  Staging: gw-s, load from st-1",
      "  Published list: none",
      "  198.51.100.7:443: 100 of 384 (3 x 128 ports), 27 %",
    ])
      expect(text.split("\n")).toContain(line);
    expect(text).not.toContain("Publish the new addresses");
    expect(text).toContain("at least 168 h, asks after 336 h");
  });

  it("publishes where there is a list, and shows what a gateway lacks", () => {
    const list = { ssh: gateway("web-1").ssh, path: "/srv/list.json" };
    const facts = [
      {
        ...{ gateway: "gw-1", kernel: "6.1", entries: 1, mostEntries: 10 },
        ...{ portHoldS: 120, faults: ["no arping"] },
      },
    ];
    const text = planText({ ...plan, list }, { facts, spread: "range" });
    expect(text).toContain("  Published list: /srv/list.json");
    expect(text).toContain("Publish the new addresses");
    expect(text).toContain("  Spread: by range");
    expect(text).toMatch(/FAIL gw-1: kernel 6\.1.*\n {5}no arping/);
  });
});
