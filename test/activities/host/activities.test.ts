import {
  ActivityCancellationDetails,
  CancelledFailure,
} from "@temporalio/common";
import { MockActivityEnvironment } from "@temporalio/testing";
import { DefaultLogger } from "@temporalio/worker";
import { createHostActivities } from "../../../activities/host/activities";
import { sshError } from "../../../activities/ssh/errors";
import type { ArtifactStore } from "../../../activities/artifacts/port";
import type { FakeCommand, FakeSsh } from "../../harness/fake-ssh";
import {
  aliveInventory,
  freshHost,
  visitPlan,
  visitRequest,
} from "./visit-samples";

interface Heartbeat {
  readonly host: string;
  readonly step: string;
  readonly lastLine: string;
}

function activitiesFor(ssh: FakeSsh, plan = visitPlan()) {
  const reads: string[] = [];
  const artifacts: ArtifactStore = {
    put: () => Promise.reject(new Error("a visit stores nothing")),
    peek: async () => undefined,
    get: async ({ sha256 }) => {
      reads.push(sha256);
      return JSON.stringify(plan);
    },
  };
  const resolveReference = async (): Promise<string> => "";
  const activities = createHostActivities({
    ...{ ssh, artifacts, resolveReference, inventory: aliveInventory },
  });
  return { ...activities, reads };
}

function environment() {
  const logger = new DefaultLogger("ERROR");
  const env = new MockActivityEnvironment({}, { logger });
  const beats: Heartbeat[] = [];
  env.on("heartbeat", (details: Heartbeat) => beats.push({ ...details }));
  return { env, beats };
}

/** A host whose `apply` has begun and never ends by itself. */
function stuckHost() {
  let begin = (): void => undefined;
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const apply: FakeCommand = () => {
    begin();
    return new Promise(() => undefined);
  };
  return { ssh: freshHost({ "app apply 2.0": apply }), begun };
}

const cancels = (ssh: FakeSsh): string[] =>
  ssh.calls.filter((call) => call.startsWith("cancel"));

describe("the activity visitHost", () => {
  it("takes the host of its request through its visit", async () => {
    const { env } = environment();
    const { visitHost } = activitiesFor(freshHost());
    const result = await env.run(visitHost, visitRequest);
    expect(result).toMatchObject({ outcome: "upgraded", version: "2.0" });
  });

  it("tells by its heartbeats which host is at which step, and its command's last line", async () => {
    const { env, beats } = environment();
    const now = jest.spyOn(Date, "now");
    const late = Date.now() + 5_000;
    const ssh = freshHost({
      "app check": () => {
        now.mockReturnValue(late);
        return {};
      },
      "lb drain web-1": (say) => {
        say("closing\n12 of 40\n");
        return {};
      },
    });
    try {
      await env.run(activitiesFor(ssh).visitHost, visitRequest);
    } finally {
      now.mockRestore();
    }
    expect(new Set(beats.map(({ host }) => host))).toEqual(new Set(["web-1"]));
    const steps = [...new Set(beats.map(({ step }) => step))];
    expect(steps).toEqual([
      ...["drain", "apply", "restart", "ready", "version", "undrain"],
    ]);
    expect(beats).toContainEqual({
      ...{ host: "web-1", step: "drain", lastLine: "12 of 40" },
    });
  });

  it("costs the server no heartbeat when it is over within four seconds", async () => {
    const { env, beats } = environment();
    await env.run(activitiesFor(freshHost()).visitHost, visitRequest);
    expect(beats).toEqual([]);
  });

  it("beats on while a command says nothing, and no longer than it works", async () => {
    jest.useFakeTimers();
    try {
      const { env, beats } = environment();
      const { ssh, begun } = stuckHost();
      const ended = env.run(activitiesFor(ssh).visitHost, visitRequest);
      ended.catch(() => undefined);
      await begun;
      const before = beats.length;
      await jest.advanceTimersByTimeAsync(9_000);
      expect(beats.length - before).toBe(2);
      env.cancel("WORKER_SHUTDOWN");
      await expect(ended).rejects.toThrow();
      const after = beats.length;
      await jest.advanceTimersByTimeAsync(9_000);
      expect(beats).toHaveLength(after);
    } finally {
      jest.useRealTimers();
    }
  });

  it("reads the plan once for all hosts of a run", async () => {
    const { visitHost, reads } = activitiesFor(freshHost());
    for (let host = 0; host < 3; host++)
      await environment().env.run(visitHost, visitRequest);
    expect(reads).toEqual(["abc"]);
  });

  it("reads a plan again that could not be read before", async () => {
    let reads = 0;
    const artifacts = {
      put: () => Promise.reject(new Error("unused")),
      peek: async () => undefined,
      get: async () => {
        if (reads++ === 0) throw new Error("the store is away");
        return JSON.stringify(visitPlan());
      },
    };
    const { visitHost } = createHostActivities({
      ...{ ssh: freshHost(), artifacts, inventory: aliveInventory },
      resolveReference: async () => "",
    });
    const visit = () => environment().env.run(visitHost, visitRequest);
    await expect(visit()).rejects.toThrow("the store is away");
    expect(await visit()).toMatchObject({ outcome: "upgraded" });
  });
});

describe("an interrupted visit", () => {
  async function interrupt(
    reason: Parameters<MockActivityEnvironment["cancel"]>[0],
    details: ConstructorParameters<typeof ActivityCancellationDetails>[0],
    ssh = stuckHost(),
  ) {
    const { env } = environment();
    const ended = env
      .run(activitiesFor(ssh.ssh).visitHost, visitRequest)
      .catch((error: unknown) => error);
    await ssh.begun;
    env.cancel(reason, new ActivityCancellationDetails(details));
    return { error: await ended, calls: cancels(ssh.ssh) };
  }

  it.each([
    ["a pause", "PAUSED", { paused: true }],
    ["a reset", "RESET", { reset: true }],
    ["its worker's shutdown", "WORKER_SHUTDOWN", { workerShutdown: true }],
    ["a timeout", "TIMED_OUT", { timedOut: true }],
    ["the end of its run", "NOT_FOUND", { notFound: true }],
  ] as const)(
    "by %s lets the job run on, and ends as cancelled, never as aborted",
    async (_, reason, details) => {
      const { error, calls } = await interrupt(reason, details);
      expect(error).toBeInstanceOf(CancelledFailure);
      expect(calls).toEqual([]);
    },
  );

  it("by a cancel request stops the job first", async () => {
    const { error, calls } = await interrupt("CANCELLED", {
      cancelRequested: true,
    });
    expect(error).toBeInstanceOf(CancelledFailure);
    expect(calls).toEqual(["cancel run-1/web-1/apply/1"]);
  });

  it("says so when the job could not be stopped, since it may work on", async () => {
    const stuck = stuckHost();
    stuck.ssh.fault = (call) => {
      if (call.startsWith("cancel"))
        throw sshError("notStopped", { seen: "group 7 outlived KILL" });
    };
    const details = { cancelRequested: true };
    const { error } = await interrupt("CANCELLED", details, stuck);
    expect(error).toMatchObject({
      type: "ssh.notStopped",
      nonRetryable: true,
      details: [{ step: "apply", type: "ssh.notStopped" }],
    });
  });
});

describe("a visit that runs in this worker already", () => {
  /** A run that continued as new: its old activity works on, and a new one is started for the same visit. */
  async function twice(more: object = {}) {
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    let runs = "1.0";
    const ssh = freshHost({
      "app apply 2.0": async () => {
        begin();
        await ended;
        runs = "2.0";
        return {};
      },
      "app version": () => ({ stdout: runs }),
    });
    const { visitHost } = activitiesFor(ssh);
    const [old, young] = [environment(), environment()];
    const first = old.env.run(visitHost, visitRequest);
    first.catch(() => undefined);
    await begun;
    const second = young.env.run(visitHost, { ...visitRequest, ...more });
    second.catch(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    return { ssh, old, young, first, second, end };
  }
  const opened = ({ calls }: FakeSsh): number =>
    calls.filter((call) => call === "open").length;

  it("is joined: both have its result, and the host is asked once", async () => {
    const { ssh, first, second, end } = await twice();
    end();
    expect(await first).toMatchObject({ outcome: "upgraded" });
    expect(await second).toBe(await first);
    expect(opened(ssh)).toBe(1);
  });

  it("is another one where an operator has asked for something else since", async () => {
    const { ssh, end, second } = await twice({ skipped: ["ready"] });
    end();
    await second;
    expect(opened(ssh)).toBe(2);
  });

  it("is begun anew by the one that joined, when its own activity is interrupted", async () => {
    const { ssh, old, first, second, end } = await twice();
    old.env.cancel(
      "NOT_FOUND",
      new ActivityCancellationDetails({ notFound: true }),
    );
    await expect(first).rejects.toThrow(CancelledFailure);
    end();
    expect(await second).toMatchObject({ outcome: "upgraded" });
    expect(opened(ssh)).toBe(2);
    expect(ssh.ran.filter((words) => words === "app apply 2.0")).toHaveLength(
      1,
    );
  });

  it("goes on when the one that joined is interrupted", async () => {
    const { ssh, young, first, second, end } = await twice();
    young.env.cancel(
      "PAUSED",
      new ActivityCancellationDetails({ paused: true }),
    );
    await expect(second).rejects.toThrow(CancelledFailure);
    expect(cancels(ssh)).toEqual([]);
    end();
    expect(await first).toMatchObject({ outcome: "upgraded" });
  });

  it("is stopped by a cancel request to the one that joined", async () => {
    const { ssh, young, first, second, end } = await twice();
    young.env.cancel(
      "CANCELLED",
      new ActivityCancellationDetails({ cancelRequested: true }),
    );
    await expect(second).rejects.toThrow(CancelledFailure);
    expect(cancels(ssh)).toEqual(["cancel run-1/web-1/apply/1"]);
    end();
    await first;
  });
});

describe("the failure of a visit", () => {
  async function failureFor(kind: Parameters<typeof sshError>[0]) {
    const ssh = freshHost();
    ssh.fault = (call) => {
      if (call === "job app apply 2.0") throw sshError(kind, { seen: "seen" });
    };
    const visit = environment().env.run(
      activitiesFor(ssh).visitHost,
      visitRequest,
    );
    return visit.catch((error: unknown) => error);
  }

  it.each([
    ["is tried again", "unreachable", false, false],
    ["is tried again", "connectionLost", false, false],
    ["is a person's to decide", "authFailed", true, false],
    ["is a person's to decide", "nonZeroExit", true, true],
    ["is a person's to decide", "jobUnknown", true, true],
    ["needs another plan", "jobConflict", true, false],
  ] as const)(
    "%s when it was %s",
    async (_, kind, nonRetryable, commandEnded) => {
      const failure = await failureFor(kind);
      expect(failure).toMatchObject({
        name: "ApplicationFailure",
        type: `ssh.${kind}`,
        nonRetryable,
        details: [
          {
            ...{ type: `ssh.${kind}`, step: "apply" },
            message: expect.stringContaining("seen\nhint: "),
            commandEnded,
          },
        ],
      });
    },
  );

  it("is tried again while another run has the host", async () => {
    const ssh = freshHost();
    ssh.owner = "run-0 other";
    const visit = environment().env.run(
      activitiesFor(ssh).visitHost,
      visitRequest,
    );
    await expect(visit).rejects.toMatchObject({
      type: "host.busy",
      nonRetryable: false,
    });
  });

  it("needs another run when the plan is not the one that was made", async () => {
    const { visitHost } = activitiesFor(freshHost());
    const request = { ...visitRequest, index: 7 };
    const visit = environment().env.run(visitHost, request);
    await expect(visit).rejects.toMatchObject({
      type: "host.foreignPlan",
      nonRetryable: true,
    });
  });

  it("carries no more of a command's output than a person reads", async () => {
    const stderr = `${"x".repeat(9_000)}\n`.repeat(3);
    const ssh = freshHost({
      "app apply 2.0": () => ({ exitCode: 1, stderr }),
    });
    const visit = environment().env.run(
      activitiesFor(ssh).visitHost,
      visitRequest,
    );
    const error: unknown = await visit.catch((thrown: unknown) => thrown);
    expect(JSON.stringify(error).length).toBeLessThan(8_000);
  });
});
