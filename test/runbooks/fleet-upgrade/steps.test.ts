import { hostContractSchema } from "../../../activities/host/port";
import {
  planFleetUpgrade,
  visitTimeoutMs,
} from "../../../runbooks/fleet-upgrade/plan";
import {
  previewStep,
  undoSteps,
  visitSteps,
} from "../../../runbooks/fleet-upgrade/steps";
import { balancerSchema } from "../../../activities/loadbalancer/port";
import { contract, facts, settings } from "./samples";

describe("the steps of a visit", () => {
  const namesOf = (over: object, action: "upgrade" | "restart" = "upgrade") =>
    visitSteps(
      hostContractSchema.parse({ ...contract, ...over }),
      action === "restart"
        ? settings({ action, version: undefined })
        : settings(),
    ).map(({ name }) => name);

  it("follow the host contract", () => {
    expect(namesOf({})).toEqual([
      ...["precheck", "drain", "fetch", "apply"],
      ...["restart", "ready", "version", "undrain"],
    ]);
  });

  it("have the component's own ones in their places, in the order written", () => {
    const extra = [
      { name: "warm", after: "restart", run: ["app", "warm"] },
      { name: "migrate", after: "apply", run: ["app", "migrate"] },
      { name: "notify", after: "apply", script: "app notify" },
    ];
    expect(namesOf({ extra })).toEqual([
      ...["precheck", "drain", "fetch", "apply", "migrate", "notify"],
      ...["restart", "warm", "ready", "version", "undrain"],
    ]);
  });

  it("keep an own step behind a step that the contract leaves out", () => {
    const { apply, version } = contract.steps;
    const extra = [{ name: "stop", after: "drain", run: ["app", "stop"] }];
    expect(namesOf({ steps: { apply, version }, extra })).toEqual([
      ...["stop", "apply", "version"],
    ]);
  });

  it("leave out what brings a new version when the action is restart", () => {
    const extra = [
      { name: "migrate", after: "apply", run: ["app", "migrate"] },
      { name: "warm", after: "restart", run: ["app", "warm"] },
    ];
    expect(namesOf({ extra }, "restart")).toEqual([
      ...["precheck", "drain", "restart", "warm"],
      ...["ready", "version", "undrain"],
    ]);
  });

  it("only look in precheck, ready and version, and are jobs elsewhere", () => {
    const reads = visitSteps(contract, settings())
      .filter(({ kind }) => kind === "read")
      .map(({ name }) => name);
    expect(reads).toEqual(["precheck", "ready", "version"]);
  });

  it("have the plan's words filled in, word by word, and leave the host's to the visit", () => {
    const filled = hostContractSchema.parse({
      steps: {
        apply: {
          run: [
            "app",
            "{{ version }}",
            "{{component}}-{{target}}",
            "{{host.id}}",
          ],
          env: { CHANGE: "{{change}}", FORMAT: "{{.State.Status}}" },
        },
        version: contract.steps.version,
      },
    });
    expect(visitSteps(filled, settings())[0]).toMatchObject({
      run: ["app", "2.4.1", "app-prod", "{{host.id}}"],
      env: { CHANGE: "CHG-1", FORMAT: "{{.State.Status}}" },
    });
  });

  it("have limits of their own, or those of their kind", () => {
    const limits = visitSteps(contract, settings()).map(
      ({ name, timeoutMs }) => [name, timeoutMs / 1_000],
    );
    expect(Object.fromEntries(limits)).toEqual({
      ...{ precheck: 60, drain: 3_600, fetch: 3_600, apply: 900 },
      ...{ restart: 3_600, ready: 300, version: 60, undrain: 3_600 },
    });
  });

  it("fit into the time limit of the visit, the wait for ready included", () => {
    const plan = planFleetUpgrade(settings(), facts());
    const sum = plan.steps.reduce((ms, { timeoutMs }) => ms + timeoutMs, 0);
    expect(visitTimeoutMs(plan)).toBeGreaterThan(sum + plan.minReadyMs);
  });
});

describe("the way back", () => {
  const withUndo = (extra: readonly object[] = []) =>
    hostContractSchema.parse({
      ...contract,
      steps: {
        ...contract.steps,
        undo: { run: ["app", "back", "{{previous}}"], timeoutS: 20_000 },
        preview: { run: ["app", "diff", "{{version}}"] },
      },
      extra,
    });
  const namesOf = (steps: readonly { readonly name: string }[]) =>
    steps.map(({ name }) => name);

  it("drains, undoes, restarts, and proves what it did", () => {
    expect(namesOf(undoSteps(withUndo(), settings()))).toEqual([
      ...["drain", "undo", "restart", "ready", "version", "undrain"],
    ]);
  });

  it("takes along own steps behind its own ones, and none that bring the version", () => {
    const extra = [
      { name: "look", after: "precheck", run: ["look"] },
      { name: "stop", after: "drain", run: ["stop"] },
      { name: "unpack", after: "fetch", run: ["unpack"] },
      { name: "migrate", after: "apply", run: ["migrate"] },
      { name: "warm", after: "restart", run: ["warm"] },
      { name: "tell", after: "undrain", run: ["tell"] },
    ];
    expect(namesOf(undoSteps(withUndo(extra), settings()))).toEqual([
      ...["drain", "stop", "undo", "restart", "warm"],
      ...["ready", "version", "undrain", "tell"],
    ]);
  });

  it("leaves the former version to the visit, which knows it", () => {
    expect(undoSteps(withUndo(), settings())[1]).toMatchObject({
      kind: "job",
      run: ["app", "back", "{{previous}}"],
    });
  });

  it("is none without undo, and none of a restart", () => {
    const restart = settings({ action: "restart", version: undefined });
    expect(undoSteps(contract, settings())).toEqual([]);
    expect(undoSteps(withUndo(), restart)).toEqual([]);
  });

  it("fits into the time limit of a visit, too", () => {
    const plan = planFleetUpgrade(settings(), facts({ contract: withUndo() }));
    const sum = plan.undoSteps.reduce((ms, { timeoutMs }) => ms + timeoutMs, 0);
    expect(visitTimeoutMs(plan)).toBeGreaterThan(sum + plan.minReadyMs);
    expect(plan.rollout.hostDeadlineMs).toBe(visitTimeoutMs(plan));
  });

  it("has a host say what it would do by a step that only looks", () => {
    expect(previewStep(withUndo(), settings())).toEqual({
      name: "preview",
      kind: "read",
      run: ["app", "diff", "2.4.1"],
      timeoutMs: 60_000,
    });
    expect(previewStep(contract, settings())).toBeUndefined();
  });
});

describe("hosts behind a load balancer", () => {
  const balancer = balancerSchema.parse({
    haproxy: { sockets: ["/run/lb.sock"], backend: "app", turnTimeoutS: 100 },
  });
  const parsed = (over: object) =>
    hostContractSchema.parse({ ...contract, ...over });
  const { apply, version, restart } = contract.steps;
  const undo = { run: ["app", "undo"] };

  it("leave it before their own drain, and come back behind their own undrain", () => {
    const steps = visitSteps(contract, settings(), balancer);
    expect(steps.map(({ name }) => name)).toEqual([
      ...["precheck", "balancer-drain", "drain", "fetch", "apply", "restart"],
      ...["ready", "version", "undrain", "balancer-undrain"],
    ]);
  });

  it("leave it before own steps in the place of a drain that the contract leaves out", () => {
    const extra = [{ name: "stop", after: "drain", run: ["app", "stop"] }];
    const own = parsed({ steps: { apply, version, restart }, extra });
    const steps = visitSteps(own, settings(), balancer);
    expect(steps.map(({ name }) => name)).toEqual([
      ...["balancer-drain", "stop", "apply", "restart"],
      ...["version", "balancer-undrain"],
    ]);
  });

  it("leave it on their way back, too", () => {
    const steps = { apply, version, undo };
    const back = undoSteps(parsed({ steps }), settings(), balancer);
    expect(back.map(({ name }) => name)).toEqual([
      ...["balancer-drain", "undo", "version", "balancer-undrain"],
    ]);
  });

  it("may take as long as their turn, their sessions and their health check together", () => {
    const plan = planFleetUpgrade(settings(), { ...facts(), balancer });
    const limits = plan.steps.filter(({ kind }) => kind === "balancer");
    expect(limits.map(({ timeoutMs }) => timeoutMs)).toEqual([
      (100 + 300 + 60) * 1_000,
      (120 + 60) * 1_000,
    ]);
    expect(plan.balancer).toEqual(balancer);
  });
});
