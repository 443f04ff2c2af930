import type { Chain, Runs } from "../../../activities/runs/port";
import { Chains } from "../../../activities/sweep/chains";

const day = 86_400_000;
const run = { rootRunId: "run-1", workflowId: "fleet-upgrade:prod:CHG-1" };

/** A server that keeps closed runs for three days, and says this of every one. */
function standingOf(chain: Chain, newest = Date.now() - day) {
  const refuse = (): never => {
    throw new Error("not asked for");
  };
  const runs: Runs = {
    ...{ tell: refuse, ask: refuse, standing: refuse },
    chain: async () => chain,
    retentionMs: async () => 3 * day,
  };
  return new Chains(runs).of(run, newest).then(({ standing }) => standing);
}

describe("a chain of runs", () => {
  it("is over once it is closed, and its workers have had the time to hear of it", async () => {
    const at = (agoMs: number) =>
      standingOf({ standing: "terminated", closedAt: Date.now() - agoMs });
    expect(await at(60_000)).toBe("over");
    expect(await at(5_000)).toBe("ending");
    // By a clock that goes ahead of ours.
    expect(await at(-5_000)).toBe("ending");
  });

  it("is left alone while it is open", async () => {
    expect(await standingOf({ standing: "open" })).toBe("open");
  });

  it("is over when the server may have forgotten it, and is another server's when it may not", async () => {
    const forgotten = { standing: "unknown" } as const;
    expect(await standingOf(forgotten, Date.now() - 4 * day)).toBe("over");
    expect(await standingOf(forgotten, Date.now() - 2 * day)).toBe("foreign");
  });

  it("is unknown while the server does not answer", async () => {
    const away = Promise.reject<Chain>(new Error("no server"));
    const runs = { chain: () => away } as unknown as Runs;
    await expect(new Chains(runs).of(run, 0)).rejects.toThrow("no server");
  });
});
