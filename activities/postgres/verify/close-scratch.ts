import { failureOfExit } from "../../ssh/job-failure";
import { verificationError } from "./errors";
import type { LevelResult, OfScratch } from "./port";
import { closeScript } from "./scratch-script";
import { judgePages, pagesScript } from "./v4-pages";
import { levelJob, timed, type VerifyWork } from "./work";

/** Stops the scratch instance cleanly, which V4 needs; one that is stopped already stays so. @throws ssh.*, postgres.noProgram */
export async function closeScratch(
  work: VerifyWork,
  order: OfScratch,
): Promise<void> {
  const ended = await levelJob(work, order, {
    ...{ step: "scratch-close", script: closeScript },
    args: [order.scratch.path],
  });
  const failure = failureOfExit(ended, "pg_ctl stop", order.replica.id);
  if (failure !== undefined) throw failure;
}

/** V4: reads every page of the stopped scratch copy. @throws ssh.*, postgres.noProgram */
export function checkPages(
  work: VerifyWork,
  order: OfScratch,
): Promise<LevelResult> {
  work.tell({
    step: "verify-scratch",
    line: "V4: compares every page's checksum",
  });
  return timed(work, async () => {
    const ended = await levelJob(work, order, {
      ...{ step: "pages", script: pagesScript },
      args: [order.scratch.path],
    });
    if (/must be shut down/.test(ended.stderr))
      throw verificationError("noScratch", {
        seen: `the scratch copy ${order.scratch.path} was not stopped cleanly`,
      });
    return judgePages(ended);
  });
}
