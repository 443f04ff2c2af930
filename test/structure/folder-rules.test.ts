import { spawnSync } from "node:child_process";
import path from "node:path";

const root = path.resolve(__dirname, "../..");

interface Snippet {
  readonly filePath: string;
  readonly code: string;
}

/** A snippet that breaks one rule, and the part of the message that says what to write instead. */
interface Violation extends Snippet {
  readonly title: string;
  readonly instead: string;
}

const violations: readonly Violation[] = [
  {
    title: "an activity that imports a workflow",
    filePath: "activities/ssh/client.ts",
    code: `import { gate } from "../../workflows/gate/gate"; gate();`,
    instead: "port.ts",
  },
  {
    title: "an activity that imports a runbook",
    filePath: "activities/host/activities.ts",
    code: `import type { Plan } from "../../runbooks/fleet-upgrade/contract"; export type P = Plan;`,
    instead: "as an argument",
  },
  {
    title: "an activity that imports another system's client",
    filePath: "activities/host/activities.ts",
    code: `import { createSsh } from "../ssh/client"; createSsh();`,
    instead: "workers/compose.ts hands in the client",
  },
  {
    title: "a workflow that imports a runbook",
    filePath: "workflows/gate/gate.ts",
    code: `import type { Input } from "../../runbooks/fleet-upgrade/contract"; export type I = Input;`,
    instead: "as an argument",
  },
  {
    title: "a runbook that imports a worker",
    filePath: "runbooks/fleet-upgrade/activities.ts",
    code: `import { config } from "../../workers/config"; config();`,
    instead: "workers/compose.ts hands it in",
  },
  {
    title: "a worker that imports the lab",
    filePath: "workers/compose.ts",
    code: `import { lab } from "../lab/hosts/lab"; lab();`,
    instead: "beside a port in activities/",
  },
  {
    title: "a worker that imports the bench",
    filePath: "workers/compose.ts",
    code: `import { figures } from "../bench/fleet/figures"; figures();`,
    instead: "beside a port in activities/",
  },
  {
    title: "a command outside those few that imports the lab",
    filePath: "cli/commands/start.ts",
    code: `import { lab } from "../../lab/hosts/lab"; lab();`,
    instead: "cli/commands/{demo*,dev,lab*,doctor}.ts",
  },
  {
    title: "product code that imports a test",
    filePath: "cli/commands/demo.ts",
    code: `import { server } from "../../test/harness/server"; server();`,
    instead: "move what is shared out of it",
  },
  {
    title: "ssh2 outside the ssh client",
    filePath: "activities/ssh/jobs.ts",
    code: `import { Client } from "ssh2"; new Client();`,
    instead: "use the port in port.ts",
  },
  {
    title: "local time outside of the calendars",
    filePath: "cli/commands/start.ts",
    code: `import { Temporal } from "temporal-polyfill"; Temporal.Now.instant();`,
    instead: "activities/calendar",
  },
  {
    title: "pg outside a client",
    filePath: "workers/main.ts",
    code: `import { Pool } from "pg"; new Pool();`,
    instead: "use the port in port.ts",
  },
  {
    title: "a workflow that imports an activity's code",
    filePath: "workflows/rollout/rollout.ts",
    code: `import { hostSchema } from "../../activities/inventory/port"; hostSchema.parse(1);`,
    instead: "through a proxy",
  },
  {
    title: "a workflow that looks inside an activity",
    filePath: "workflows/rollout/rollout.ts",
    code: `import type { Job } from "../../activities/ssh/jobs"; export type J = Job;`,
    instead: "move the type into port.ts",
  },
  {
    title: "a runbook's workflow that imports its activities",
    filePath: "runbooks/fleet-upgrade/workflow.ts",
    code: `import { createActivities } from "./activities"; createActivities();`,
    instead: "proxyActivities",
  },
  {
    title: "a runbook's activities that import a client",
    filePath: "runbooks/fleet-upgrade/activities.ts",
    code: `import { createInventory } from "../../activities/inventory/client"; createInventory();`,
    instead: "take the port as an argument",
  },
  {
    title: "a runbook's activities that import a builtin of Node",
    filePath: "runbooks/fleet-upgrade/activities.ts",
    code: `import { createHash } from "node:crypto"; createHash("sha256");`,
    instead: "take the port as an argument",
  },
  {
    title: "zod values in the sandbox",
    filePath: "runbooks/fleet-upgrade/messages.ts",
    code: `import { z } from "zod"; export const schema = z.string();`,
    instead: "validate in an activity",
  },
  {
    title: "the contract's schemas in the sandbox",
    filePath: "runbooks/fleet-upgrade/workflow.ts",
    code: `import { inputSchema } from "./contract"; inputSchema.parse(1);`,
    instead: "ids live in ids.ts",
  },
  {
    title: "a builtin of Node in the sandbox",
    filePath: "workflows/gate/gate.ts",
    code: `import { readFileSync } from "fs"; readFileSync("x");`,
    instead: "ask an activity",
  },
  {
    title: "the client in the sandbox",
    filePath: "workflows/gate/gate.ts",
    code: `import { Client } from "@temporalio/client"; new Client();`,
    instead: "@temporalio/workflow and @temporalio/common",
  },
  {
    title: "console in the sandbox",
    filePath: "workflows/gate/gate.ts",
    code: `console.log("open");`,
    instead: "`log` of @temporalio/workflow",
  },
  {
    title: "the machine's time in the sandbox",
    filePath: "workflows/gate/gate.ts",
    code: `import { workflowInfo } from "@temporalio/workflow"; export const at = workflowInfo().unsafe.now();`,
    instead: "`Date.now()`",
  },
  {
    title: "the machine's stopwatch in the sandbox",
    filePath: "runbooks/fleet-upgrade/workflow.ts",
    code: `export const at = performance.now();`,
    instead: "`Date.now()`",
  },
  {
    title: "process in the sandbox",
    filePath: "runbooks/fleet-upgrade/workflow.ts",
    code: `export const home = process.env.HOME;`,
    instead: "ask an activity",
  },
  {
    title: "a plain Error in the sandbox",
    filePath: "workflows/gate/gate.ts",
    code: `export function open() { throw new Error("no"); }`,
    instead: "ApplicationFailure.nonRetryable",
  },
  {
    title: "an async validator",
    filePath: "workflows/gate/gate.ts",
    code: `setHandler(decide, handle, { validator: async () => {} });`,
    instead: "make it synchronous",
  },
  {
    title: "Temporal in a plan",
    filePath: "runbooks/fleet-upgrade/plan.ts",
    code: `import { sleep } from "@temporalio/workflow"; sleep(1);`,
    instead: "let the workflow do it",
  },
  {
    title: "the clock in a plan",
    filePath: "runbooks/fleet-upgrade/plan.ts",
    code: `export const at = Date.now();`,
    instead: "takes `now` as an argument",
  },
  {
    title: "the clock in a pure file of a verb",
    filePath: "workflows/rollout/admit.ts",
    code: `export const at = new Date();`,
    instead: "takes `now` as an argument",
  },
  {
    title: "chance in a pure file",
    filePath: "workflows/rollout/order.ts",
    code: `export const rank = Math.random();`,
    instead: "a hash of seed and id",
  },
  {
    title: "a race in a pure file",
    filePath: "workflows/gate/judge.ts",
    code: `export const first = Promise.race([]);`,
    instead: "return what to wait for",
  },
  {
    title: "a timer in a pure file",
    filePath: "workflows/gate/judge.ts",
    code: `setTimeout(() => undefined, 10);`,
    instead: "return what to wait for",
  },
  {
    title: "an async function in a pure file",
    filePath: "runbooks/fleet-upgrade/plan.ts",
    code: `export async function plan() {}`,
    instead: "synchronous",
  },
  {
    title: "an enum",
    filePath: "activities/ssh/port.ts",
    code: `export enum Mode { Plan, Execute }`,
    instead: "a union of literals",
  },
  {
    title: "an error matched by its class",
    filePath: "cli/main.ts",
    code: `export const ours = (e: unknown) => e instanceof RunbookError;`,
    instead: "isRunbookError",
  },
  {
    title: "a limit that may be collected as garbage",
    filePath: "cli/main.ts",
    code: `export const limit = AbortSignal.timeout(10);`,
    instead: "withinTime",
  },
  {
    title: "a test alone",
    filePath: "test/activities/faults.test.ts",
    code: `it.only("is alone", () => {});`,
    instead: "npx jest -t",
  },
  {
    title: "a test skipped in silence",
    filePath: "test/activities/faults.test.ts",
    code: `describe.skip("never runs", () => {});`,
    instead: "describeWhen",
  },
  {
    title: "a sleeping test",
    filePath: "test/activities/faults.test.ts",
    code: `await new Promise((resolve) => setTimeout(resolve, 2_000));`,
    instead: "await the event",
  },
  {
    title: "a test that sleeps by a promise",
    filePath: "test/activities/faults.test.ts",
    code: `await setTimeout(2_000);`,
    instead: "await the event",
  },
];

const legal: readonly (Snippet & { readonly title: string })[] = [
  {
    title: "the demo may use the lab",
    filePath: "cli/commands/demo.ts",
    code: `import { lab } from "../../lab/hosts/lab"; lab();`,
  },
  {
    title: "a client may use its library",
    filePath: "activities/ssh/client.ts",
    code: `import { Client } from "ssh2"; import { sshError } from "./errors"; new Client(); sshError();`,
  },
  {
    title: "the lab may use ssh2, and any folder",
    filePath: "lab/hosts/server.ts",
    code: `import { Server } from "ssh2"; import { quote } from "../../activities/ssh/quote"; new Server(quote());`,
  },
  {
    title: "a workflow may name a port's types",
    filePath: "workflows/rollout/rollout.ts",
    code: `import { proxyActivities } from "@temporalio/workflow"; import type { Host } from "../../activities/inventory/port"; proxyActivities<Host>();`,
  },
  {
    title: "a workflow may read the clock, which replays",
    filePath: "workflows/gate/gate.ts",
    code: `export const at = Date.now();`,
  },
  {
    title: "a plan may use its contract's types and a hash",
    filePath: "runbooks/fleet-upgrade/plan.ts",
    code: `import { sha256 } from "@noble/hashes/sha2"; import type { Input } from "./contract"; export const digest = (input: Input, now: number) => sha256(JSON.stringify({ input, at: new Date(now) }));`,
  },
  {
    title: "a contract may use zod and the ports",
    filePath: "runbooks/fleet-upgrade/contract.ts",
    code: `import { z } from "zod"; import { hostSchema } from "../../activities/inventory/port"; export const input = z.array(hostSchema);`,
  },
  {
    title: "a runbook's activities may tell the faults of an input",
    filePath: "runbooks/fleet-upgrade/activities.ts",
    code: `import { parse } from "../../activities/faults"; import { inputSchema } from "./contract"; parse(inputSchema, 1);`,
  },
  {
    title: "compose may wire everything below it",
    filePath: "workers/compose.ts",
    code: `import { createInventory } from "../activities/inventory/client"; import * as runbooks from "../runbooks/registry"; createInventory(runbooks);`,
  },
  {
    title: "a test may set a deadline",
    filePath: "test/activities/faults.test.ts",
    code: `setTimeout(reject, 20_000);`,
  },
];

/** The messages of each snippet, in order. */
function lint(snippets: readonly Snippet[]): string[][] {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [path.join(__dirname, "lint-snippets.mjs")],
    { cwd: root, input: JSON.stringify(snippets), encoding: "utf8" },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as string[][];
}

describe("the folder rules", () => {
  const told = new Map<Snippet, string[]>();

  beforeAll(() => {
    const snippets = [...violations, ...legal];
    lint(snippets).forEach((messages, index) => {
      const snippet = snippets[index];
      if (snippet !== undefined) told.set(snippet, messages);
    });
  }, 30_000);

  it.each(violations)("refuse $title and name the way", (violation) => {
    const messages = told.get(violation) ?? [];
    expect(messages).toContainEqual(expect.stringContaining(violation.instead));
  });

  it.each(legal)("allow: $title", (snippet) => {
    expect(told.get(snippet)).toEqual([]);
  });
});
