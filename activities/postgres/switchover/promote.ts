import { setTimeout as sleep } from "node:timers/promises";
import { lsnOf } from "../lsn";
import type { PostgresPorts } from "../port";
import { nameOf } from "../run-mark";
import { type Recovery, recoveryOf, writableOf } from "./ask";
import { switchoverError } from "./errors";
import { isFencedStanding, lookBehindFence } from "./fence";
import type {
  AfterStop,
  Promoted,
  PromoteOrder,
  Received,
  TimelineProof,
} from "./port";

const receiveMs = 30_000;
const pollMs = 250;
const promoteS = 60;

/**
 * The standby has replayed the record of the primary's shutdown, so it has everything before it. That record begins at the
 * checkpoint and has a length: replayed up to the checkpoint is one record too few.
 *
 * @throws postgres.notReceived, postgres.wrongCluster, postgres.replayPaused
 */
export async function proveReceived(
  { sql }: PostgresPorts,
  { run, standby: server, stopped }: AfterStop,
  signal?: AbortSignal,
): Promise<Received> {
  const until = Date.now() + receiveMs;
  for (;;) {
    const found = await recoveryOf(sql, { run, server }, signal);
    if (found.systemIdentifier !== stopped.systemIdentifier)
      throw switchoverError("wrongCluster", {
        seen: `${server.id} holds cluster ${found.systemIdentifier}`,
        expected: stopped.systemIdentifier,
      });
    const { replayLsn } = found;
    if (replayLsn !== undefined && hasReplayed(replayLsn, stopped.checkpoint))
      return { replayLsn };
    refusePaused(found, server.id);
    if (Date.now() >= until)
      throw switchoverError("notReceived", {
        seen: `${server.id} has replayed up to ${replayLsn ?? "nothing"}`,
        expected: `past ${stopped.checkpoint}, where the primary's last record begins`,
      });
    await sleep(pollMs, undefined, { signal });
  }
}

/** Past the record that begins there, not up to it. */
export const hasReplayed = (replayLsn: string, checkpoint: string): boolean =>
  lsnOf(replayLsn) > lsnOf(checkpoint);

/**
 * Looks once more that the old primary is fenced and that nothing is missing, then promotes. A standby that is promoted
 * already is done.
 *
 * @throws postgres.notFenced, postgres.notReceived, postgres.replayPaused, postgres.notPromoted
 */
export async function promote(
  ports: PostgresPorts,
  order: PromoteOrder,
  signal?: AbortSignal,
): Promise<Promoted> {
  const { run, primary, standby: server, timeoutS = promoteS } = order;
  const look = await lookBehindFence(ports.programs, primary, signal);
  if (!(await isFencedStanding(ports, order, look, signal)))
    throw switchoverError("notFenced", {
      seen: `${primary.id} bears no fence of this run, or runs as a primary`,
      facts: { server: primary.id },
    });
  const found = await recoveryOf(ports.sql, { run, server }, signal);
  if (!found.isInRecovery) return { was: "already" };
  refusePaused(found, server.id);
  await proveReceived(ports, order, signal);
  const [row] = await ports.sql.query<{ promoted: boolean }>(
    server.sql,
    {
      ...{ applicationName: nameOf(run), signal },
      statementTimeoutMs: (timeoutS + 10) * 1_000,
    },
    "select pg_promote(true, $1) as promoted",
    [timeoutS],
  );
  if (row?.promoted === true) return { was: "promoted" };
  throw switchoverError("notPromoted", {
    seen: `${server.id} was not promoted within ${timeoutS} s`,
    facts: { server: server.id },
  });
}

/** It writes a timeline of its own, which its old primary's ends before. @throws postgres.timelineUnproven */
export async function proveTimeline(
  { sql }: PostgresPorts,
  { run, standby: server, stopped }: AfterStop,
  signal?: AbortSignal,
): Promise<TimelineProof> {
  const unproven = (seen: string, expected: string) =>
    switchoverError("timelineUnproven", {
      ...{ seen: `${server.id} ${seen}`, expected },
      facts: { server: server.id },
    });
  const found = await recoveryOf(sql, { run, server }, signal);
  if (found.isInRecovery) throw unproven("is in recovery", "a promoted server");
  if (found.systemIdentifier !== stopped.systemIdentifier)
    throw unproven(
      `holds cluster ${found.systemIdentifier}`,
      stopped.systemIdentifier,
    );
  const { timeline, lsn } = await writableOf(sql, { run, server }, signal);
  if (timeline > stopped.timeline) return { timeline, lsn };
  throw unproven(
    `writes timeline ${timeline}`,
    `a timeline after ${stopped.timeline}`,
  );
}

/** A promotion would shut it down. */
function refusePaused({ isInRecovery, isPaused }: Recovery, id: string): void {
  if (!isInRecovery || !isPaused) return;
  throw switchoverError("replayPaused", { seen: `replay on ${id} is paused` });
}
