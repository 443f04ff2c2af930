import { once } from "node:events";
import { connect } from "node:net";
import {
  apply,
  good,
  testRefusals,
  useBadInputRig,
  version,
  type Wrong,
} from "./bad-input-rig";

const without = (key: string): string =>
  good.replace(new RegExp(`^${key}:.*\n`, "m"), "");

/** The contract alone tells these: `start` refuses before it looks for the server. */
const againstContract: readonly Wrong[] = [
  {
    title: "an empty file",
    input: "",
    faults: [
      "target: found nothing, expected text",
      "change: found nothing, expected text",
      "component: found nothing, expected text",
    ],
  },
  {
    title: "a list instead of an object",
    input: "[prod, c-1]",
    faults: ["(the whole): found a list, expected an object"],
  },
  {
    title: "a text instead of an object",
    input: "upgrade prod please",
    faults: ['(the whole): found "upgrade prod please", expected an object'],
  },
  {
    title: "a number instead of an object",
    input: "42",
    faults: ["(the whole): found 42, expected an object"],
  },
  {
    title: "no target",
    input: without("target"),
    faults: ["target: found nothing, expected text"],
  },
  {
    title: "no change",
    input: without("change"),
    faults: ["change: found nothing, expected text"],
  },
  {
    title: "no component",
    input: without("component"),
    faults: ["component: found nothing, expected text"],
  },
  {
    title: "no version for an upgrade",
    input: without("version"),
    faults: [
      "version: found nothing, expected a pinned version, since the action is upgrade",
    ],
  },
  {
    title: "a version for a restart",
    input: `${good}action: restart\n`,
    faults: [
      'version: found "2.4.1", expected no version, since the action is restart',
    ],
  },
  ...["latest", "main", "HEAD", "stable"].map((name) => ({
    title: `the version ${name}`,
    input: good.replace("2.4.1", name),
    faults: [
      `version: found "${name}", expected a pinned version such as 2.4.1 or a commit; this name can move during the run`,
    ],
  })),
  {
    title: "a branch with a slash for a version",
    input: good.replace("2.4.1", "release/2.4"),
    faults: [
      'version: found "release/2.4", expected a version, tag or commit without spaces or slashes; a branch name can move during the run',
    ],
  },
  {
    title: "a version with a space",
    input: good.replace("2.4.1", "2.4.1 rc1"),
    faults: [
      'version: found "2.4.1 rc1", expected a version, tag or commit without spaces or slashes; a branch name can move during the run',
    ],
  },
  {
    title: "an unknown action",
    input: `${good}action: reboot\n`,
    faults: ['action: found "reboot", expected upgrade or restart'],
  },
  {
    title: "a misspelt mode",
    input: `${good}mode: exectue\n`,
    faults: [
      'mode: found "exectue", expected plan or execute; did you mean execute?',
    ],
  },
  {
    title: "a target that is no id",
    input: good.replace("prod", '"prod eu/1"'),
    faults: [
      'target: found "prod eu/1", expected 1 to 128 letters, digits, dots, dashes or underscores',
    ],
  },
  {
    title: "a target of true",
    input: good.replace("prod", "true"),
    faults: ["target: found true, expected text"],
  },
  {
    title: "a component in a list",
    input: good.replace("component: app", "component: [app]"),
    faults: ["component: found a list, expected text"],
  },
  {
    title: "a misspelt key",
    input: `${good}slot: 10\n`,
    faults: [
      "slot: found an unknown key, expected target, change, component, contract, action, version, mode, hosts, slots, limits, slowStart, budget, canary, stages, deadlines, census, checks, estimateHostS or seed; did you mean slots?",
    ],
  },
  {
    title: "no slots",
    input: `${good}slots: 0\n`,
    faults: ["slots: found 0, expected a number of at least 1"],
  },
  {
    title: "too many slots",
    input: `${good}slots: 501\n`,
    faults: ["slots: found 501, expected a number of at most 490"],
  },
  {
    title: "half a slot",
    input: `${good}slots: 2.5\n`,
    faults: ["slots: found 2.5, expected a whole number"],
  },
  {
    title: "slots in words",
    input: `${good}slots: ten\n`,
    faults: ['slots: found "ten", expected a number'],
  },
  {
    title: "a negative budget",
    input: `${good}budget: { failures: -1 }\n`,
    faults: ["budget.failures: found -1, expected a number of at least 0"],
  },
  {
    title: "a budget of more than all",
    input: `${good}budget: { percent: 101 }\n`,
    faults: ["budget.percent: found 101, expected a number of at most 100"],
  },
  {
    title: "a budget that is only a number",
    input: `${good}budget: 3\n`,
    faults: ["budget: found 3, expected an object"],
  },
  {
    title: "a budget without a limit",
    input: `${good}budget: {}\n`,
    faults: [
      "budget: found an object, expected failures, percent or both; without a limit every host could fail",
    ],
  },
  {
    title: "a misspelt key inside",
    input: `${good}budget: { percnt: 5, failures: 1 }\n`,
    faults: [
      "budget.percnt: found an unknown key, expected failures, percent or pool; did you mean percent?",
    ],
  },
  {
    title: "a gate in words",
    input: `${good}canary: { gate: yes please }\n`,
    faults: ['canary.gate: found "yes please", expected true or false'],
  },
  {
    title: "a gate that never expires",
    input: `${good}canary: { expiresAfterH: 0 }\n`,
    faults: [
      "canary.expiresAfterH: found 0, expected a number of at least 0.01",
    ],
  },
  {
    title: "an empty list of pools",
    input: `${good}hosts: { pools: [] }\n`,
    faults: [
      "hosts.pools: found an empty list, expected a list of at least 1 item",
    ],
  },
  {
    title: "a pool instead of a list",
    input: `${good}hosts: { pools: web }\n`,
    faults: ['hosts.pools: found "web", expected a list'],
  },
  {
    title: "an empty exclusion",
    input: `${good}hosts: { exclude: {} }\n`,
    faults: [
      "hosts.exclude: found an object, expected pools, ids, globs or tags",
    ],
  },
  {
    title: "no tag",
    input: `${good}hosts: { tags: {} }\n`,
    faults: [
      "hosts.tags: found an object, expected at least one tag and its value",
    ],
  },
  {
    title: "a glob with a brace",
    input: `${good}hosts: { globs: ["web-{1,2}"] }\n`,
    faults: [
      'hosts.globs[0]: found "web-{1,2}", expected an id in which * and ? stand for others',
    ],
  },
  {
    title: "a selector that is misspelt inside of the exclusion",
    input: `${good}hosts: { exclude: { ids: [web-1], pool: [web] } }\n`,
    faults: [
      "hosts.exclude.pool: found an unknown key, expected pools, ids, globs or tags; did you mean pools?",
    ],
  },
  {
    title: "a step with a command and a script",
    input: `${good}contract: { steps: { apply: { run: [a], script: b }, ${version} } }\n`,
    faults: [
      "contract.steps.apply: found an object, expected exactly one of `run` and `script`",
    ],
  },
  {
    title: "a step with nothing to run",
    input: `${good}contract: { steps: { apply: { timeoutS: 5 }, ${version} } }\n`,
    faults: [
      "contract.steps.apply: found an object, expected exactly one of `run` and `script`",
    ],
  },
  {
    title: "a contract without apply and version",
    input: `${good}contract: { steps: { drain: { run: [a] } } }\n`,
    faults: [
      "contract.steps.apply: found nothing, expected an object",
      "contract.steps.version: found nothing, expected an object",
    ],
  },
  {
    title: "a shell line instead of words",
    input: `${good}contract: { steps: { apply: { run: "deploy 2.4.1 && restart" }, ${version} } }\n`,
    faults: [
      'contract.steps.apply.run: found "deploy 2.4.1 && restart", expected a list',
    ],
  },
  {
    title: "an own step behind an unknown one",
    input: `${good}contract: { steps: { ${apply}, ${version} }, extra: [{ name: warm, after: applly, run: [w] }] }\n`,
    faults: [
      'contract.extra[0].after: found "applly", expected precheck, drain, fetch, apply, restart, ready, version or undrain; did you mean apply?',
    ],
  },
  {
    title: "several faults at once",
    input:
      "target: prod\ncomponent: app\nversion: main\nslots: 0\nbudget: { percent: 200 }\nnotify: me\n",
    faults: [
      "change: found nothing, expected text",
      'version: found "main", expected a pinned version such as 2.4.1 or a commit; this name can move during the run',
      "slots: found 0, expected a number of at least 1",
      "budget.percent: found 200, expected a number of at most 100",
      "notify: found an unknown key, expected target, change, component, contract, action, version, mode, hosts, slots, limits, slowStart, budget, canary, stages, deadlines, census, checks, estimateHostS or seed",
    ],
  },
];

/** These take the configuration and the inventory: `plan`, as the run's first activity does. */
const againstFacts: readonly Wrong[] = [
  {
    title: "an unknown target",
    input: good.replace("prod", "prd"),
    faults: ['target: found "prd", expected one of prod'],
  },
  {
    title: "a target that every object has",
    input: good.replace("prod", "constructor"),
    faults: ['target: found "constructor", expected one of prod'],
  },
  {
    title: "an unknown component",
    input: good.replace("app", "ap"),
    faults: ['component: found "ap", expected one of app, worded'],
  },
  {
    title: "an unknown target and component at once",
    input: good.replace("prod", "nowhere").replace("app", "nothing"),
    faults: [
      'target: found "nowhere", expected one of prod',
      'component: found "nothing", expected one of app, worded',
    ],
  },
  {
    title: "an unknown pool",
    input: `${good}hosts: { pools: [web, wbe] }\n`,
    faults: ['hosts.pools[1]: found "wbe", expected one of web, db'],
  },
  {
    title: "an unknown host",
    input: `${good}hosts: { ids: [web-9] }\n`,
    faults: ['hosts.ids[0]: found "web-9", expected one of web-1, db-1'],
  },
  {
    title: "a pool and a host that exclude each other",
    input: `${good}hosts: { pools: [web], ids: [db-1] }\n`,
    faults: [
      "hosts: found a selection that no host matches, expected at least one host that all kinds of selectors name and exclude leaves",
    ],
  },
  {
    title: "a glob that no host is like",
    input: `${good}hosts: { globs: ["web-*", "app-?"] }\n`,
    faults: ['hosts.globs[1]: found "app-?", expected one of web-1, db-1'],
  },
  {
    title: "a tag that no host has",
    input: `${good}hosts: { tags: { rack: r1 } }\n`,
    faults: [
      'hosts.tags.rack: found "r1", expected one that is configured, but there is none',
    ],
  },
  {
    title: "a typo in what is to be left alone",
    input: `${good}hosts: { exclude: { pools: [bd], ids: [db-2], globs: ["cache-*"] } }\n`,
    faults: [
      'hosts.exclude.pools[0]: found "bd", expected one of web, db',
      'hosts.exclude.ids[0]: found "db-2", expected one of web-1, db-1',
      'hosts.exclude.globs[0]: found "cache-*", expected one of web-1, db-1',
    ],
  },
  {
    title: "an exclusion of every host",
    input: `${good}hosts: { exclude: { globs: ["*"] } }\n`,
    faults: [
      "hosts: found a selection that no host matches, expected at least one host that all kinds of selectors name and exclude leaves",
    ],
  },
  {
    title: "an unknown placeholder",
    input: good.replace("app", "worded"),
    faults: [
      "contract.steps.apply: found {{verison}}, expected one of {{version}}, {{component}}, {{target}}, {{change}}, {{host.id}}, {{host.name}}, {{host.address}}, {{host.pool}}, {{host.zone}}, {{host.site}}, {{host.tags.<tag>}}",
    ],
  },
];

const rig = useBadInputRig();

testRefusals(rig, { start: againstContract, plan: againstFacts });

test("a secret that is pasted instead of its reference is refused, and not repeated", async () => {
  const input = `${good}contract: { steps: { apply: { run: [a], secretEnv: { TOKEN: hunter2 } }, ${version} } }\n`;
  const { code, err } = await rig.answerTo("start", input);
  expect(code).toBe(2);
  expect(err).toContain("contract.steps.apply.secretEnv.TOKEN: found ");
  expect(err).toContain("env:NAME");
  expect(err).not.toContain("hunter2");
});

test.each([
  ["an open bracket", "target: [prod\nchange: c-1\n"],
  ["a key twice", "target: a\ntarget: b\n"],
  ["two documents", "target: a\n---\ntarget: b\n"],
  ["broken JSON", '{"target": "prod", }}'],
])("%s is told with its line before anything else", async (_, input) => {
  const { code, out, err } = await rig.answerTo("start", input);
  expect(err).toMatch(
    /^error: stdin is neither YAML nor JSON:\n[^]* at line \d+, column \d+[^]*\nhint: Correct the input/,
  );
  expect({ code, out, connections: rig.connections() }).toEqual({
    code: 2,
    out: "",
    connections: 0,
  });
});

test("the listener would have heard a connection", async () => {
  await once(connect(rig.port(), "127.0.0.1").resume(), "close");
  expect(rig.connections()).toBe(1);
});
