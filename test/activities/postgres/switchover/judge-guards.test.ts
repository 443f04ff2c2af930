import type {
  GuardFacts,
  LinkFacts,
  PrimaryFacts,
  ServerFacts,
} from "../../../../activities/postgres/switchover/guard-facts";
import { judgeGuards } from "../../../../activities/postgres/switchover/judge-guards";

const limits = {
  ...{ lagBytes: 1024 * 1024, lagSeconds: 5, archiveBacklog: 16 },
  ...{ transactionSeconds: 60, unloggedTables: 0 },
};
const server: ServerFacts = {
  ...{ systemIdentifier: "7", onHost: "7", isInRecovery: false },
  ...{ isReplayPaused: false, major: 15, isSuperuser: true },
  ...{ synchronousNames: "", freeSlots: 9, freeWalSenders: 9 },
  ...{ settings: { max_connections: 100 }, hasForeignFence: false },
};
const load: PrimaryFacts = {
  ...{ archiveBacklog: 0, transactionSeconds: 1, unloggedTables: 0 },
  ...{ logicalSlots: [], otherStandbys: [] },
};
const link: LinkFacts = {
  ...{ slot: "rb_1", state: "streaming", lagBytes: 0, lagSeconds: 0 },
};

interface Change {
  readonly primary?: Partial<ServerFacts>;
  readonly standby?: Partial<ServerFacts>;
  readonly load?: Partial<PrimaryFacts>;
  readonly link?: Partial<LinkFacts>;
  readonly wayBack?: string;
  readonly elsewhere?: readonly string[];
}

const factsOf = (change: Change = {}): GuardFacts => ({
  primary: { value: { ...server, ...change.primary } },
  standby: { value: { ...server, isInRecovery: true, ...change.standby } },
  load: { value: { ...load, ...change.load } },
  link: { value: { ...link, ...change.link } },
  wayBack: { value: change.wayBack ?? "7" },
  clients: {
    value: { entries: ["shop a:1"], elsewhere: change.elsewhere ?? [] },
  },
});

const notPassed = (facts: GuardFacts) =>
  judgeGuards(facts, limits)
    .filter(({ verdict }) => verdict !== "pass")
    .map(({ name, verdict }) => `${name} ${verdict}`);

describe("the guards of a switchover", () => {
  it("pass where everything is as it has to be, each with what was measured", () => {
    const checks = judgeGuards(factsOf(), limits);
    expect(notPassed(factsOf())).toEqual([]);
    const names = checks.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { measured, limit, reason } of checks)
      expect([measured, limit, reason]).not.toContain("");
  });

  it.each<[Change, string]>([
    [{ primary: { onHost: "8" } }, "primary: one server fail"],
    [{ primary: { onHost: undefined } }, "primary: one server fail"],
    [{ standby: { onHost: "8" } }, "standby: one server fail"],
    [{ primary: { isSuperuser: false } }, "primary: rights fail"],
    [{ standby: { isSuperuser: false } }, "standby: rights fail"],
    [{ primary: { hasForeignFence: true } }, "primary: fence fail"],
    [{ primary: { isInRecovery: true } }, "primary: role fail"],
    [
      { primary: { synchronousNames: "rb_1" } },
      "primary: synchronous replication warn",
    ],
    [{ standby: { isInRecovery: false } }, "standby: role fail"],
    [{ standby: { isReplayPaused: true } }, "standby: replay fail"],
    [
      { standby: { synchronousNames: "ghost" } },
      "standby: synchronous replication fail",
    ],
    [{ standby: { freeSlots: 0 } }, "standby: free slots fail"],
    [{ standby: { freeWalSenders: 0 } }, "standby: free WAL senders fail"],
    [
      { standby: { systemIdentifier: "8", onHost: "8" } },
      "both servers: cluster fail",
    ],
    [{ standby: { major: 16 } }, "both servers: version fail"],
    [
      { standby: { settings: { max_connections: 50 } } },
      "standby: settings fail",
    ],
    [
      { standby: { settings: { max_connections: 200 } } },
      "primary: settings fail",
    ],
    [{ link: { slot: "" } }, "replication: slot fail"],
    [{ link: { state: "catchup" } }, "replication: state fail"],
    [{ link: { state: undefined } }, "replication: state fail"],
    [{ link: { lagBytes: 1024 * 1024 + 1 } }, "replication: lag fail"],
    [{ link: { lagBytes: undefined } }, "replication: lag fail"],
    [{ link: { lagSeconds: 5.1 } }, "replication: lag in time fail"],
    [{ link: { lagSeconds: undefined } }, "replication: lag in time fail"],
    [{ load: { archiveBacklog: 17 } }, "load: archive backlog fail"],
    [{ load: { transactionSeconds: 61 } }, "load: oldest transaction fail"],
    [{ load: { unloggedTables: 1 } }, "load: unlogged tables fail"],
    [{ load: { logicalSlots: ["s"] } }, "load: logical slots warn"],
    [{ load: { otherStandbys: ["s"] } }, "load: other standbys warn"],
    [{ wayBack: "8" }, "way back: login fail"],
    [{ elsewhere: ["shop b:1"] }, "clients: PgBouncer fail"],
  ])("name what is not, and that alone: %j", (change, line) => {
    expect(notPassed(factsOf(change))).toEqual([line]);
  });

  it("call what was not measured an error, and no pass", () => {
    const error = "no answer";
    expect(
      notPassed({
        ...factsOf(),
        ...{ primary: { error }, load: { error }, clients: { error } },
      }),
    ).toEqual([
      "primary error",
      "both servers error",
      "load error",
      "way back error",
      "clients error",
    ]);
  });
});
