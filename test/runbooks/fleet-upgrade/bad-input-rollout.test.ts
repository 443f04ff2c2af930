import {
  apply,
  good,
  testRefusals,
  useBadInputRig,
  version,
  type Wrong,
} from "./bad-input-rig";

/** The contract alone tells these: `start` refuses before it looks for the server. */
const againstContract: readonly Wrong[] = [
  {
    title: "no pool limit",
    input: `${good}limits: { pool: 0 }\n`,
    faults: [
      'limits.pool: found 0, expected a number of hosts from 1 on, or a share from "1%" to "100%"',
    ],
  },
  {
    title: "a share of more than all",
    input: `${good}limits: { pool: 150% }\n`,
    faults: [
      'limits.pool: found "150%", expected a number of hosts from 1 on, or a share from "1%" to "100%"',
    ],
  },
  {
    title: "a share of nothing",
    input: `${good}limits: { zone: 0% }\n`,
    faults: [
      'limits.zone: found "0%", expected a number of hosts from 1 on, or a share from "1%" to "100%"',
    ],
  },
  {
    title: "half a percent for a share",
    input: `${good}limits: { site: 0.5% }\n`,
    faults: [
      'limits.site: found "0.5%", expected a number of hosts from 1 on, or a share from "1%" to "100%"',
    ],
  },
  {
    title: "a limit in words",
    input: `${good}limits: { jump: a few }\n`,
    faults: [
      'limits.jump: found "a few", expected a number of hosts from 1 on, or a share from "1%" to "100%"',
    ],
  },
  {
    title: "a limit that is a list",
    input: `${good}limits: { pool: [2] }\n`,
    faults: [
      'limits.pool: found a list, expected a number of hosts from 1 on, or a share from "1%" to "100%"',
    ],
  },
  {
    title: "half a host at once",
    input: `${good}limits: { pool: 2.5 }\n`,
    faults: [
      'limits.pool: found 2.5, expected a number of hosts from 1 on, or a share from "1%" to "100%"',
    ],
  },
  {
    title: "a limit of a group that there is not",
    input: `${good}limits: { pol: 2 }\n`,
    faults: [
      "limits.pol: found an unknown key, expected pool, zone, site or jump; did you mean pool?",
    ],
  },
  {
    title: "a limit of racks",
    input: `${good}limits: { rack: 2 }\n`,
    faults: [
      "limits.rack: found an unknown key, expected pool, zone, site or jump",
    ],
  },
  {
    title: "limits that are one number",
    input: `${good}limits: 3\n`,
    faults: ["limits: found 3, expected an object"],
  },
  {
    title: "a slow start in words",
    input: `${good}slowStart: gently\n`,
    faults: ['slowStart: found "gently", expected true or false'],
  },
  {
    title: "stages that are not a list",
    input: `${good}stages: { upTo: 10 }\n`,
    faults: ["stages: found an object, expected a list"],
  },
  {
    title: "a stage that is a number",
    input: `${good}stages: [10, 20]\n`,
    faults: [
      "stages[0]: found 10, expected an object",
      "stages[1]: found 20, expected an object",
    ],
  },
  {
    title: "a stage without an end",
    input: `${good}stages: [{ soakS: 60 }]\n`,
    faults: [
      'stages[0].upTo: found nothing, expected a number of hosts from 1 on, or a share from "1%" to "100%"',
    ],
  },
  {
    title: "a stage that goes back",
    input: `${good}stages: [{ upTo: 50 }, { upTo: 20 }]\n`,
    faults: [
      "stages[1].upTo: found 20, expected more than the 50 of the stage before it; stages count from the first host of the run",
    ],
  },
  {
    title: "a stage that stands still",
    input: `${good}stages: [{ upTo: 25% }, { upTo: 25% }]\n`,
    faults: [
      'stages[1].upTo: found "25%", expected more than the 25% of the stage before it; stages count from the first host of the run',
    ],
  },
  {
    title: "shares that go back, among others that grow",
    input: `${good}stages: [{ upTo: 5% }, { upTo: 50% }, { upTo: 10% }, { upTo: 20% }]\n`,
    faults: [
      'stages[2].upTo: found "10%", expected more than the 50% of the stage before it; stages count from the first host of the run',
    ],
  },
  {
    title: "a stage up to more than all",
    input: `${good}stages: [{ upTo: 120% }]\n`,
    faults: [
      'stages[0].upTo: found "120%", expected a number of hosts from 1 on, or a share from "1%" to "100%"',
    ],
  },
  {
    title: "a stage up to nobody",
    input: `${good}stages: [{ upTo: 0 }]\n`,
    faults: [
      'stages[0].upTo: found 0, expected a number of hosts from 1 on, or a share from "1%" to "100%"',
    ],
  },
  {
    title: "a stage with a misspelt key",
    input: `${good}stages: [{ upto: 10 }]\n`,
    faults: [
      'stages[0].upTo: found nothing, expected a number of hosts from 1 on, or a share from "1%" to "100%"',
      "stages[0].upto: found an unknown key, expected upTo, soakS or gate; did you mean upTo?",
    ],
  },
  {
    title: "a soak in words",
    input: `${good}stages: [{ upTo: 10, soakS: 1h }]\n`,
    faults: ['stages[0].soakS: found "1h", expected a number'],
  },
  {
    title: "a soak that ends before it begins",
    input: `${good}canary: { soakS: -1 }\n`,
    faults: ["canary.soakS: found -1, expected a number of at least 0"],
  },
  {
    title: "a soak of more than a week",
    input: `${good}canary: { soakS: 1000000 }\n`,
    faults: [
      "canary.soakS: found 1000000, expected a number of at most 604800",
    ],
  },
  {
    title: "a gate of a stage in words",
    input: `${good}stages: [{ upTo: 10, gate: please }]\n`,
    faults: ['stages[0].gate: found "please", expected true or false'],
  },
  {
    title: "too many stages",
    input: `${good}stages: [{ upTo: 1 }, { upTo: 2 }, { upTo: 3 }, { upTo: 4 }, { upTo: 5 }, { upTo: 6 }, { upTo: 7 }, { upTo: 8 }, { upTo: 9 }, { upTo: 10 }, { upTo: 11 }, { upTo: 12 }, { upTo: 13 }, { upTo: 14 }, { upTo: 15 }, { upTo: 16 }, { upTo: 17 }, { upTo: 18 }, { upTo: 19 }, { upTo: 20 }, { upTo: 21 }]\n`,
    faults: ["stages: found a list, expected a list of at most 20 items"],
  },
  {
    title: "a question that waits for more than a month",
    input: `${good}canary: { expiresAfterH: 1000 }\n`,
    faults: [
      "canary.expiresAfterH: found 1000, expected a number of at most 720",
    ],
  },
  {
    title: "a misspelt key of the canaries",
    input: `${good}canary: { soak: 60 }\n`,
    faults: [
      "canary.soak: found an unknown key, expected gate, expiresAfterH or soakS; did you mean soakS?",
    ],
  },
  {
    title: "a pool budget without a limit",
    input: `${good}budget: { failures: 3, pool: {} }\n`,
    faults: [
      "budget.pool: found an object, expected failures, percent or both",
    ],
  },
  {
    title: "a pool budget alone",
    input: `${good}budget: { pool: { failures: 1 } }\n`,
    faults: [
      "budget: found an object, expected failures, percent or both; without a limit every host could fail",
    ],
  },
  {
    title: "a pool budget of more than all",
    input: `${good}budget: { percent: 1, pool: { percent: 500 } }\n`,
    faults: [
      "budget.pool.percent: found 500, expected a number of at most 100",
    ],
  },
  {
    title: "a pool budget that is a number",
    input: `${good}budget: { percent: 1, pool: 2 }\n`,
    faults: ["budget.pool: found 2, expected an object"],
  },
  {
    title: "a misspelt key of the pool's budget",
    input: `${good}budget: { percent: 1, pool: { failurs: 2 } }\n`,
    faults: [
      "budget.pool.failurs: found an unknown key, expected failures or percent; did you mean failures?",
      "budget.pool: found an object, expected failures, percent or both",
    ],
  },
  {
    title: "half a failure",
    input: `${good}budget: { failures: 1.5 }\n`,
    faults: ["budget.failures: found 1.5, expected a whole number"],
  },
  {
    title: "a share instead of a percentage",
    input: `${good}budget: { percent: 1% }\n`,
    faults: ['budget.percent: found "1%", expected a number'],
  },
  {
    title: "no time for a host",
    input: `${good}deadlines: { hostS: 0 }\n`,
    faults: ["deadlines.hostS: found 0, expected a number of at least 1"],
  },
  {
    title: "a deadline of more than a week",
    input: `${good}deadlines: { progressS: 604801 }\n`,
    faults: [
      "deadlines.progressS: found 604801, expected a number of at most 604800",
    ],
  },
  {
    title: "a deadline in words",
    input: `${good}deadlines: { hostS: soon }\n`,
    faults: ['deadlines.hostS: found "soon", expected a number'],
  },
  {
    title: "a deadline in minutes",
    input: `${good}deadlines: { hostM: 5 }\n`,
    faults: [
      "deadlines.hostM: found an unknown key, expected hostS or progressS; did you mean hostS?",
    ],
  },
  {
    title: "deadlines that are one number",
    input: `${good}deadlines: 60\n`,
    faults: ["deadlines: found 60, expected an object"],
  },
  {
    title: "more waves than allowed",
    input: `${good}census: { waves: 11 }\n`,
    faults: ["census.waves: found 11, expected a number of at most 10"],
  },
  {
    title: "half a wave",
    input: `${good}census: { waves: 1.5 }\n`,
    faults: ["census.waves: found 1.5, expected a whole number"],
  },
  {
    title: "a census in words",
    input: `${good}census: yes please\n`,
    faults: ['census: found "yes please", expected an object'],
  },
  {
    title: "a misspelt key of the census",
    input: `${good}census: { wave: 1 }\n`,
    faults: [
      "census.wave: found an unknown key, expected versions or waves; did you mean waves?",
    ],
  },
  {
    title: "checks of no host by number",
    input: `${good}checks: { hosts: 0 }\n`,
    faults: [
      'checks.hosts: found 0, expected "all", "none" or a number of hosts from 1 on',
    ],
  },
  {
    title: "checks of some hosts",
    input: `${good}checks: { hosts: some }\n`,
    faults: [
      'checks.hosts: found "some", expected "all", "none" or a number of hosts from 1 on',
    ],
  },
  {
    title: "a misspelt all",
    input: `${good}checks: { hosts: al }\n`,
    faults: [
      'checks.hosts: found "al", expected "all", "none" or a number of hosts from 1 on',
    ],
  },
  {
    title: "checks of half a host",
    input: `${good}checks: { hosts: 2.5 }\n`,
    faults: [
      'checks.hosts: found 2.5, expected "all", "none" or a number of hosts from 1 on',
    ],
  },
  {
    title: "less than no free space",
    input: `${good}checks: { freeMb: -1 }\n`,
    faults: ["checks.freeMb: found -1, expected a number of at least 0"],
  },
  {
    title: "checks switched off in another word",
    input: `${good}checks: none\n`,
    faults: ['checks: found "none", expected an object'],
  },
  {
    title: "an estimate of nothing",
    input: `${good}estimateHostS: 0\n`,
    faults: ["estimateHostS: found 0, expected a number of at least 0.1"],
  },
  {
    title: "an estimate in words",
    input: `${good}estimateHostS: 45s\n`,
    faults: ['estimateHostS: found "45s", expected a number'],
  },
  {
    title: "a misspelt estimate",
    input: `${good}estimateHost: 45\n`,
    faults: [
      "estimateHost: found an unknown key, expected target, change, component, contract, action, version, mode, hosts, slots, limits, slowStart, budget, canary, stages, deadlines, census, checks, estimateHostS or seed; did you mean estimateHostS?",
    ],
  },
  {
    title: "an empty seed",
    input: `${good}seed: ""\n`,
    faults: ['seed: found "", expected text of at least 1 character'],
  },
  {
    title: "an undo with a command and a script",
    input: `${good}contract: { steps: { ${apply}, ${version}, undo: { run: [a], script: b } } }\n`,
    faults: [
      "contract.steps.undo: found an object, expected exactly one of `run` and `script`",
    ],
  },
  {
    title: "a preview that is a script",
    input: `${good}contract: { steps: { ${apply}, ${version}, preview: { script: b } } }\n`,
    faults: [
      "contract.steps.preview.run: found nothing, expected a list",
      "contract.steps.preview.script: found an unknown key, expected run, timeoutS or env",
    ],
  },
  {
    title: "an own step called undo",
    input: `${good}contract: { steps: { ${apply}, ${version} }, extra: [{ name: undo, after: apply, run: [u] }] }\n`,
    faults: [
      'contract.extra[0].name: found "undo", expected a name that no other step of the visit has',
    ],
  },
  {
    title: "faults of several kinds at once",
    input: `${good}slots: 0\nlimits: { pool: 200%, rack: 1 }\nstages: [{ upTo: 9 }, { upTo: 9 }]\nbudget: { pool: {} }\nchecks: { hosts: few }\n`,
    faults: [
      "slots: found 0, expected a number of at least 1",
      'limits.pool: found "200%", expected a number of hosts from 1 on, or a share from "1%" to "100%"',
      "limits.rack: found an unknown key, expected pool, zone, site or jump",
      "budget.pool: found an object, expected failures, percent or both",
      "budget: found an object, expected failures, percent or both; without a limit every host could fail",
      "stages[1].upTo: found 9, expected more than the 9 of the stage before it; stages count from the first host of the run",
      'checks.hosts: found "few", expected "all", "none" or a number of hosts from 1 on',
    ],
  },
];

/** These take the configuration and the inventory. */
const againstFacts: readonly Wrong[] = [
  {
    title: "stages that only the size of the fleet makes shrink",
    input: `${good}stages: [{ upTo: 2 }, { upTo: 50% }]\n`,
    faults: [
      'stages[1].upTo: found "50%", 1 of 2 hosts, expected more than the 2 hosts where the stage before it ends; stages count from the first host of the run, not from the stage before',
    ],
  },
  {
    title: "the former version on the way there",
    input: `${good}contract: { steps: { apply: { run: [deploy, "{{previous}}"] }, ${version} } }\n`,
    faults: [
      "contract.steps.apply: found {{previous}}, expected one of {{version}}, {{component}}, {{target}}, {{change}}, {{host.id}}, {{host.name}}, {{host.address}}, {{host.pool}}, {{host.zone}}, {{host.site}}, {{host.tags.<tag>}}",
    ],
  },
  {
    title: "a preview of a tag that no host has",
    input: `${good}contract: { steps: { ${apply}, ${version}, preview: { run: [diff, "{{host.tags.rack}}"] } } }\n`,
    faults: [
      "contract: preview: found {{host.tags.rack}}, without a value on db-1, web-1, expected a value on every host of the plan",
    ],
  },
  {
    title: "an undo of a tag that no host has",
    input: `${good}contract: { steps: { ${apply}, ${version}, undo: { run: [back, "{{host.tags.rack}}"] } } }\n`,
    faults: [
      "contract: undo: found {{host.tags.rack}}, without a value on db-1, web-1, expected a value on every host of the plan",
    ],
  },
  {
    title: "a misspelt placeholder of the undo, beside the former version",
    input: `${good}contract: { steps: { ${apply}, ${version}, undo: { run: [back, "{{previous}}", "{{prevoius}}"] } } }\n`,
    faults: [
      "contract.steps.undo: found {{prevoius}}, expected one of {{version}}, {{component}}, {{target}}, {{change}}, {{host.id}}, {{host.name}}, {{host.address}}, {{host.pool}}, {{host.zone}}, {{host.site}}, {{host.tags.<tag>}}, {{previous}}",
    ],
  },
  {
    title: "a placeholder in the script of the undo",
    input: `${good}contract: { steps: { ${apply}, ${version}, undo: { script: "back {{version}}" } } }\n`,
    faults: [
      "contract.steps.undo.script: found {{version}}, expected a variable: put {{version}} into env, or use $RUNBOOK_VERSION and $RUNBOOK_HOST",
    ],
  },
  {
    title: "a glob that excludes nobody",
    input: `${good}hosts: { exclude: { globs: ["old-*"] } }\n`,
    faults: [
      'hosts.exclude.globs[0]: found "old-*", expected one of web-1, db-1',
    ],
  },
  {
    title: "pools that exclude all that they select",
    input: `${good}hosts: { pools: [web], exclude: { pools: [web] } }\n`,
    faults: [
      "hosts: found a selection that no host matches, expected at least one host that all kinds of selectors name and exclude leaves",
    ],
  },
];

const rig = useBadInputRig();

testRefusals(rig, { start: againstContract, plan: againstFacts });
