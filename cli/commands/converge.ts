import { z } from "zod";
import { openArtifacts } from "../../activities/artifacts/client";
import { isRunbookError } from "../../activities/errors";
import { nearest } from "../../activities/known-keys";
import { desiredKey } from "../../runbooks/fleet-upgrade/census";
import type { FleetUpgradeInput } from "../../runbooks/fleet-upgrade/contract";
import type { Context, Program } from "../context";
import { cliError } from "../errors";
import type { ExitName } from "../exit-codes";
import { answer, line } from "../output";
import { observerOf } from "../run/observe";
import { runbookNamed } from "../runbook-named";
import { artifactsOf, taskQueueOf } from "../settings";
import { componentNamed, findTarget } from "../targets";
import { withClient } from "../temporal";
import { type Start, startWorkflow } from "./start";
import { watch } from "./watch";

interface ConvergeFlags {
  readonly target?: string;
  readonly component?: string;
  readonly wait: boolean;
}

const COMMAND = "runbook converge";
const LOOK_EVERY_MS = 500;

const example = `
Example:
  $ runbook converge web-07 --target prod-eu --component web`;

/** `runbook converge`: what a host that was away calls when it is back, by its own visit of the same steps. */
export function registerConverge({ root, run }: Program): void {
  const command = root
    .command("converge")
    .summary("bring one host to the revision that its target should run")
    .description(
      "Reads which version the last run published for the target, and takes this one host to it: same steps, no canary, no gate. To repeat it does no harm. Ends with the run, and with its exit code.",
    )
    .argument("<host>", "id of the inventory")
    .option("--target <name>", "default: the only one")
    .option("--component <name>", "default: the only one")
    .option("--no-wait", "end as soon as the run is started")
    .option("--task-queue <name>", "instead of RUNBOOK_TASK_QUEUE (runbooks)")
    .addHelpText("after", example)
    .action((host: string, flags: ConvergeFlags) =>
      run(command, (context) => converge(context, host, flags)),
    );
}

/** @throws cli.usage, cli.unknownHost, cli.unsettled, config.*, inventory.*, artifacts.*, temporal.* */
async function converge(
  context: Context,
  host: string,
  flags: ConvergeFlags,
): Promise<ExitName> {
  const found = await findTarget(context.env, flags.target, COMMAND);
  const { name: component } = componentNamed(
    found.configuration,
    flags.component,
    COMMAND,
  );
  requireHost(
    host,
    found.hosts.map(({ id }) => id),
  );
  const place = { target: found.name, component };
  const desired = await readDesired(context, place);
  if (desired === undefined) {
    answer(context, { host, ...place, desired: null }, [
      `Nothing is desired of ${component} on ${found.name}: no run has published a version.`,
    ]);
    return "ok";
  }
  const input = inputFor(host, { ...place, version: desired });
  return begin(context, input, flags.wait);
}

function requireHost(host: string, ids: readonly string[]): void {
  if (ids.includes(host)) return;
  const meant = nearest(host, ids);
  throw cliError("unknownHost", {
    seen: `${host} is no host of the inventory${meant === undefined ? "" : `; did you mean ${meant}?`}`,
  });
}

const desiredSchema = z.object({
  version: z.string().nullable(),
  state: z.enum(["rolling", "current", "rolled back", "unsettled"]),
  workflowId: z.string(),
});

/** @throws artifacts.*, cli.unsettled when no one version is meant for all hosts */
async function readDesired(
  { env }: Context,
  place: { readonly target: string; readonly component: string },
): Promise<string | undefined> {
  const store = openArtifacts(artifactsOf(env));
  try {
    const text = await store.peek(desiredKey(place));
    if (text === undefined) return undefined;
    const { version, state, workflowId } = desiredSchema.parse(
      JSON.parse(text),
    );
    if (state !== "unsettled" && version !== null) return version;
    throw cliError("unsettled", {
      seen:
        version === null
          ? `${workflowId} took the hosts back to what each of them ran before, and that was not known to be one version`
          : `${workflowId} ended before all hosts ran ${version}`,
      facts: { id: workflowId },
    });
  } finally {
    await store.close();
  }
}

/** One host and one version make one run, so that a host which asks twice is visited once. */
function inputFor(
  host: string,
  {
    target,
    component,
    version,
  }: {
    readonly target: string;
    readonly component: string;
    readonly version: string;
  },
): FleetUpgradeInput {
  const name = version.replaceAll(/[^\w.-]/g, "-");
  return {
    target,
    component,
    version,
    change: `converge.${host}.${name}`.slice(0, 128),
    mode: "execute",
    hosts: { ids: [host] },
    slots: 1,
    budget: { failures: 0 },
    canary: { gate: false },
    checks: { hosts: "none" },
    census: { versions: false, waves: 0 },
  };
}

/** @throws cli.alreadyRunning without --wait, temporal.* */
async function begin(
  context: Context,
  input: FleetUpgradeInput,
  wait: boolean,
): Promise<ExitName> {
  const runbook = runbookNamed("fleet-upgrade");
  const { workflowId, summary } = runbook.describe(input);
  const { workflowType } = runbook;
  const taskQueue = taskQueueOf(context.env);
  const start: Start = { workflowType, workflowId, summary, taskQueue, input };
  return withClient(context, async (client) => {
    try {
      await startWorkflow(client, start);
      if (!context.json) line(context, `Started ${workflowId}`);
    } catch (error) {
      const isJoined =
        isRunbookError(error) && error.type === "cli.alreadyRunning";
      if (!isJoined || !wait) throw error;
      if (!context.json) line(context, `Joined ${workflowId}`);
    }
    if (!wait) {
      if (context.json) answer(context, { workflowId, summary }, []);
      return "ok";
    }
    return watch(
      context,
      observerOf(context, client, workflowId),
      LOOK_EVERY_MS,
    );
  });
}
