import { randomUUID } from "node:crypto";
import { isRunbookError } from "../errors";
import type { PostgresPorts, PostgresServer } from "../postgres/port";
import { nameOf, runMark } from "../postgres/run-mark";
import { type ServerTraces, whatIsLeft } from "../postgres/slot/what-is-left";
import { sshError } from "../ssh/errors";
import {
  type HostTraces,
  lookServerScript,
  readHostTraces,
} from "./look-server-script";
import type { ServersOrder, Silence } from "./port";

export interface LookedAt {
  readonly server: PostgresServer;
  /** `target/pool/host` */
  readonly where: string;
  /** Absent: the host could not be asked. */
  readonly host?: HostTraces;
  /** Absent: no server answers there. */
  readonly traces?: ServerTraces;
  readonly silence?: Silence;
}

export interface Looking {
  readonly postgres: PostgresPorts;
  readonly order: Pick<ServersOrder, "target" | "run" | "hostMs">;
  readonly signal: AbortSignal;
}

/** A host without a data directory, where nothing answers, is no PostgreSQL server: it says nothing. @throws the signal's reason */
export async function lookAtServer(
  looking: Looking,
  server: PostgresServer,
): Promise<LookedAt> {
  const { pool, id } = server.ssh.host;
  const where = `${looking.order.target}/${pool}/${id}`;
  const [host, traces] = await Promise.all([
    orSilent(looking, where, () => askHost(looking, server)),
    orSilent(looking, where, () => askServer(looking, server)),
  ]);
  if ("seen" in host) return { server, where, silence: host };
  if (!("seen" in traces)) return { server, where, host, traces };
  return host.hasCluster
    ? { server, where, host, silence: traces }
    : { server, where, host };
}

function askServer(
  { postgres, order, signal }: Looking,
  server: PostgresServer,
): Promise<ServerTraces> {
  const name = nameOf(runMark(order.run));
  return whatIsLeft(postgres.sql, server, name, signal);
}

async function askHost(
  { postgres, order, signal }: Looking,
  server: PostgresServer,
): Promise<HostTraces> {
  const mark = randomUUID();
  const { dataDirectory, workFolder, id } = server;
  const { stdout, stderr } = await postgres.programs.script(server, {
    script: lookServerScript,
    args: [mark, dataDirectory, workFolder],
    ...{ timeoutMs: order.hostMs, signal },
  });
  const traces = readHostTraces(stdout, mark);
  if (traces !== undefined) return traces;
  // Hosts of other kinds have no such user.
  if (/does not exist|unknown user/i.test(stderr))
    return { hasCluster: false, follows: [], copies: [] };
  const said = stderr.trim().split("\n").at(-1) ?? "";
  throw sshError("connectionLost", {
    seen: `${id} ended before it had told what runs left there: ${said}`,
    facts: { host: id },
  });
}

/** @throws what says nothing about the host */
async function orSilent<T extends object>(
  { signal }: Looking,
  where: string,
  ask: () => Promise<T>,
): Promise<T | Silence> {
  try {
    return await ask();
  } catch (error) {
    if (signal.aborted) throw error;
    if (!isRunbookError(error)) throw error;
    const [first = ""] = error.seen.split("\n");
    return { where, seen: `${first} (${error.type})` };
  }
}
