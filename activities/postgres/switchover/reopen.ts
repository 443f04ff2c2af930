import { setTimeout as sleep } from "node:timers/promises";
import { isRunbookError } from "../../errors";
import type { PostgresPorts, PostgresServer } from "../port";
import { nameOf } from "../run-mark";
import { startServer } from "../standby/start-server";
import { isInRecovery, writableOf } from "./ask";
import { switchoverError } from "./errors";
import {
  fencePrimary,
  isFencedStanding,
  lookBehindFence,
  removeFence,
  restoreSettings,
} from "./fence";
import { fenceFile } from "./fence-file";
import type { Reopened, ReopenOrder } from "./port";
import { type Found, reopenStep } from "./reopen-step";
import { settleStandby } from "./settle-standby";

const reopenS = 300;
const pollMs = 500;
/** A shutdown that hangs is cut off by then: a primary recovers from that by itself. */
const mostPatienceMs = 30_000;

/** @throws postgres.neitherOpen, postgres.twoOpen, ssh.* */
export async function reopenPrimary(
  ports: PostgresPorts,
  order: ReopenOrder,
  signal?: AbortSignal,
): Promise<Reopened> {
  const standby = await settleStandby(ports, order, signal);
  if (standby === "promoted") return keepShut(ports, order, signal);
  const { run, primary: server } = order;
  await openPrimary(ports, order, signal);
  const { timeline } = await writableOf(ports.sql, { run, server }, signal);
  return { open: "primary", timeline };
}

/** The promotion happened: the old primary stays what it is, a server that can only start as a standby. */
async function keepShut(
  ports: PostgresPorts,
  order: ReopenOrder,
  signal?: AbortSignal,
): Promise<Reopened> {
  const { primary, standby, stopped } = order;
  const found = await foundOf(ports, order, primary, signal);
  if (found.isInRecovery === false)
    throw switchoverError("twoOpen", {
      seen: `${standby.id} was promoted, and ${primary.id} takes writes, too`,
    });
  if (await isFencedStanding(ports, order, found.look, signal))
    return { open: "standby" };
  if (stopped === undefined)
    throw neitherOpen(order, `${standby.id} was promoted by somebody else`);
  await fencePrimary(ports, { ...order, stopped }, signal);
  return { open: "standby" };
}

/** Step by step, each seen before the next; whatever an earlier call has done is found done. */
async function openPrimary(
  ports: PostgresPorts,
  order: ReopenOrder,
  signal?: AbortSignal,
): Promise<void> {
  const { run, primary, stopped, timeoutS = reopenS } = order;
  const patienceMs = Math.min(mostPatienceMs, timeoutS * 500);
  let began = Date.now();
  for (let isCutOff = false; ;) {
    const found = await foundOf(ports, order, primary, signal);
    const step = reopenStep(found, run, stopped);
    if (step.kind === "open")
      return removeFenceIfThere(ports, primary, found, signal);
    if (step.kind === "refuse")
      throw neitherOpen(order, `${primary.id} is not opened: ${step.seen}`);
    if (Date.now() - began > timeoutS * 1_000)
      throw neitherOpen(order, `${primary.id} did not open in ${timeoutS} s`);
    if (step.kind === "start") {
      await removeFence(ports.programs, primary, signal);
      await startServer(ports.programs, { run, server: primary }, signal);
    } else if (step.kind === "promote") {
      await promoteOld(ports, order, signal);
    } else if (!isCutOff && Date.now() - began > patienceMs) {
      isCutOff = true;
      await cutOff(ports, primary, signal);
      began = Date.now();
    }
    await sleep(pollMs, undefined, { signal });
  }
}

async function removeFenceIfThere(
  { programs }: PostgresPorts,
  primary: PostgresServer,
  { look }: Found,
  signal?: AbortSignal,
): Promise<void> {
  if (look.fence !== undefined || look.hasStandbySignal)
    await removeFence(programs, primary, signal);
}

/** It has all of its own WAL, and nobody else's: whom it followed never got further. */
async function promoteOld(
  { sql, programs }: PostgresPorts,
  { run, primary }: ReopenOrder,
  signal?: AbortSignal,
): Promise<void> {
  await restoreSettings(programs, primary, signal);
  await startServer(programs, { run, server: primary }, signal);
  await programs.run(primary, {
    argv: ["pg_ctl", "-D", primary.dataDirectory, "reload"],
    ...{ timeoutMs: 30_000, signal },
  });
  const options = { applicationName: nameOf(run), signal };
  await sql
    .query(
      primary.sql,
      { ...options, statementTimeoutMs: 70_000 },
      "select pg_promote(true, 60)",
    )
    .catch(isStillStarting);
}

/** It is asked again, after the next look. */
function isStillStarting(error: unknown): void {
  if (!isRunbookError(error) || !error.type.startsWith("postgres."))
    throw error;
}

async function cutOff(
  { programs }: PostgresPorts,
  primary: PostgresServer,
  signal?: AbortSignal,
): Promise<void> {
  await programs.run(primary, {
    argv: [
      ...(["pg_ctl", "-D", primary.dataDirectory, "stop"] as const),
      ...["-m", "immediate", "-w", "-t", "30"],
    ],
    ...{ timeoutMs: 60_000, signal },
  });
}

export async function foundOf(
  { sql, programs }: PostgresPorts,
  { run }: Pick<ReopenOrder, "run">,
  server: PostgresServer,
  signal?: AbortSignal,
): Promise<Found> {
  const look = await lookBehindFence(programs, server, signal);
  if (look.answers !== "accepting") return { look };
  try {
    return {
      look,
      isInRecovery: await isInRecovery(sql, { run, server }, signal),
    };
  } catch (error) {
    isStillStarting(error);
    return { look };
  }
}

function neitherOpen(order: ReopenOrder, seen: string) {
  const { primary, standby } = order;
  return switchoverError("neitherOpen", {
    seen,
    facts: {
      ...{ primary: primary.id, standby: standby.id },
      fence: fenceFile(primary),
    },
  });
}
