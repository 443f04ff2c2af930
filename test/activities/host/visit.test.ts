import { holdError } from "../../../activities/hold/errors";
import type { HoldQuestion, Holds } from "../../../activities/hold/port";
import { sshError } from "../../../activities/ssh/errors";
import {
  failureOf,
  freshHost,
  jobsInOrder,
  owner,
  steps,
  visitOf,
  visitedAt,
  visitRequest,
} from "./visit-samples";

const lost = (): never => {
  throw sshError("connectionLost", { seen: "gone", facts: { host: "web-1" } });
};

describe("a visit", () => {
  it("takes the host through the steps of the plan in their order, and leaves it", async () => {
    const ssh = freshHost();
    expect(await visitOf(ssh).run()).toMatchObject({
      outcome: "upgraded",
      version: "2.0",
    });
    expect(ssh.calls).toEqual([
      "open",
      "exec app version",
      "exec app check",
      "job lb drain web-1",
      "job app apply 2.0",
      "job app restart",
      "exec app ready",
      "exec app version",
      "job lb undrain web-1",
      "leave",
      "disconnect",
    ]);
    expect(ssh.owner).toBeUndefined();
  });

  it("takes one channel where it has one effect, with what is before it and behind it", async () => {
    const ssh = freshHost({ "app ready": () => ({}) });
    const few = ["precheck", "apply", "ready", "version"];
    const plan = {
      version: undefined,
      steps: steps.filter(({ name }) => few.includes(name)),
    };
    await visitOf(ssh, { plan }).run();
    expect(ssh.channels).toEqual([
      [
        ...["open", "exec app version", "exec app check"],
        ...["job app apply 2.0", "exec app ready", "exec app version", "leave"],
      ],
    ]);
  });

  it("takes one channel on a host that runs the version already", async () => {
    const ssh = freshHost({ "app version": () => ({ stdout: "2.0\n" }) });
    await visitOf(ssh).run();
    expect(ssh.channels).toEqual([["open", "exec app version", "leave"]]);
  });

  it("asks again whether the host is ready, and for nothing behind that until it is", async () => {
    let asked = 0;
    const ssh = freshHost({
      "app ready": () => ({ exitCode: asked++ < 2 ? 1 : 0 }),
    });
    await visitOf(ssh).run();
    expect(ssh.channels.slice(-4)).toEqual([
      ["job app restart", "exec app ready"],
      ["exec app ready"],
      ["exec app ready", "exec app version"],
      ["job lb undrain web-1", "leave"],
    ]);
  });

  it("leaves out the steps that an operator said to skip, reads and jobs alike", async () => {
    const ssh = freshHost();
    const skipped = ["precheck", "restart", "ready", "version"];
    const result = await visitOf(ssh, { request: { skipped } }).run();
    expect(result).toMatchObject({ outcome: "upgraded" });
    expect(result.version).toBeUndefined();
    expect(ssh.calls).toEqual([
      ...["open", "job lb drain web-1", "job app apply 2.0"],
      ...["job lb undrain web-1", "leave", "disconnect"],
    ]);
  });

  it("changes nothing on a host that runs the version already", async () => {
    const ssh = freshHost({ "app version": () => ({ stdout: "2.0\n" }) });
    expect(await visitOf(ssh).run()).toMatchObject({
      outcome: "unchanged",
      version: "2.0",
    });
    expect(ssh.ran).toEqual([]);
    expect(ssh.owner).toBeUndefined();
  });

  it.each([
    ["its restart has brought the version", {}],
    ["every step is asked for again", { "*": 2 }],
  ])(
    "does not take a host for unchanged that it has drained before, when %s",
    async (_, generations) => {
      const ssh = freshHost();
      ssh.fault = (call) => {
        if (call === "exec app ready") lost();
      };
      await failureOf(visitOf(ssh).run());
      ssh.fault = () => undefined;
      const again = visitOf(ssh, { request: { generations } });
      expect((await again.run()).outcome).toBe("upgraded");
      expect(ssh.ran.at(-1)).toBe("lb undrain web-1");
    },
  );

  it("that was cut off anywhere goes on without running any job twice", async () => {
    const uncut = freshHost();
    await visitOf(uncut).run();
    const cuts = uncut.calls.indexOf("leave") + 1;
    for (const when of ["before", "after"] as const) {
      for (let cut = 0; cut < cuts; cut++) {
        const ssh = freshHost();
        let call = 0;
        ssh.fault = (_, now) => {
          if (now === when && call++ === cut) lost();
        };
        const failure = await failureOf(visitOf(ssh).run());
        expect(failure.error.failureClass).toBe("retry");
        // Cut behind its release, the host is nobody's already; else it waits for this run.
        const released = cut === cuts - 1 && when === "after";
        if (cut > 0) expect(ssh.owner).toBe(released ? undefined : owner);
        expect((await visitOf(ssh).run()).outcome).toBe("upgraded");
        expect(ssh.ran).toEqual(jobsInOrder);
      }
    }
  });

  it("repeats a job only under the generation that an operator has raised", async () => {
    const ssh = freshHost();
    await visitOf(ssh).run();
    await visitOf(ssh, { request: { generations: { restart: 2 } } }).run();
    expect(ssh.ran).toEqual([...jobsInOrder, "app restart"]);
    await visitOf(ssh, { request: { generations: { "*": 3 } } }).run();
    expect(ssh.ran).toEqual([...jobsInOrder, "app restart", ...jobsInOrder]);
  });

  it("names its jobs by run, host, step and generation", async () => {
    const ssh = freshHost();
    const generations = { apply: 3, "*": 2 };
    await visitOf(ssh, { request: { generations } }).run();
    expect([...ssh.jobs.keys()]).toEqual([
      "run-1/web-1/drain/2",
      "run-1/web-1/apply/3",
      "run-1/web-1/restart/2",
      "run-1/web-1/undrain/2",
    ]);
  });

  it("restarts a host whatever its version, and reports what runs then", async () => {
    const ssh = freshHost({ "app version": () => ({ stdout: "1.7\n" }) });
    const plan = {
      action: "restart" as const,
      version: undefined,
      steps: steps.filter(({ name }) => name !== "apply"),
    };
    expect(await visitOf(ssh, { plan }).run()).toMatchObject({
      outcome: "upgraded",
      version: "1.7",
    });
    expect(ssh.ran).toContain("app restart");
  });

  it("tells each command its step, its host and the version", async () => {
    const ssh = freshHost();
    await visitOf(ssh).run();
    const applied = ssh.requests.find(
      (request) => "key" in request && request.key.includes("apply"),
    );
    expect(applied?.env).toMatchObject({
      RUNBOOK_STEP: "apply",
      RUNBOOK_HOST: "web-1",
      RUNBOOK_VERSION: "2.0",
    });
  });

  it("refuses a plan in which its row is another host", () => {
    const request = { ...visitRequest, hostId: "web-2" };
    expect(() => visitOf(freshHost(), { request })).toThrow(
      expect.objectContaining({ type: "host.foreignPlan" }),
    );
  });
});

describe("a visit whose window closes", () => {
  /** The clock strikes as this is called. */
  function closingAt(call: string) {
    let now = visitedAt;
    const ssh = freshHost();
    ssh.fault = (called) => {
      if (called === call) now = visitedAt + 1;
    };
    const options = {
      progress: { now: () => now },
      request: { window: { needMs: 0, stopAfter: visitedAt + 1 } },
    };
    return { ssh, options };
  }

  it("stops behind the step that runs, keeps its host, and says where", async () => {
    const { ssh, options } = closingAt("job app apply 2.0");
    expect(await visitOf(ssh, options).run()).toMatchObject({
      outcome: "parked",
      parked: { after: "apply", before: "restart", drained: true },
      previous: "1.0",
    });
    expect(ssh.ran).toEqual(jobsInOrder.slice(0, 2));
    expect(ssh.owner).toBe(owner);
  });

  it("goes on in the next one behind what it has done", async () => {
    const { ssh, options } = closingAt("job app apply 2.0");
    await visitOf(ssh, options).run();
    const request = { resumes: true } as const;
    const result = await visitOf(ssh, { request }).run();
    expect(result).toMatchObject({ outcome: "upgraded", previous: "1.0" });
    expect(ssh.ran).toEqual([
      ...["lb drain web-1", "app apply 2.0", "app restart"],
      "lb undrain web-1",
    ]);
    expect(ssh.owner).toBeUndefined();
  });

  it("is taken back like any that has begun", async () => {
    const { ssh, options } = closingAt("job app apply 2.0");
    await visitOf(ssh, options).run();
    const plan = {
      undoSteps: [steps[1], steps[6]].filter((step) => step !== undefined),
    };
    const result = await visitOf(ssh, {
      ...{ plan, request: { work: "undo" } },
    }).run();
    expect(result.outcome).toBe("rolled back");
  });

  it("returns its host to service once only that is left", async () => {
    const { ssh, options } = closingAt("exec app ready");
    expect((await visitOf(ssh, options).run()).outcome).toBe("upgraded");
    expect(ssh.ran).toEqual(jobsInOrder);
  });

  it("joins the step that another worker left running, and stops behind it", async () => {
    const ssh = freshHost();
    ssh.fault = (call, when) => {
      if (call === "job app apply 2.0" && when === "after") lost();
    };
    await failureOf(visitOf(ssh).run());
    ssh.fault = () => undefined;
    const late = { window: { needMs: 0, stopAfter: visitedAt } };
    expect(await visitOf(ssh, { request: late }).run()).toMatchObject({
      ...{ outcome: "parked", parked: { after: "apply", before: "restart" } },
    });
    expect(ssh.ran).toEqual(jobsInOrder.slice(0, 2));
  });

  it("that was parked is held like one that has not begun", async () => {
    const { ssh, options } = closingAt("job app apply 2.0");
    await visitOf(ssh, options).run();
    const calls = ssh.calls.length;
    const frozen = holdError("frozen", { seen: "frozen" });
    const holds: Holds = { find: async () => frozen };
    const request = { resumes: true } as const;
    const { error } = await failureOf(visitOf(ssh, { holds, request }).run());
    expect(error.type).toBe("hold.frozen");
    expect(ssh.calls.slice(calls)).toEqual(["disconnect"]);
    expect(ssh.owner).toBe(owner);
  });
});

describe("a visit that may not begin any more", () => {
  const frozen = holdError("frozen", {
    seen: "prod is frozen by ada",
    facts: { host: "web-1" },
  });
  const holds: Holds = { find: async () => frozen };

  it("leaves the host as it is, and to other runs", async () => {
    const ssh = freshHost();
    const { step, error } = await failureOf(visitOf(ssh, { holds }).run());
    expect({ step, type: error.type }).toEqual({
      ...{ step: "open", type: "hold.frozen" },
    });
    expect(ssh.calls).toEqual(["open", "leave", "disconnect"]);
    expect(ssh.owner).toBeUndefined();
    expect(ssh.desired.size).toBe(0);
  });

  it("is finished where it has begun", async () => {
    const ssh = freshHost();
    ssh.fault = (call, when) => {
      if (call === "job app apply 2.0" && when === "before") lost();
    };
    await failureOf(visitOf(ssh).run());
    ssh.fault = () => undefined;
    const result = await visitOf(ssh, { holds }).run();
    expect(result).toMatchObject({ outcome: "upgraded" });
    expect(ssh.ran).toEqual(jobsInOrder);
  });

  it("asks by its host, its pool, the terms of its request and its own clock", async () => {
    const asked: HoldQuestion[] = [];
    const find = async (question: HoldQuestion) => {
      asked.push(question);
      return undefined;
    };
    const window = { needMs: 7, until: 8 };
    const request = { window };
    await visitOf(freshHost(), { holds: { find }, request }).run();
    expect(asked).toEqual([
      {
        ...{ target: "prod", pool: "default", hostId: "web-1" },
        ...{ window, now: visitedAt },
      },
    ]);
  });

  it.each(["undo", "put back"] as const)(
    "takes nobody from the work %s",
    async (work) => {
      const find = jest.fn(holds.find);
      await visitOf(freshHost(), { holds: { find }, request: { work } }).run();
      expect(find).not.toHaveBeenCalled();
    },
  );
});

describe("a visit fails", () => {
  it("with the step, what was seen and what to do, when a command fails", async () => {
    const ssh = freshHost({
      "app apply 2.0": () => ({ exitCode: 3, stderr: "no such package" }),
    });
    const { step, error } = await failureOf(visitOf(ssh).run());
    expect(step).toBe("apply");
    expect(error.type).toBe("ssh.nonZeroExit");
    expect(error.message).toContain("app ended with 3 on web-1");
    expect(error.message).toContain("no such package");
    expect(error.message).toContain("hint: ");
    expect(ssh.ran).not.toContain("app restart");
  });

  it("when a job had failed before its host booted again", async () => {
    const ssh = freshHost({
      "app apply 2.0": () => ({ exitCode: 3, rebooted: true }),
    });
    const { step } = await failureOf(visitOf(ssh).run());
    expect(step).toBe("apply");
  });

  it.each(["precheck", "version"])(
    "when %s hangs, at its own limit, though others in its call may take longer",
    async (hanging) => {
      const words = hanging === "precheck" ? "app check" : "app version";
      const ssh = freshHost({ [words]: () => new Promise(() => undefined) });
      const own = steps.map((step) =>
        step.name === hanging ? { ...step, timeoutMs: 20 } : step,
      );
      const visit = visitOf(ssh, { plan: { steps: own } }).run();
      const { step, error } = await failureOf(visit);
      expect([step, error.type]).toEqual([hanging, "ssh.timedOut"]);
      expect(error.seen).toBe("app on web-1 still ran after 20 ms");
      expect(ssh.ran).toEqual([]);
      expect(ssh.owner).toBeUndefined();
    },
  );

  it("when the host answers garbage, to be asked again", async () => {
    const ssh = freshHost();
    ssh.runFramedJob = async () => ({
      before: { exitCode: 0, stdout: "Welcome\n", stderr: "" },
    });
    const { step, error } = await failureOf(visitOf(ssh).run());
    expect([step, error.type]).toEqual(["open", "ssh.connectionLost"]);
  });

  it("before it changes anything, when the precheck does", async () => {
    const ssh = freshHost({ "app check": () => ({ exitCode: 1 }) });
    const { step } = await failureOf(visitOf(ssh).run());
    expect(step).toBe("precheck");
    expect(ssh.ran).toEqual([]);
  });

  it("when the commands succeed but another version runs", async () => {
    const ssh = freshHost({ "app version": () => ({ stdout: "1.0\nold" }) });
    const { step, error } = await failureOf(visitOf(ssh).run());
    expect([step, error.type]).toEqual(["version", "host.wrongVersion"]);
    expect(error.seen).toBe("web-1 answers version 1.0, expected 2.0");
    expect(ssh.ran).not.toContain("lb undrain web-1");
  });

  it("when no version is answered after a restart", async () => {
    const ssh = freshHost({ "app version": () => ({ exitCode: 1 }) });
    const plan = { action: "restart" as const, version: undefined };
    const { error } = await failureOf(visitOf(ssh, { plan }).run());
    expect(error.seen).toContain("answers version nothing");
  });

  it("when the host belongs to another run, and leaves it to that one", async () => {
    const ssh = freshHost();
    ssh.owner = "run-0 fleet-upgrade:prod:CHG-0";
    const { step, error } = await failureOf(visitOf(ssh).run());
    expect([step, error.type]).toEqual(["open", "host.busy"]);
    expect(error.seen).toContain("run-0 fleet-upgrade:prod:CHG-0");
    expect(error.hint).toContain("/home/ops/.upgrade-runbooks/owner");
    expect(error.failureClass).toBe("wait");
    expect(ssh.ran).toEqual([]);
    expect(ssh.owner).toBe("run-0 fleet-upgrade:prod:CHG-0");
  });

  it("when a secret cannot be had, before the step begins", async () => {
    const ssh = freshHost();
    const plan = { steps: withSecret("env:TOKEN") };
    const { step, error } = await failureOf(visitOf(ssh, { plan }).run());
    expect([step, error.type]).toEqual(["apply", "reference.unset"]);
    expect(ssh.ran).toEqual(["lb drain web-1"]);
  });
});

function withSecret(reference: string) {
  return steps.map((step) =>
    step.name === "apply" ? { ...step, secretEnv: { TOKEN: reference } } : step,
  );
}

describe("a host that cannot be reached", () => {
  const goneFrom = (isAlive: boolean) => ({
    inventory: { shouldBeAlive: async () => isAlive },
  });

  it.each([
    "unreachable",
    "handshakeRefused",
    "connectionLost",
    "hostKeyChanged",
    "hostKeyUnknown",
    "authFailed",
  ] as const)(
    "is gone after %s when the inventory knows it no more",
    async (kind) => {
      const ssh = freshHost();
      ssh.fault = (call) => {
        if (call === "job app restart") throw sshError(kind, { seen: "no" });
      };
      const gone = visitOf(ssh, goneFrom(false)).run();
      expect(await gone).toMatchObject({ outcome: "gone" });
      const failure = await failureOf(visitOf(ssh, goneFrom(true)).run());
      expect(failure.error.type).toBe(`ssh.${kind}`);
    },
  );

  it("is the one that the inventory is asked about, with the plan's source", async () => {
    const asked: unknown[] = [];
    const ssh = freshHost();
    ssh.fault = lost;
    const shouldBeAlive = async (...question: unknown[]) => {
      asked.push(question);
      return false;
    };
    await visitOf(ssh, { inventory: { shouldBeAlive } }).run();
    expect(asked).toEqual([[{ file: "/etc/hosts.yaml" }, "web-1"]]);
  });

  it("is not gone because a command failed on it", async () => {
    const ssh = freshHost({ "app restart": () => ({ exitCode: 1 }) });
    const failure = await failureOf(visitOf(ssh, goneFrom(false)).run());
    expect(failure.error.type).toBe("ssh.nonZeroExit");
  });
});

describe("after a failure the host", () => {
  async function ownerAfter(
    kind: Parameters<typeof sshError>[0],
  ): Promise<string | undefined> {
    const ssh = freshHost();
    ssh.fault = (call) => {
      if (call === "job app apply 2.0") throw sshError(kind, { seen: "x" });
    };
    await failureOf(visitOf(ssh).run());
    expect(ssh.calls.at(-1)).toBe("disconnect");
    return ssh.owner;
  }

  it.each(["nonZeroExit", "timedOut", "diskFull", "jobConflict"] as const)(
    "is free for other runs when it was %s",
    async (kind) => expect(await ownerAfter(kind)).toBeUndefined(),
  );

  it.each([
    ...["unreachable", "connectionLost", "jobUnknown"],
    ...["notStopped", "authFailed"],
  ] as const)("stays this run's when it was %s", async (kind) =>
    expect(await ownerAfter(kind as "jobUnknown")).toBe(owner),
  );

  it("fails for its first reason, also when it cannot be left", async () => {
    const ssh = freshHost({ "app restart": () => ({ exitCode: 1 }) });
    ssh.fault = (call) => {
      if (call === "leave") lost();
    };
    const { step, error } = await failureOf(visitOf(ssh).run());
    expect([step, error.type]).toEqual(["restart", "ssh.nonZeroExit"]);
  });
});

describe("a visit that is interrupted", () => {
  async function interrupted() {
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const ssh = freshHost({
      "app apply 2.0": () => {
        begin();
        return new Promise(() => undefined);
      },
    });
    const abort = new AbortController();
    const visit = visitOf(ssh, { progress: { signal: abort.signal } });
    const ended = visit.run();
    await begun;
    abort.abort(new Error("paused"));
    await expect(ended).rejects.toThrow("paused");
    return { ssh, visit };
  }

  it("leaves its job running and the host its own", async () => {
    const { ssh } = await interrupted();
    expect(ssh.calls.filter((call) => call.startsWith("cancel"))).toEqual([]);
    expect(ssh.owner).toBe(owner);
    expect(ssh.calls.at(-1)).toBe("disconnect");
  });

  it("stops the job in flight, and no other, when a cancel asks for it", async () => {
    const { ssh, visit } = await interrupted();
    await visit.stop();
    expect(ssh.calls.filter((call) => call.startsWith("cancel"))).toEqual([
      "cancel run-1/web-1/apply/1",
    ]);
  });

  it("has nothing to stop between two jobs", async () => {
    const ssh = freshHost({ "app ready": () => new Promise(() => undefined) });
    const abort = new AbortController();
    ssh.fault = (call) => {
      if (call === "exec app ready") queueMicrotask(() => abort.abort());
    };
    const visit = visitOf(ssh, { progress: { signal: abort.signal } });
    await expect(visit.run()).rejects.toThrow();
    await visit.stop();
    expect(ssh.calls.filter((call) => call.startsWith("cancel"))).toEqual([]);
  });

  it("says so when the job outlives its stop", async () => {
    const { ssh, visit } = await interrupted();
    ssh.fault = () => {
      throw sshError("notStopped", { seen: "still there" });
    };
    const { step, error } = await failureOf(visit.stop());
    expect([step, error.type]).toEqual(["apply", "ssh.notStopped"]);
  });
});

describe("a secret", () => {
  const secret = "s3cr3t-t0ken";
  const options = {
    plan: { steps: withSecret("env:TOKEN") },
    secrets: { TOKEN: secret },
  };

  it("reaches its job beside argv and environment", async () => {
    const ssh = freshHost();
    await visitOf(ssh, options).run();
    const holding = ssh.requests.filter((request) =>
      JSON.stringify(request).includes(secret),
    );
    expect(holding).toHaveLength(1);
    const { secretEnv, ...rest } = holding[0] as { secretEnv: object };
    expect(secretEnv).toEqual({ TOKEN: secret });
    expect(JSON.stringify(rest)).not.toContain(secret);
  });

  it("stands in no failure and no progress, whatever the command prints of it", async () => {
    const told: string[] = [];
    const ssh = freshHost({
      "app apply 2.0": (say) => {
        say(`token s3cr3t-`);
        say(`t0ken accepted\nnow `);
        say("applying\n");
        // The last 2,000 characters begin in the middle of the secret.
        const stderr = `curl -H ${secret}\n${secret}${"x".repeat(1_994)}`;
        return { exitCode: 22, stderr, stdout: secret };
      },
    });
    const report = (_: string, line = ""): void => void told.push(line);
    const progress = { report };
    const failure = await failureOf(
      visitOf(ssh, { ...options, progress }).run(),
    );
    const all = [failure.message, failure.stack, failure.error.message];
    const text = JSON.stringify([...all, ...told, failure.error]);
    expect(text).not.toContain(secret);
    expect(text).not.toContain(secret.slice(-6));
    expect(told).toContain("token *** accepted");
    expect(told).toContain("now applying");
  });
});
