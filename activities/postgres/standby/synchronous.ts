import { setTimeout as sleep } from "node:timers/promises";
import type { PostgresPorts, SqlSession } from "../port";
import { nameOf } from "../run-mark";
import { removeTablesIfEmpty, withOwnedRows } from "../slot/owned-rows";
import { standbyError } from "./errors";
import type { LagOrder, SynchronousOrder } from "./port";
import { watchLag } from "./watch-lag";

const setting = "synchronous_standby_names";
const catchUpMs = 5_000;
const pollMs = 100;
const reloadMs = 10_000;

type Pair = Pick<LagOrder, "run" | "primary" | "replica">;

/**
 * Before it has caught up every commit would wait for it, for as long as it takes. What the setting was is written down
 * before it is changed. Where synchronous replication is in use already, it stays as it is.
 *
 * @throws postgres.notCaughtUp, postgres.synchronousElsewhere
 */
export async function setSynchronous(
  { sql }: Pick<PostgresPorts, "sql">,
  order: SynchronousOrder,
  signal?: AbortSignal,
): Promise<void> {
  const { run, primary } = order;
  const name = nameOf(run);
  await withOwnedRows({ sql, run, primary, signal }, async (rows) => {
    const { session } = rows;
    const { now, altered } = await settingOf(session);
    if (now === name) return;
    if (now !== "")
      throw standbyError("synchronousElsewhere", {
        seen: `${setting} of ${primary.id} is ${now}`,
        expected: "no synchronous standby yet",
        facts: { name },
      });
    const gate = { ...order.gate, samples: 1 };
    const watch = { ...order, gate, withinMs: catchUpMs };
    const { verdict, reason } = await watchLag(sql, watch, signal);
    if (verdict !== "caught up")
      throw standbyError("notCaughtUp", { seen: reason });
    await rows.add("synchronous", setting, { altered });
    await setTo(session, name);
  });
}

/** Only while it is still what this run has set. */
export async function unsetSynchronous(
  { sql }: Pick<PostgresPorts, "sql">,
  { run, primary }: Pair,
  signal?: AbortSignal,
): Promise<"restored" | "left alone"> {
  return withOwnedRows({ sql, run, primary, signal }, async (rows) => {
    const { session } = rows;
    const [own] = await rows.mine("synchronous");
    const { now } = await settingOf(session);
    const isOurs = own !== undefined && now === nameOf(run);
    if (isOurs) {
      const { altered } = own.facts;
      await setTo(session, typeof altered === "string" ? altered : undefined);
    }
    await rows.remove("synchronous", setting);
    await removeTablesIfEmpty(session);
    return isOurs ? "restored" : "left alone";
  });
}

async function settingOf(session: SqlSession) {
  const [row] = await session.query<{ now: string; altered: string | null }>(
    `select setting as now, case when sourcefile like '%/postgresql.auto.conf' then setting end as altered
     from pg_settings where name = $1`,
    [setting],
  );
  return { now: row?.now ?? "", altered: row?.altered ?? null };
}

/** A reload reaches a session between two statements. */
async function setTo(
  session: SqlSession,
  value: string | undefined,
): Promise<void> {
  await session.query(
    value === undefined
      ? `alter system reset ${setting}`
      : `alter system set ${setting} = '${value.replaceAll("'", "''")}'`,
  );
  await session.query("select pg_reload_conf()");
  const until = Date.now() + reloadMs;
  while ((await settingOf(session)).now !== (value ?? "")) {
    if (value === undefined || Date.now() > until) return;
    await sleep(pollMs);
  }
}
