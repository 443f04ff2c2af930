import { pause } from "../../ssh/abort";
import type { SqlSession } from "../port";
import { nameOf } from "../run-mark";
import { undoCap } from "./cap";
import { slotError } from "./errors";
import {
  type OwnedPlace,
  type OwnedRows,
  removeTablesIfEmpty,
  withOwnedRows,
} from "./owned-rows";
import type { CapEnd, DroppedSlot } from "./port";
import { readSlot } from "./slot-row";

/** What streams from the slot has so long to end by itself. */
const defaultGraceMs = 20_000;
/** And so long to be gone after it was ended. */
const endMs = 20_000;
const everyMs = 200;

export interface SlotDropping extends OwnedPlace {
  readonly graceMs?: number;
  /** Whatever streams goes on, the run's own too: then the slot stays. */
  readonly sparesStreams?: true;
}

/** Who holds a slot. */
interface Sender {
  readonly pid: number;
  readonly application: string;
  readonly address: string;
}

/** @throws slot.inUse, slot.notOurs, postgres.* */
export async function dropSlot(place: SlotDropping): Promise<DroppedSlot> {
  const { signal, graceMs = defaultGraceMs } = place;
  const slot = nameOf(place.run);
  const begun = Date.now();
  let endedAt: number | undefined;
  for (; ; await pause(everyMs, signal)) {
    // Nobody else waits for a turn while we wait for a sender.
    const tried = await withOwnedRows(place, async (rows) => {
      const end = await dropOnce(rows, slot);
      return typeof end === "string"
        ? { slot: end, cap: await forget(rows, slot) }
        : end;
    });
    if ("slot" in tried) return tried;
    const now = Date.now();
    if (now - begun < graceMs) continue;
    // Its host is gone, or was cut off: without wal_sender_timeout it would stay for ever.
    const isSpared = tried.application !== slot || place.sparesStreams;
    endedAt ??= now;
    if (isSpared || now - endedAt > endMs) throw inUse(slot, tried);
    await endSender(place, tried);
  }
}

async function forget(rows: OwnedRows, slot: string): Promise<CapEnd> {
  await rows.remove("slot", slot);
  const cap = await undoCap(rows);
  await removeTablesIfEmpty(rows.session);
  return cap;
}

/** @returns who streams from it, when somebody does */
async function dropOnce(
  rows: OwnedRows,
  slot: string,
): Promise<"dropped" | "gone" | Sender> {
  const { session, run } = rows;
  const row = await readSlot(session, slot);
  if (row === undefined) return "gone";
  const theirs = (await rows.of("slot")).find(
    ({ name, rootRunId }) => name === slot && rootRunId !== run.rootRunId,
  );
  if (theirs !== undefined)
    throw slotError("notOurs", {
      seen: `slot ${slot} belongs to ${theirs.workflowId}`,
      facts: { slot },
    });
  if (row.activePid !== undefined) return senderOf(session, row.activePid);
  try {
    await session.query("select pg_drop_replication_slot($1)", [slot]);
    return "dropped";
  } catch (error) {
    // Somebody came first: what is there now decides.
    const now = await readSlot(session, slot);
    if (now === undefined) return "gone";
    if (now.activePid !== undefined) return senderOf(session, now.activePid);
    throw error;
  }
}

async function senderOf(session: SqlSession, pid: number): Promise<Sender> {
  const [row] = await session.query<{ application: string; address: string }>(
    "select application_name as application, coalesce(host(client_addr), 'a local socket') as address from pg_stat_activity where pid = $1",
    [pid],
  );
  return {
    pid,
    application: row?.application ?? "",
    address: row?.address ?? "nobody",
  };
}

/**
 * Called again until it is gone: a walsender that ends sends word of it, and waits for ever for a receiver that takes nothing,
 * once the buffers in between are full. Only the next call ends that wait (PostgreSQL 13 to 18).
 */
async function endSender(
  { sql, primary, run, signal }: SlotDropping,
  { pid, application }: Sender,
): Promise<void> {
  // A PID may be somebody else's by now.
  await sql.query(
    primary.sql,
    { applicationName: nameOf(run), signal },
    "select pg_terminate_backend(pid) from pg_stat_activity where pid = $1 and application_name = $2 and backend_type = 'walsender'",
    [pid, application],
  );
}

const inUse = (slot: string, { pid, application, address }: Sender): Error =>
  slotError("inUse", {
    seen: `slot ${slot} is active for PID ${pid}: ${JSON.stringify(application)} from ${address}`,
    facts: { slot },
  });
