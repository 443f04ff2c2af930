import { setTimeout as sleep } from "node:timers/promises";
import type { PostgresPorts, PostgresServer } from "../port";
import { nameOf } from "../run-mark";
import { lookAtServer } from "../server-look";
import { startServer } from "../standby/start-server";
import { recoveryOf, writableOf } from "./ask";
import { switchoverError } from "./errors";
import { forgetFence, writeFence } from "./fence";
import type { Rejoined, RejoinOrder, RestartOrder } from "./port";
import { foundOf } from "./reopen";
import { dropIdleSlot, ensureSlot } from "./slots";

const rejoinS = 120;
const pollMs = 500;

/** @throws postgres.timelineUnproven, postgres.twoOpen, postgres.notRejoined, ssh.* */
export async function rejoin(
  ports: PostgresPorts,
  order: RejoinOrder,
  signal?: AbortSignal,
): Promise<Rejoined> {
  const { run, primary, standby } = order;
  const slot = nameOf(run);
  const promoted = await recoveryOf(
    ports.sql,
    { run, server: standby },
    signal,
  );
  if (promoted.isInRecovery)
    throw switchoverError("timelineUnproven", {
      seen: `${standby.id} is in recovery`,
      expected: "a promoted server",
      facts: { server: standby.id },
    });
  const found = await foundOf(ports, order, primary, signal);
  if (found.isInRecovery === false)
    throw switchoverError("twoOpen", {
      seen: `${primary.id} takes writes, and so does ${standby.id}`,
    });
  await ensureSlot(ports.sql, { run, server: standby, slot }, signal);
  await writeFence(ports.programs, order, slot, signal);
  if (found.look.processes > 0) await reload(ports, primary, signal);
  else await startServer(ports.programs, { run, server: primary }, signal);
  await untilStreaming(ports, order, slot, signal);
  const oldSlot = await dropOldSlot(ports, order, signal);
  await forgetFence(ports.programs, primary, signal);
  return { slot, ...(oldSlot === undefined ? {} : { oldSlot }) };
}

/** A standby reads anew whom it is to follow. */
async function reload(
  { programs }: PostgresPorts,
  primary: PostgresServer,
  signal?: AbortSignal,
): Promise<void> {
  await programs.run(primary, {
    argv: ["pg_ctl", "-D", primary.dataDirectory, "reload"],
    ...{ timeoutMs: 30_000, signal },
  });
}

/** On its slot, as the new primary says, and on the new timeline, as the old one does. */
async function untilStreaming(
  ports: PostgresPorts,
  order: RejoinOrder,
  slot: string,
  signal?: AbortSignal,
): Promise<void> {
  const { primary, standby, timeoutS = rejoinS } = order;
  const until = Date.now() + timeoutS * 1_000;
  for (;;) {
    const { look, isInRecovery } = await foundOf(ports, order, primary, signal);
    if (
      isInRecovery === true &&
      (await isStreaming(ports, order, slot, signal))
    )
      return;
    if (Date.now() >= until || look.processes === 0)
      throw switchoverError("notRejoined", {
        seen: `${primary.id} ${look.processes === 0 ? "stopped again" : `does not stream from ${standby.id} after ${timeoutS} s`}`,
        facts: { server: primary.id },
      });
    await sleep(pollMs, undefined, { signal });
  }
}

async function isStreaming(
  { sql }: PostgresPorts,
  { run, primary, standby }: RejoinOrder,
  slot: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const options = { applicationName: nameOf(run), signal };
  const [sender] = await sql.query<{ there: boolean }>(
    standby.sql,
    options,
    `select exists(select from pg_replication_slots s join pg_stat_replication r on r.pid = s.active_pid
                   where s.slot_name = $1 and r.state = 'streaming') as there`,
    [slot],
  );
  if (sender?.there !== true) return false;
  const [receiver] = await sql.query<{ timeline: number }>(
    primary.sql,
    options,
    "select received_tli as timeline from pg_stat_wal_receiver",
  );
  const { timeline } = await writableOf(sql, { run, server: standby }, signal);
  return receiver?.timeline === timeline;
}

/** What the new primary streamed from in its old days. Only a slot that bears a run's name is ours to drop. */
async function dropOldSlot(
  { sql }: PostgresPorts,
  { run, primary, standby }: RejoinOrder,
  signal?: AbortSignal,
): Promise<Rejoined["oldSlot"]> {
  const options = { applicationName: nameOf(run), signal };
  const [row] = await sql.query<{ name: string }>(
    standby.sql,
    options,
    "select current_setting('primary_slot_name') as name",
  );
  const name = row?.name ?? "";
  if (name === "") return undefined;
  if (!/^rb_[0-9a-f]{12}$/.test(name)) return { name, was: "left" };
  const was = await dropIdleSlot(
    sql,
    { run, server: primary, slot: name },
    signal,
  );
  return { name, was: was === "active" ? "left" : "dropped" };
}

/** One that would start as a primary is not started. @throws postgres.notRejoined, postgres.twoOpen, postgres.startFailed, postgres.*, ssh.* */
export async function restartStandby(
  ports: PostgresPorts,
  { run, primary, standby: server, timeoutS = rejoinS }: RestartOrder,
  signal?: AbortSignal,
): Promise<void> {
  const until = Date.now() + timeoutS * 1_000;
  const look = await lookAtServer(ports.programs, server, signal);
  if (!look.hasStandbySignal)
    throw switchoverError("notRejoined", {
      seen: `${server.id} has no standby.signal: it was promoted`,
      facts: { server: server.id },
    });
  await startServer(ports.programs, { run, server, timeoutS }, signal);
  for (;;) {
    const { isInRecovery } = await foundOf(ports, { run }, server, signal);
    if (isInRecovery === true) break;
    if (isInRecovery === false)
      throw switchoverError("twoOpen", {
        seen: `${server.id} takes writes, and ${primary.id} was opened before`,
      });
    if (Date.now() >= until)
      throw switchoverError("notRejoined", {
        seen: `${server.id} does not answer after ${timeoutS} s`,
        facts: { server: server.id },
      });
    await sleep(pollMs, undefined, { signal });
  }
  const slot = nameOf(run);
  await dropIdleSlot(ports.sql, { run, server, slot }, signal);
}
