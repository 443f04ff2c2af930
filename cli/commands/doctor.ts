import { join } from "node:path";
import { isRunbookError } from "../../activities/errors";
import { stateOf, temporalCache } from "../../lab/temporal/cache";
import { findOnPath } from "../../lab/temporal/cli-binary";
import { resolveTemporal } from "../../lab/temporal/resolve";
import { searchAttributes } from "../../lab/temporal/search-attributes";
import { WHEEL_VERSION, wheelPins } from "../../lab/temporal/wheel-pins";
import type { Context, Program } from "../context";
import { type Check, checkWords, pass } from "../doctor/check";
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
    ...checks.flatMap(checkWords),
    isSound ? "All is well." : "Not all is well: see each fix above.",
  ]);
  return isSound ? "ok" : "checkFailed";
}

/** What `runbook dev` would start; 44 MB are not obtained for a look, nor is a folder made for them. */
async function findWithoutObtaining({
  env,
}: Context): Promise<Omit<Check, "name">> {
  const notNow = () => Promise.reject(new Error("not obtained for a look"));
  try {
    const found = await resolveTemporal(
      { ...env, TEMPORAL_ADDRESS: undefined },
      { pins: {}, downloadBySdk: notNow },
    );
    if (found.kind === "binary")
      return pass(`runbook dev would start ${found.path} ${found.version}`);
    return pass(`${found.address} is named`);
  } catch (error) {
    if (!isRunbookError(error) || error.type !== "temporal.noServer")
      throw error;
    return cachedOrObtainable(env, error);
  }
}

/** @throws what was told before, when neither a copy nor the means to get one are there */
async function cachedOrObtainable(
  env: Context["env"],
  otherwise: Error,
): Promise<Omit<Check, "name">> {
  const pin = wheelPins[`${process.platform}-${process.arch}`];
  const copy = join(temporalCache({ ...env }), WHEEL_VERSION, "temporal");
  if (pin !== undefined && (await stateOf(copy, pin)) === "intact")
    return pass(`runbook dev would start ${copy} ${WHEEL_VERSION}`);
  if ((await findOnPath("python3", env["PATH"])) === undefined) throw otherwise;
  return pass("runbook dev would obtain one with python3 -m pip");
}
