import type { Watcher } from "../../../activities/freeze/port";
import type { LockEntry } from "../../../activities/lock/port";
import type { ChainStanding, Runs } from "../../../activities/runs/port";
import { sweepKeepers } from "../../../activities/sweep/keepers";

const run = (rootRunId: string) => ({
  rootRunId,
  workflowId: `w-${rootRunId}`,
});
const entry = (
  name: string,
  standing: LockEntry["standing"],
  resource = "prod/web",
): LockEntry => ({
  ...{ run: run(name), holder: name, summary: name, standing },
  resources: [resource],
});
const held = { kind: "held", since: 1 } as const;
const waiting = { kind: "waiting", since: 2 } as const;
const kept = { kind: "kept", since: 3, reason: "1 host failed" } as const;

async function sweep(
  mode: "look" | "free",
  {
    locks,
    watchers,
    ends,
  }: {
    readonly locks?: readonly LockEntry[];
    readonly watchers?: readonly Watcher[];
    readonly ends: Readonly<Record<string, ChainStanding>>;
  },
) {
  const tellings: string[] = [];
  const refuse = (): never => {
    throw new Error("not asked for");
  };
  const runs: Runs = {
    ...{ standing: refuse, retentionMs: refuse },
    ask: async (id) => (id === "lock:prod" ? locks : watchers),
    chain: async ({ rootRunId }) => ({ standing: ends[rootRunId] ?? "open" }),
    tell: async ({ workflowId }, update, payload) => {
      tellings.push(`${workflowId} ${update} ${JSON.stringify(payload)}`);
    },
  };
  const order = { target: "prod", mode, run: run("sweep") } as const;
  const { leftovers } = await sweepKeepers({ runs, taskQueue: "q" }, order);
  const told = leftovers.map(
    ({ kind, whose, todo, isFreed }) =>
      `${isFreed === true ? "freed" : todo} ${kind} of ${whose?.rootRunId}`,
  );
  return { told, tellings };
}

describe("locks", () => {
  const locks = [entry("a", held), entry("b", waiting), entry("c", kept)];
  const ends = { a: "terminated", b: "failed", c: "completed" } as const;

  it("of runs that are over are shown, and nothing is told to their keeper", async () => {
    expect(await sweep("look", { locks, ends })).toEqual({
      told: ["free lock of a", "free waiting of b", "person kept of c"],
      tellings: [],
    });
  });

  it("are given up by the run that was terminated and by nobody else, and stay kept for a person", async () => {
    const { told, tellings } = await sweep("free", { locks, ends });
    expect(told).toEqual([
      ...["person kept of a", "freed waiting of b", "person kept of c"],
    ]);
    expect(tellings).toEqual([
      `lock:prod closed {"run":${JSON.stringify(run("a"))},"end":"terminated"}`,
      `lock:prod closed {"run":${JSON.stringify(run("b"))},"end":"failed"}`,
    ]);
  });

  it("are dropped where the run came to its own end", async () => {
    const { told } = await sweep("free", {
      ...{ locks: [entry("a", held)], ends: { a: "cancelled" } },
    });
    expect(told).toEqual(["freed lock of a"]);
  });

  it("of open runs are none of a sweep's business, and neither is a keeper that nobody has started", async () => {
    const none = { told: [], tellings: [] };
    expect(await sweep("free", { locks, ends: {} })).toEqual(none);
    expect(await sweep("free", { ends: {} })).toEqual(none);
  });
});

describe("freezes", () => {
  it("are told no more to runs that are over, of this target only", async () => {
    const watchers = [
      { run: run("a"), resources: ["prod/web"] },
      { run: run("b"), resources: ["prod"] },
      { run: run("c"), resources: ["production"] },
    ];
    const ends = { a: "terminated", c: "terminated" } as const;
    const { told, tellings } = await sweep("free", { watchers, ends });
    expect(told).toEqual(["freed watcher of a"]);
    expect(tellings).toEqual([
      `freezes unwatch {"run":${JSON.stringify(run("a"))}}`,
    ]);
  });
});
