import { failureOfExit, lastWords } from "../../ssh/job-failure";
import { ownerLine } from "../owned-folder";
import type { Ended } from "../port";
import { verificationError } from "./errors";
import type { OpenedScratch, Scratch, ScratchOrder } from "./port";
import { scratchConf } from "./scratch-conf";
import { type ScratchPlace, scratchPlace } from "./scratch-place";
import { openScript } from "./scratch-script";
import { plainSession } from "./scratch-sql";
import {
  judgeRestore,
  readOpening,
  type ScratchState,
  stateQuery,
} from "./v5-restore";
import { levelJob, timed, type VerifyWork } from "./work";

const startLimitS = 24 * 3_600;
const startFailed = 65;
/** The host's own trouble: it says nothing about the backup. */
const hostsTrouble =
  /No space left on device|Cannot allocate memory|shared memory segment|could not create any Unix-domain sockets|could not create lock file/;

/**
 * V5: copies the backup, seals the copy, starts it and waits until its replay stands still. The copy stays open for the deep
 * levels; `discardScratch` ends it.
 *
 * @throws verification.socketTooLong, verification.noScratch, ssh.*, postgres.noProgram
 */
export async function openScratch(
  work: VerifyWork,
  order: ScratchOrder,
): Promise<OpenedScratch> {
  const { run, replica, generation, backup } = order;
  const place = scratchPlace(replica, run, generation);
  let state: ScratchState | undefined;
  const result = await timed(work, async () => {
    const opening = readOpening(await opened(work, order, place));
    state = opening.state;
    return judgeRestore(opening, backup);
  });
  if (result.verdict !== "pass" || state === undefined) return { result };
  return { result, scratch: scratchOf(place, generation, state) };
}

async function opened(
  work: VerifyWork,
  order: ScratchOrder,
  place: ScratchPlace,
): Promise<Ended> {
  const { run, replica, backup, major, preloadLibraries } = order;
  const { path, parent, name, socketFolder } = place;
  const line = "V5: copies the backup into a scratch instance";
  work.tell({ step: "scratch", line });
  const ended = await levelJob(work, order, {
    ...{ step: "scratch-open", script: openScript },
    args: [
      ...[backup.path, parent, name],
      ownerLine(run, replica, backup.systemIdentifier),
      ...[socketFolder, scratchConf(place, preloadLibraries)],
      ...[String(startLimitS), replica.sql.user, replica.sql.database],
      ...[stateQuery(major), String(place.port)],
    ],
    env: { PGOPTIONS: plainSession },
    onOutput: (text) => {
      const copied = /bytes (\d+)\n(?![\s\S]*bytes)/.exec(text)?.[1];
      if (copied !== undefined)
        work.tell({ step: "scratch", line, doneBytes: Number(copied) });
    },
  });
  const failure = failureOfExit(ended, "the scratch copy", replica.id);
  if (failure === undefined) return ended;
  if (ended.exitCode !== startFailed) throw failure;
  if (hostsTrouble.test(ended.stderr))
    throw verificationError("noScratch", {
      seen: `${replica.id} could not start the scratch instance ${path}${lastWords(ended)}`,
    });
  return ended;
}

const scratchOf = (
  { path, socketFolder, port }: ScratchPlace,
  n: number,
  state: ScratchState,
): Scratch => ({
  ...{ n, path, socketFolder, port },
  superuser: state.superuser ?? "",
  databases: state.databases,
  replayLsn: state.lsn ?? "",
  ...{ xmin: state.xmin, xmax: state.xmax },
  hasChecksums: state.checksums === "on",
  serverVersion: state.version,
});
