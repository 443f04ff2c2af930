import { lastWords } from "../../ssh/job-failure";
import { verificationError } from "./errors";
import type { OfScratch } from "./port";
import { wakeScript } from "./scratch-script";
import { plainSession } from "./scratch-sql";
import { lookMs, serverOf, type VerifyWork } from "./work";

/** The scratch instance runs, also after a level that had it stopped, and after a boot of its host. @throws verification.noScratch, ssh.* */
export async function wakeScratch(
  { deps, signal }: VerifyWork,
  order: OfScratch,
): Promise<void> {
  const { path } = order.scratch;
  const ended = await deps.programs.script(serverOf(order), {
    ...{ script: wakeScript, args: [path], timeoutMs: lookMs, signal },
    env: { PGOPTIONS: plainSession },
  });
  if (ended.exitCode !== 0)
    throw verificationError("noScratch", {
      seen: `the scratch instance ${path} on ${order.replica.id} does not run${lastWords(ended)}`,
    });
}
