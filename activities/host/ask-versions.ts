import { isRunbookError } from "../errors";
import type { Ssh } from "../ssh/port";
import { eachAtOnce, readingOf } from "./ask-host";
import type { VersionsAnswer, VisitPlan } from "./port";

const defaultAtOnce = 50;

export interface AskOptions {
  readonly atOnce?: number | undefined;
  readonly signal: AbortSignal;
}

/** Asks hosts of the plan which version they run. @throws the signal's reason */
export async function askVersions(
  ssh: Ssh,
  plan: VisitPlan,
  rows: readonly number[],
  { atOnce = defaultAtOnce, signal }: AskOptions,
): Promise<VersionsAnswer> {
  const answers = await eachAtOnce(rows, atOnce, async (row) => {
    signal.throwIfAborted();
    return [row, await versionOf(ssh, plan, row, signal)] as const;
  });
  const isRight = (version: string | null): boolean =>
    version !== null &&
    (plan.version === undefined || version === plan.version);
  return { differ: answers.filter(([, version]) => !isRight(version)) };
}

async function versionOf(
  ssh: Ssh,
  plan: VisitPlan,
  row: number,
  signal: AbortSignal,
): Promise<string | null> {
  const host = plan.hosts[row];
  const step = plan.steps.find(({ name }) => name === "version");
  if (host === undefined || step === undefined) return null;
  const target = { host, access: plan.access };
  try {
    const reading = readingOf(step, plan, row);
    const { exitCode, stdout } = await ssh.exec(target, reading, { signal });
    const answer = stdout.split("\n")[0]?.trim() ?? "";
    return exitCode === 0 && answer !== "" ? answer : null;
  } catch (error) {
    if (signal.aborted || !isRunbookError(error)) throw error;
    return null;
  } finally {
    ssh.release(target);
  }
}
