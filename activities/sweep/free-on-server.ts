import { isRunbookError } from "../errors";
import { removeOwned } from "../postgres/guarded-removal";
import type { PostgresServer } from "../postgres/port";
import { runMark } from "../postgres/run-mark";
import { removeAmcheck } from "../postgres/slot/amcheck";
import { dropSlot } from "../postgres/slot/drop-slot";
import type { OwnedRow } from "../postgres/slot/owned-rows";
import { removeSentinels } from "../postgres/slot/sentinel";
import { unsetSynchronous } from "../postgres/standby/synchronous";
import type { CopyTrace } from "./look-server-script";
import type { Leftover } from "./port";
import type { ServersSweeping } from "./sweep-servers";

const stopMs = 90_000;

/** Of a scratch instance; one that a link leads to is somebody else's. */
const stopScript = `
[ "$(cd -P "$1" 2>/dev/null && pwd -P)" = "$1" ] && [ -e "$1/postmaster.pid" ] || exit 0
exec pg_ctl -D "$1" -m immediate -w -t 60 stop </dev/null
`;

/** The folder of the sockets of a run, once no scratch instance of it is left; a link is none of ours. */
const socketsScript = `
for path in "$1/scratch/$2"-*; do [ ! -e "$path" ] || exit 0; done
sock=$1/sock/$2
[ "$(cd -P "$sock" 2>/dev/null && pwd -P)" = "$sock" ] || exit 0
rm -f "$sock"/.s.PGSQL.*
rmdir "$sock" 2>/dev/null
exit 0
`;

/** What a leftover was told by: one of both. */
interface Trace {
  readonly row: OwnedRow | undefined;
  readonly copy: CopyTrace | undefined;
}

/** @returns the leftover with what became of it @throws the signal's reason, the Temporal client's own errors */
export async function freeOnServer(
  sweeping: ServersSweeping,
  server: PostgresServer,
  found: Leftover,
  trace: Trace,
): Promise<Leftover> {
  const { order, runs, signal } = sweeping;
  const { whose, todo } = found;
  if (order.mode === "look" || todo !== "free" || whose === undefined)
    return found;
  // A reset opens a chain that was over.
  if ((await runs.chain(whose)).standing === "open")
    return { ...found, todo: "wait", note: "its run goes on again" };
  try {
    if (trace.row !== undefined) await freeRow(sweeping, server, trace.row);
    if (trace.copy !== undefined) await freeCopy(sweeping, server, trace.copy);
    return { ...found, isFreed: true };
  } catch (error) {
    if (signal.aborted || !isRunbookError(error)) throw error;
    const [first = ""] = error.seen.split("\n");
    return { ...found, todo: "person", note: first };
  }
}

/** Each as the run's own undo would have done it. @throws slot.*, postgres.* */
async function freeRow(
  { postgres: { sql }, signal }: ServersSweeping,
  server: PostgresServer,
  { kind, workflowId, rootRunId }: OwnedRow,
): Promise<void> {
  const run = runMark({ workflowId, rootRunId });
  const place = { sql, run, primary: server, signal };
  switch (kind) {
    case "slot":
    case "cap":
      // Whoever has begun to stream since the look keeps it.
      await dropSlot({ ...place, graceMs: 0, sparesStreams: true });
      return;
    case "amcheck":
      await removeAmcheck(place);
      return;
    case "sentinel":
      await removeSentinels(place);
      return;
    case "synchronous":
      await unsetSynchronous(
        { sql },
        { run, primary: server, replica: server },
      );
      return;
    case "clients":
      // Only a person knows which server may write.
      return;
  }
}

/** @throws postgres.notOurs, ssh.* */
async function freeCopy(
  { postgres: { programs }, signal }: ServersSweeping,
  server: PostgresServer,
  { kind, name, workflowId, rootRunId, systemIdentifier }: CopyTrace,
): Promise<void> {
  const run = runMark({ workflowId, rootRunId });
  if (kind === "scratch") {
    const path = `${server.workFolder}/${kind}/${name}`;
    // It serves nobody but its run; whether it is gone is asked by the removal.
    await programs.script(server, {
      ...{ script: stopScript, args: [path], timeoutMs: stopMs, signal },
    });
  }
  const n = Number(name.slice(name.lastIndexOf("-") + 1));
  await removeOwned(programs, server, {
    run,
    kind,
    n,
    systemIdentifier,
    signal,
  });
  if (kind === "scratch")
    await programs.script(server, {
      ...{ script: socketsScript, args: [server.workFolder, run.short] },
      ...{ timeoutMs: stopMs, signal },
    });
}
