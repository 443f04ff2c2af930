import type { WorkflowHandle } from "@temporalio/client";
import { watch } from "../../../cli/commands/watch";
import type { Context } from "../../../cli/context";
import type { Observation } from "../../../cli/run/observation";
import type { RunObserver } from "../../../cli/run/observe";
import { observed } from "../run/observed";

/** Looks at what it is given, one after the other; an error is what the look ends with. */
function observerOf(looks: readonly (Observation | Error)[]): RunObserver {
  const left = [...looks];
  return {
    handle: { workflowId: observed.workflowId } as WorkflowHandle,
    hosts: async () => [],
    requireRunning: async () => undefined,
    gates: () => Promise.resolve([]),
    observe: () => {
      const next = left.shift();
      return next instanceof Error || next === undefined
        ? Promise.reject(next ?? new Error("nothing left to see"))
        : Promise.resolve(next);
    },
  };
}

function contextWith(changed: Partial<Context> = {}) {
  const said = { out: "", err: "" };
  const context: Context = {
    env: {},
    json: false,
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
    isTerminal: false,
    size: () => ({ columns: 80, rows: 24 }),
    readStdin: () => Promise.resolve(""),
    ask: () => Promise.resolve(undefined),
    interrupted: new AbortController().signal,
    ...changed,
  };
  return { context, said };
}

const ended: Observation = {
  ...observed,
  end: { outcome: "completed", exit: "ok" },
};

/** As the client throws it: the gRPC error is the cause of its own. */
function unavailable(): Error {
  const grpc = new Error("14 UNAVAILABLE");
  const facts = { code: 14, details: "connection refused", metadata: {} };
  return new Error("failed", { cause: Object.assign(grpc, facts) });
}

describe("watch", () => {
  it.each([[false], [true]])(
    "outlives a server that does not answer for a while, terminal: %s",
    async (isTerminal) => {
      const { context, said } = contextWith({ isTerminal });
      const looks = [observed, unavailable(), unavailable(), ended];
      const exit = await watch(context, observerOf(looks), 1);
      expect(exit).toBe("ok");
      expect(said.out).toContain("does not answer: connection refused");
      expect(said.out).toContain("Ended: completed");
    },
  );

  it("says a trouble once in a log, however long it lasts", async () => {
    const { context, said } = contextWith();
    const looks = [unavailable(), unavailable(), unavailable(), ended];
    await watch(context, observerOf(looks), 1);
    expect(said.out.match(/does not answer/g)).toHaveLength(1);
  });

  it("does not outlive a failure that is no trouble of the server", async () => {
    const { context } = contextWith();
    const looks = [new Error("no run")];
    await expect(watch(context, observerOf(looks), 1)).rejects.toThrow(
      "no run",
    );
  });

  it("gives the cursor back, however it ends", async () => {
    const { context, said } = contextWith({ isTerminal: true });
    await expect(watch(context, observerOf([]), 1)).rejects.toThrow();
    expect(said.out.endsWith("\u001b[?25h")).toBe(true);
  });
});
