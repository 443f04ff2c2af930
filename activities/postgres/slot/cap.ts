import { pause } from "../../ssh/abort";
import type { PostgresServer, Sql, SqlSession } from "../port";
import { nameOf } from "../run-mark";
import { type CapNote, capToSet, capUndo, mbInWords } from "./cap-plan";
import { slotError } from "./errors";
import type { OwnedRow, OwnedRows } from "./owned-rows";
import type { CapEnd, SlotCap } from "./port";

const setting = "max_slot_wal_keep_size";
/** A reload reaches a session between two statements. */
const reloads = 50;
const reloadMs = 100;

/** Sets the cap where none is, or a larger one; what a call before this one began is finished. @throws slot.capNotSet, postgres.* */
export async function setCap(
  rows: OwnedRows,
  need: { readonly slot: string; readonly capBytes: number },
): Promise<SlotCap> {
  const { session } = rows;
  const now = await readCap(session);
  const [begun] = (await rows.mine("cap")).map(noteOf);
  if (begun !== undefined) {
    // Neither: somebody has set it since, and knows why.
    if (now.mb === begun.wasMb) await setTo(session, begun.setMb);
    return { was: mbInWords(begun.wasMb), setTo: mbInWords(begun.setMb) };
  }
  const setMb = capToSet({
    ...{ nowMb: now.mb, wantedBytes: need.capBytes },
    heldByOthersBytes: await heldByOthers(session, need.slot),
  });
  const was = mbInWords(now.mb);
  if (setMb === undefined) return { was };
  const note: CapNote = { wasMb: now.mb, wasAltered: now.altered, setMb };
  await rows.add("cap", setting, { ...note });
  await setTo(session, setMb);
  return { was, setTo: mbInWords(setMb) };
}

/** Puts back what was there before the run, while it is still the run's. @throws postgres.* */
export async function undoCap(rows: OwnedRows): Promise<CapEnd> {
  const { session, run } = rows;
  const [own] = await rows.mine("cap");
  if (own === undefined) return "untouched";
  const note = noteOf(own);
  const others = (await rows.of("cap")).filter(
    ({ rootRunId }) => rootRunId !== run.rootRunId,
  );
  const { mb } = await readCap(session);
  const what = capUndo(note, mb, others.map(noteOf));
  if (what === "restore") await putBack(session, note);
  if (what === "hand on")
    for (const row of others)
      if (noteOf(row).wasMb === note.setMb)
        await rows.note(row, {
          ...{ wasMb: note.wasMb, wasAltered: note.wasAltered },
        });
  await rows.remove("cap", setting);
  return what === "restore" ? "restored" : "kept";
}

/** The other server's files were copied while the cap stood in them, or it was the primary then. @throws postgres.* */
export async function undoCopiedCap(
  rows: OwnedRows,
  { sql: place }: PostgresServer,
  sql: Sql,
): Promise<void> {
  const [own] = await rows.mine("cap");
  if (own === undefined) return;
  const note = noteOf(own);
  const options = { applicationName: nameOf(rows.run) };
  await sql.withSession(place, options, async (session) => {
    const { altered } = await readCap(session);
    if (altered === String(note.setMb)) await putBack(session, note);
  });
}

const noteOf = ({ facts }: OwnedRow): CapNote => facts as unknown as CapNote;

interface Cap {
  readonly mb: number;
  /** Of postgresql.auto.conf; null when nothing is there. */
  readonly altered: string | null;
}

export async function readCap(session: SqlSession): Promise<Cap> {
  const [row] = await session.query<{ mb: number; altered: string | null }>(
    `select setting::int as mb, case when sourcefile like '%/postgresql.auto.conf' then setting end as altered
     from pg_settings where name = $1`,
    [setting],
  );
  return { mb: row?.mb ?? -1, altered: row?.altered ?? null };
}

/** Most WAL that one other slot holds, in bytes. */
async function heldByOthers(
  session: SqlSession,
  slot: string,
): Promise<number> {
  const [row] = await session.query<{ held: string }>(
    `select coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)), 0)::text as held
     from pg_replication_slots where slot_name <> $1`,
    [slot],
  );
  return Number(row?.held ?? 0);
}

async function setTo(session: SqlSession, mb: number): Promise<void> {
  await alter(session, `set ${setting} = ${mb}`);
  for (let asked = 0; asked < reloads; asked++) {
    if ((await readCap(session)).mb === mb) return;
    await pause(reloadMs);
  }
  throw slotError("capNotSet", {
    seen: `${setting} is ${mbInWords((await readCap(session)).mb)} after ALTER SYSTEM`,
    expected: mbInWords(mb),
  });
}

/** Without ALTER SYSTEM the configuration file speaks again, whatever it says by now. */
const putBack = (session: SqlSession, { wasAltered }: CapNote): Promise<void> =>
  alter(
    session,
    wasAltered === null
      ? `reset ${setting}`
      : `set ${setting} = ${Number(wasAltered)}`,
  );

/** ALTER SYSTEM takes no values apart from its text: only numbers get into it. */
async function alter(session: SqlSession, change: string): Promise<void> {
  await session.query(`alter system ${change}`);
  await session.query("select pg_reload_conf()");
}
