import type { PostgresPorts } from "../port";
import { isInRecovery, recoveryOf, writableOf } from "./ask";
import { letIn, shutOut } from "./client-limits";
import { switchoverError } from "./errors";
import { BouncerDesk } from "./pgbouncer";
import type { DrainOrder, ResumeOrder } from "./port";

/** @throws postgres.notDrained, postgres.clientsElsewhere */
export async function drainClients(
  ports: PostgresPorts,
  order: DrainOrder,
  signal?: AbortSignal,
): Promise<void> {
  const { bouncer, timeoutMs } = order;
  if (bouncer === undefined) return shutOut(ports, order, signal);
  await new BouncerDesk(ports, bouncer, order, signal).pause(timeoutMs);
}

/** Nobody is led anywhere that does not take writes. @throws postgres.notWritable, postgres.twoOpen, postgres.clientsElsewhere */
export async function resumeClients(
  ports: PostgresPorts,
  order: ResumeOrder,
  signal?: AbortSignal,
): Promise<void> {
  const { run, bouncer, to } = order;
  const server = order[to];
  const asked = { run, server };
  const { isInRecovery } = await recoveryOf(ports.sql, asked, signal);
  if (isInRecovery) throw notWritable(server.id, "is in recovery");
  const { isReadOnly } = await writableOf(ports.sql, asked, signal);
  if (isReadOnly)
    throw notWritable(server.id, "has default_transaction_read_only on");
  if (order.openedByHand === true) await assertAlone(ports, order, signal);
  if (bouncer === undefined) return letIn(ports, asked, signal);
  const desk = new BouncerDesk(ports, bouncer, order, signal);
  await desk.pointAt(server.sql);
  await desk.resume();
}

/** Silence of the other one says nothing against it: it is meant to be stopped. */
async function assertAlone(
  { sql }: PostgresPorts,
  { run, to, ...servers }: ResumeOrder,
  signal?: AbortSignal,
): Promise<void> {
  const server = servers[to === "primary" ? "standby" : "primary"];
  const isOpen = await isInRecovery(sql, { run, server }, signal).then(
    (recovers) => !recovers,
    () => false,
  );
  signal?.throwIfAborted();
  if (isOpen)
    throw switchoverError("twoOpen", {
      seen: `${server.id} takes writes, and so does ${servers[to].id}`,
    });
}

const notWritable = (server: string, seen: string) =>
  switchoverError("notWritable", {
    seen: `${server} ${seen}`,
    facts: { server },
  });
