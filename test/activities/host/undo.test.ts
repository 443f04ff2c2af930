import type { JobRequest } from "../../../activities/ssh/port";
import type { VisitStep } from "../../../activities/host/port";
import { sshError } from "../../../activities/ssh/errors";
import type { BalancerCall } from "../../../activities/loadbalancer/port";
import type { FakeCommand } from "../../harness/fake-ssh";
import { failureOf, freshHost, owner, steps, visitOf } from "./visit-samples";

const named = (...names: string[]): VisitStep[] =>
  names.flatMap((name) => steps.filter((step) => step.name === name));
const undo: VisitStep = {
  ...{ name: "undo", kind: "job", timeoutMs: 60_000 },
  run: ["app", "undo", "{{previous}}"],
};
const undoSteps = [
  ...named("drain"),
  undo,
  ...named("restart", "ready", "version", "undrain"),
];
const balancerStep = (name: string): VisitStep => ({
  ...{ name, kind: "balancer", timeoutMs: 60_000 },
});

/** A host that `undo` takes back to what it names. */
function reversibleHost(over: Readonly<Record<string, FakeCommand>> = {}) {
  const runs = { installed: "1.0", running: "1.0" };
  const set = (version: string) => () => {
    runs.installed = version;
    return {};
  };
  return freshHost({
    "app apply 2.0": set("2.0"),
    "app undo 1.0": set("1.0"),
    "app restart": () => {
      runs.running = runs.installed;
      return {};
    },
    "app version": () => ({ stdout: runs.running }),
    ...over,
  });
}
const plan = { undoSteps };
const undone = { plan, request: { work: "undo" } } as const;
const putBack = { plan, request: { work: "put back" } } as const;

describe("a visit knows what ran before it", () => {
  it("and says so, at the first try and at every later one", async () => {
    const ssh = reversibleHost();
    expect(await visitOf(ssh).run()).toMatchObject({ previous: "1.0" });
    expect(await visitOf(ssh).run()).toMatchObject({ previous: "1.0" });
  });

  it("and tells the steps", async () => {
    const ssh = reversibleHost();
    await visitOf(ssh).run();
    const applied = ssh.requests.find(
      (request): request is JobRequest =>
        "key" in request && request.key.includes("apply"),
    );
    expect(applied?.envFiles).toEqual({ RUNBOOK_PREVIOUS: "previous/run-1" });
  });

  it("and fills it into a precheck, which is then asked in a call of its own", async () => {
    const check = {
      ...named("precheck")[0],
      run: ["app", "check", "{{previous}}"],
    };
    const ssh = reversibleHost({ "app check 1.0": () => ({}) });
    const all = [check as VisitStep, ...steps.slice(1)];
    await visitOf(ssh, { plan: { steps: all } }).run();
    expect(ssh.channels.slice(0, 2)).toEqual([
      ["open", "exec app version"],
      ["exec app check 1.0"],
    ]);
  });

  it("and publishes the version that the host must have", async () => {
    const ssh = reversibleHost();
    await visitOf(ssh).run();
    expect(ssh.desired.get("app")).toBe("2.0 CHG-1 run-1");
    await visitOf(ssh, undone).run();
    expect(ssh.desired.get("app")).toBe("1.0 CHG-1 run-1");
  });
});

describe("an undo", () => {
  it("takes a changed host back by steps with keys of their own, and frees it", async () => {
    const ssh = reversibleHost();
    await visitOf(ssh).run();
    ssh.ran.length = 0;
    expect(await visitOf(ssh, undone).run()).toMatchObject({
      ...{ outcome: "rolled back", version: "1.0", previous: "1.0" },
    });
    expect(ssh.ran).toEqual([
      ...["lb drain web-1", "app undo 1.0", "app restart", "lb undrain web-1"],
    ]);
    expect([...ssh.jobs.keys()]).toContain("run-1/web-1/undo.restart/1");
    expect(ssh.owner).toBeUndefined();
  });

  it("changes nothing on a host that the run has not begun on", async () => {
    const ssh = reversibleHost();
    const result = await visitOf(ssh, undone).run();
    expect(result.outcome).toBe("unchanged");
    expect(ssh.channels).toEqual([["open", "leave"]]);
    expect(ssh.ran).toEqual([]);
  });

  it("that was cut off anywhere goes on without running any job twice", async () => {
    const uncut = reversibleHost();
    await visitOf(uncut).run();
    const before = uncut.calls.length;
    await visitOf(uncut, undone).run();
    const cuts = uncut.calls.length - before - 1;
    for (const when of ["before", "after"] as const) {
      for (let cut = 0; cut < cuts; cut++) {
        const ssh = reversibleHost();
        await visitOf(ssh).run();
        let call = 0;
        ssh.fault = (_, now) => {
          if (now === when && call++ === cut)
            throw sshError("connectionLost", { seen: "gone" });
        };
        await failureOf(visitOf(ssh, undone).run());
        const { outcome } = await visitOf(ssh, undone).run();
        expect(outcome).toBe("rolled back");
        expect(ssh.ran).toEqual(uncut.ran);
      }
    }
  });

  it("stops what the way forward has left running, and runs none of it again", async () => {
    let begin = (): void => undefined;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const ssh = reversibleHost({
      "app apply 2.0": () => {
        begin();
        return new Promise(() => undefined);
      },
    });
    const abort = new AbortController();
    const visit = visitOf(ssh, { progress: { signal: abort.signal } }).run();
    await begun;
    abort.abort(new Error("the worker is gone"));
    await expect(visit).rejects.toThrow();
    await visitOf(ssh, undone).run();
    expect(ssh.calls).toContain("cancel run-1/web-1/apply/1");
    expect(ssh.ran.filter((words) => words === "app apply 2.0")).toHaveLength(
      1,
    );
  });

  it("fails when another version than the previous one runs behind it", async () => {
    const ssh = reversibleHost({ "app undo 1.0": () => ({}) });
    await visitOf(ssh).run();
    const { step, error } = await failureOf(visitOf(ssh, undone).run());
    expect([step, error.type]).toEqual(["version", "host.wrongVersion"]);
    expect(error.seen).toBe("web-1 answers version 2.0, expected 1.0");
    expect(error.hint).toContain("`undo`");
  });

  it("of a component without one is for a person to do", async () => {
    const ssh = reversibleHost();
    await visitOf(ssh).run();
    const request = { work: "undo" } as const;
    const { error } = await failureOf(visitOf(ssh, { request }).run());
    expect(error.type).toBe("host.noUndo");
    expect(ssh.owner).toBeUndefined();
  });
});

describe("putting back", () => {
  /** A host that was left drained by a failure behind its drain. */
  async function drained(over: Readonly<Record<string, FakeCommand>> = {}) {
    const ssh = reversibleHost({
      "app apply 2.0": () => ({ exitCode: 1 }),
      ...over,
    });
    await failureOf(visitOf(ssh).run());
    ssh.ran.length = 0;
    return ssh;
  }

  it("undrains a host that is ready, and frees it", async () => {
    const ssh = await drained();
    const result = await visitOf(ssh, putBack).run();
    expect(result.outcome).toBe("put back");
    expect(ssh.ran).toEqual(["lb undrain web-1"]);
    expect(ssh.owner).toBeUndefined();
    await visitOf(ssh, putBack).run();
    expect(ssh.ran).toEqual(["lb undrain web-1"]);
  });

  it("leaves a host out that does not become ready, and frees it all the same", async () => {
    const ssh = await drained({ "app ready": () => ({ exitCode: 1 }) });
    const all = steps.map((step) =>
      step.name === "ready" ? { ...step, timeoutMs: 5 } : step,
    );
    const asked = { ...putBack, plan: { steps: all } };
    expect((await visitOf(ssh, asked).run()).outcome).toBe("left out");
    expect(ssh.ran).toEqual([]);
    expect(ssh.owner).toBeUndefined();
  });

  it("does nothing to a host that is not drained", async () => {
    const ssh = reversibleHost();
    expect((await visitOf(ssh, putBack).run()).outcome).toBe("unchanged");
    await visitOf(ssh).run();
    expect((await visitOf(ssh, putBack).run()).outcome).toBe("unchanged");
    expect(ssh.ran).toHaveLength(4);
  });

  it("fails as every visit does when the host cannot be reached", async () => {
    const ssh = await drained();
    ssh.fault = () => {
      throw sshError("unreachable", { seen: "no answer" });
    };
    const { error } = await failureOf(visitOf(ssh, putBack).run());
    expect(error.type).toBe("ssh.unreachable");
  });
});

describe("steps at the load balancer", () => {
  const balancer = {
    command: { drain: ["d"], undrain: ["u"] },
  } as unknown as BalancerCall["balancer"];
  const withBalancer = [
    ...named("precheck"),
    balancerStep("balancer-drain"),
    ...named("apply", "restart", "ready", "version"),
    balancerStep("balancer-undrain"),
  ];
  const asked = { plan: { steps: withBalancer, balancer } };

  function lb(sessionsLeft = 0) {
    const calls: string[] = [];
    const told: string[] = [];
    const client = {
      drain: async ({ hostId }: BalancerCall) => {
        calls.push(`drain ${hostId}`);
        return { sessionsLeft };
      },
      undrain: async ({ hostId }: BalancerCall) => {
        calls.push(`undrain ${hostId}`);
      },
    };
    const report = (step: string, line = ""): void => {
      if (line !== "") told.push(`${step}: ${line}`);
    };
    return { calls, told, options: { balancer: client, progress: { report } } };
  }

  it("take the host out before it is changed and back when it is ready, told the host beforehand", async () => {
    const { calls, told, options } = lb(3);
    const ssh = reversibleHost();
    await visitOf(ssh, { ...asked, ...options }).run();
    expect(calls).toEqual(["drain web-1", "undrain web-1"]);
    expect(told).toContain(
      "balancer-drain: 3 sessions still open at the drain's deadline",
    );
    expect(ssh.channels[0]).toEqual([
      ...["open", "exec app version", "exec app check", "mark drained"],
    ]);
    expect(ssh.drained.size).toBe(0);
  });

  it("put a host back whose visit died behind the drain", async () => {
    const { calls, options } = lb();
    const ssh = reversibleHost({ "app apply 2.0": () => ({ exitCode: 1 }) });
    await failureOf(visitOf(ssh, { ...asked, ...options }).run());
    const request = { work: "put back" } as const;
    const result = await visitOf(ssh, { ...asked, ...options, request }).run();
    expect(result.outcome).toBe("put back");
    expect(calls).toEqual(["drain web-1", "undrain web-1"]);
    expect(ssh.drained.size).toBe(0);
  });

  it("are not for a worker without a load balancer", async () => {
    const { step, error } = await failureOf(
      visitOf(reversibleHost(), asked).run(),
    );
    expect([step, error.type]).toEqual(["balancer-drain", "host.noBalancer"]);
  });
});

it("keeps the host for the run whose undo lost it", async () => {
  const ssh = reversibleHost();
  await visitOf(ssh).run();
  ssh.fault = (call) => {
    if (call === "job app undo 1.0")
      throw sshError("connectionLost", { seen: "gone" });
  };
  await failureOf(visitOf(ssh, undone).run());
  expect(ssh.owner).toBe(owner);
});
