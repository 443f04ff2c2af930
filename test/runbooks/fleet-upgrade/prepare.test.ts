import type { Configuration } from "../../../activities/configuration/port";
import { balancerSchema } from "../../../activities/loadbalancer/port";
import { configurationSchema } from "../../../activities/configuration/port";
import { hostContractSchema } from "../../../activities/host/port";
import { visitSteps } from "../../../runbooks/fleet-upgrade/steps";
import {
  lookUp,
  readInput,
  requireValues,
  requireWayBack,
  selectHosts,
} from "../../../runbooks/fleet-upgrade/prepare";
import { contract, host, hostsOf, settings } from "./samples";

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toMatchObject({ type: "input.invalid" });
    return error instanceof Error ? error.message : "";
  }
  throw new Error("it was accepted");
}

const configuration: Configuration = configurationSchema.parse({
  targets: { prod: { inventory: { file: "/etc/hosts.yaml" } } },
  components: { app: contract },
});

const withSteps = (steps: object, more: object = {}) =>
  hostContractSchema.parse({
    steps: { ...contract.steps, ...steps },
    ...more,
  });

describe("reading the input", () => {
  it("fills in what may be left out, with care: plan only, 1 % failures, a gate", () => {
    const input = { target: "prod", change: "C-1", component: "app" };
    expect(readInput({ ...input, version: "2.4.1" })).toMatchObject({
      action: "upgrade",
      mode: "plan",
      budget: { percent: 1 },
      canary: { gate: true, expiresAfterH: 72 },
    });
  });

  it("answers nothing at all by what is missing", () => {
    const message = messageOf(() => readInput(undefined));
    for (const name of ["target", "change", "component"])
      expect(message).toContain(name);
  });

  it("refuses a budget without a limit", () => {
    const message = messageOf(() => readInput({ ...settings(), budget: {} }));
    expect(message).toMatch(/budget: .*expected failures, percent or both/);
  });

  it.each(["latest", "MAIN", "feature/x", "2.4.1 && reboot"])(
    "refuses the version %s",
    (version) => {
      expect(messageOf(() => readInput({ ...settings(), version }))).toContain(
        "version",
      );
    },
  );

  it("takes no version for a restart, and needs one for an upgrade", () => {
    const { version: _, ...without } = settings();
    expect(messageOf(() => readInput(without))).toContain("pinned version");
    const restart = { ...settings(), action: "restart" };
    expect(messageOf(() => readInput(restart))).toContain("no version");
  });

  it.each([
    ["of a step of the contract", [{ name: "apply", after: "drain" }]],
    ["of a step that only looks", [{ name: "ready", after: "drain" }]],
    [
      "of another own step",
      [
        { name: "warm", after: "drain" },
        { name: "warm", after: "apply" },
      ],
    ],
  ])("refuses an own step with the name %s", (_, extra) => {
    const named = extra.map((step) => ({ ...step, run: ["true"] }));
    const input = { ...settings(), contract: { ...contract, extra: named } };
    expect(messageOf(() => readInput(input))).toMatch(
      /contract\.extra\[\d\]\.name: .*a name that no other step of the visit has/,
    );
  });

  it.each([
    ["a variable's name", { run: ["true"], env: { "MY-VAR": "x" } }],
    ["a reference", { run: ["true"], secretEnv: { TOKEN: "hunter2" } }],
    ["a path from the root", { run: ["true"], secretEnv: { T: "file:pw" } }],
    ["a program first", { run: ["--force", "true"] }],
  ])("expects %s in a step", (_, apply) => {
    const input = {
      ...settings(),
      contract: { ...contract, steps: { ...contract.steps, apply } },
    };
    const message = messageOf(() => readInput(input));
    expect(message).toContain("contract.steps.apply");
    expect(message).not.toContain("hunter2");
  });
});

describe("looking up target and component", () => {
  it("finds the contract, the inventory, the way in and the calendars", () => {
    expect(lookUp(settings(), configuration)).toEqual({
      contract,
      inventory: { file: "/etc/hosts.yaml" },
      access: configuration.targets["prod"]?.ssh,
      calendars: [],
    });
  });

  it("lets the contract of the input stand instead of the configured one", () => {
    const own = withSteps({ precheck: undefined });
    const found = lookUp(
      settings({ component: "new", contract: own }),
      configuration,
    );
    expect(found.contract).toEqual(own);
  });

  it("names what there is, of both at once", () => {
    const input = settings({ target: "prd", component: "ap" });
    const message = messageOf(() => lookUp(input, configuration));
    expect(message).toContain('target: found "prd", expected one of prod');
    expect(message).toContain('component: found "ap", expected one of app');
  });

  it("finds nothing under a name that every object has", () => {
    const input = settings({ target: "constructor", component: "toString" });
    const message = messageOf(() => lookUp(input, configuration));
    expect(message).toContain("has 2 faults");
  });

  it("refuses placeholders that nothing fills, and leaves those of other programs alone", () => {
    const own = withSteps({
      apply: { run: ["app", "{{verison}}"], env: { WHERE: "{{host.rack}}" } },
      ready: { run: ["docker", "inspect", "-f", "{{.State.Status}}", "app"] },
    });
    const message = messageOf(() =>
      lookUp(settings({ contract: own }), configuration),
    );
    expect(message).toContain("has 2 faults");
    expect(message).toContain("contract.steps.apply: found {{verison}}");
    expect(message).toContain("found {{host.rack}}");
  });

  it("says that a script reads its values from the environment", () => {
    const script = "install app-{{version}}; docker ps -f {{name}}";
    const own = withSteps({ apply: { script } });
    const message = messageOf(() =>
      lookUp(settings({ contract: own }), configuration),
    );
    expect(message).toContain("has 1 fault:");
    expect(message).toContain("contract.steps.apply.script: found {{version}}");
    expect(message).toContain("$RUNBOOK_VERSION");
  });
});

describe("selecting hosts", () => {
  const all = hostsOf({ web: 3, db: 2 });
  const select = (hosts: object) =>
    selectHosts(settings({ hosts }), all).map(({ id }) => id);

  it("takes all of the target when nothing narrows it", () => {
    expect(selectHosts(settings(), all)).toEqual(all);
  });

  it("takes what is in all of the named pools and ids", () => {
    expect(select({ pools: ["db"] })).toEqual(["db-0", "db-1"]);
    expect(select({ ids: ["web-1", "db-1"] })).toEqual(["web-1", "db-1"]);
    expect(select({ pools: ["db"], ids: ["web-1", "db-1"] })).toEqual(["db-1"]);
  });

  const tagged = [
    host("web-01", "web", { tags: { env: "prod", rack: "r1" } }),
    host("web-02", "web", { tags: { env: "prod", rack: "r2" } }),
    host("web-03", "web", { tags: { env: "stage", rack: "r2" } }),
    host("db-01", "db", { tags: { env: "prod" } }),
  ];
  const pick = (hosts: object) =>
    selectHosts(settings({ hosts }), tagged).map(({ id }) => id);

  it.each([
    [{ globs: ["web-*"] }, ["web-01", "web-02", "web-03"]],
    [{ globs: ["*-01", "web-0?"] }, ["web-01", "web-02", "web-03", "db-01"]],
    [{ tags: { env: "prod" } }, ["web-01", "web-02", "db-01"]],
    [{ tags: { env: "prod", rack: "r*" } }, ["web-01", "web-02"]],
    [{ tags: { env: ["stage", "pro?"] }, pools: ["db"] }, ["db-01"]],
    [{ globs: ["*-01"], ids: ["web-01", "web-02"] }, ["web-01"]],
    [{ exclude: { pools: ["db"] } }, ["web-01", "web-02", "web-03"]],
    [
      { exclude: { ids: ["web-01"], tags: { env: "stage" } } },
      ["web-02", "db-01"],
    ],
    [
      { pools: ["web"], exclude: { globs: ["*-03"], tags: { rack: "r1" } } },
      ["web-02"],
    ],
  ])("narrows by each kind and removes what is excluded: %j", (hosts, ids) => {
    expect(pick(hosts)).toEqual(ids);
  });

  it("names every entry that matches nothing, also in the exclusion", () => {
    const message = messageOf(() =>
      pick({
        globs: ["app-*"],
        tags: { env: ["prod", "dev"], constructor: "x" },
        exclude: { tags: { rack: "r9" } },
      }),
    );
    expect(message).toContain("has 4 faults:");
    expect(message).toContain('hosts.globs[0]: found "app-*"');
    expect(message).toContain(
      'hosts.tags.env[1]: found "dev", expected one of prod, stage',
    );
    expect(message).toContain("hosts.tags.constructor");
    expect(message).toContain(
      'hosts.exclude.tags.rack: found "r9", expected one of r1, r2',
    );
  });

  it("refuses to take nothing", () => {
    expect(
      messageOf(() => select({ pools: ["db"], ids: ["web-1"] })),
    ).toContain("a selection that no host matches");
    expect(messageOf(() => selectHosts(settings(), []))).toContain(
      "at least one host",
    );
  });

  it("names every pool and host that does not exist, with its place", () => {
    const message = messageOf(() =>
      select({ pools: ["web", "dbs"], ids: ["web-9"] }),
    );
    expect(message).toContain('hosts.pools[1]: found "dbs"');
    expect(message).toContain('hosts.ids[0]: found "web-9"');
  });
});

describe("values for the placeholders", () => {
  const tagged = withSteps({
    drain: { run: ["lb", "drain", "{{host.tags.backend}}"] },
  });

  it("are there when every host has the tag", () => {
    const steps = visitSteps(tagged, settings());
    requireValues(steps, [host("a", "web", { tags: { backend: "b1" } })]);
  });

  it("are missed by name on each host that would run the placeholder instead", () => {
    const steps = visitSteps(tagged, settings());
    const hosts = [
      host("a", "web", { tags: { backend: "b1" } }),
      host("b"),
      host("c"),
    ];
    expect(messageOf(() => requireValues(steps, hosts))).toContain(
      "drain: found {{host.tags.backend}}, without a value on b, c",
    );
  });

  it("are missed where a restart has no version to fill in", () => {
    const own = withSteps({
      restart: { run: ["app", "start", "{{version}}"] },
    });
    const restart = settings({ action: "restart", version: undefined });
    const steps = visitSteps(own, restart);
    expect(messageOf(() => requireValues(steps, [host("a")]))).toContain(
      "since the action is restart",
    );
  });

  it("are missed in the names of the balancer", () => {
    const balancer = balancerSchema.parse({
      haproxy: { sockets: ["{{host.tags.lb}}:9999"], backend: "{{version}}" },
    });
    const hosts = [host("a", "web", { tags: { lb: "lb1" } }), host("b")];
    const message = messageOf(() => requireValues([], hosts, balancer));
    expect(message).toContain(
      "balancer of the target: found {{host.tags.lb}}, without a value on b",
    );
    expect(message).toContain(
      "balancer of the target: found {{version}}, without a value on a, b, expected a value on every host of the plan",
    );
  });
});

describe("a calendar that turns runs back at its close", () => {
  const { calendars } = configurationSchema.parse({
    ...configuration,
    calendars: {
      nights: {
        ...{ tz: "Etc/UTC", dtstart: "2026-01-01T02:00", duration: "PT4H" },
        atClose: "abort-with-rollback",
      },
      holidays: { tz: "Etc/UTC", default: "open", exclusions: ["2026-12-24"] },
    },
  });
  const oneWay = {
    undoSteps: [],
    component: "app",
    action: "upgrade",
  } as const;

  it("refuses what has no way back, before any effect", () => {
    const names = ["holidays", "nights"];
    expect(messageOf(() => requireWayBack(oneWay, names, calendars))).toContain(
      'component: found "app", which has no step undo, expected what can be taken back: calendar nights of the target says atClose: abort-with-rollback; let the calendar say ask or finish-batch-and-park, or give the component a step undo',
    );
    const restart = { ...oneWay, action: "restart" } as const;
    expect(
      messageOf(() => requireWayBack(restart, names, calendars)),
    ).toContain('action: found "restart", which cannot be taken back');
  });

  it("refuses nothing of a target that does not keep to it, nor what can go back", () => {
    requireWayBack(oneWay, ["holidays"], calendars);
    const [undo] = visitSteps(contract, settings());
    const thereAndBack = { ...oneWay, undoSteps: undo ? [undo] : [] };
    requireWayBack(thereAndBack, ["nights"], calendars);
  });
});
