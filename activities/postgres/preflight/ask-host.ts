import { randomUUID } from "node:crypto";
import { postgresError } from "../errors";
import type { PostgresPorts, PostgresServer, ReplicationLogin } from "../port";
import type { HostFacts, LoginFact, PreflightFacts } from "./facts";
import { clockScript, hostScript } from "./host-script";
import { standbySettings } from "./needed-files";
import { clockIn, readHost } from "./read-host";

const hostMs = 60_000;

/** What is looked for on a host. */
export interface HostQuestion {
  readonly locales: readonly string[];
  readonly libraries: readonly string[];
  readonly files: readonly string[];
}

type Programs = Pick<PostgresPorts, "programs">["programs"];

/** @throws ssh.*, postgres.unexpected when it did not say all of it */
export async function askHost(
  programs: Programs,
  server: PostgresServer,
  { locales, libraries, files }: HostQuestion,
  signal: AbortSignal,
): Promise<HostFacts> {
  const beganAt = Date.now();
  const time = await programs.script(server, {
    ...{ script: clockScript, timeoutMs: hostMs, signal },
  });
  const clock = clockIn(time.stdout, beganAt, Date.now());
  const mark = randomUUID();
  const { dataDirectory, workFolder, sql } = server;
  const { stdout, stderr } = await programs.script(server, {
    ...{ script: hostScript, timeoutMs: hostMs, signal },
    args: [
      ...[mark, dataDirectory, workFolder, sql.address, String(sql.port)],
      ...[locales, libraries, files].map((words) => words.join("\n")),
    ],
  });
  const facts = clock && readHost(stdout, mark, clock);
  if (facts !== undefined) return facts;
  throw postgresError("unexpected", {
    seen: `${server.id} did not say all that it was asked: ${stderr.trim().split("\n").at(-1) ?? ""}`,
  });
}

/** `postgres -C` tells what the files say, whatever the running server was started with. */
const settingsScript = `
data=$1; shift
for name in "$@"; do
  value=$("$RB_BIN/postgres" -D "$data" -C "$name" 2>&1) || { printf '%s\\n' "$value" >&2; exit 1; }
  printf '%s=%s\\n' "$name" "$value"
done
`;

/** Settings of a server that starts from a copy of the data directory. @throws ssh.*, postgres.unexpected */
export async function askStartSettings(
  programs: Programs,
  server: PostgresServer,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const ended = await programs.script(server, {
    ...{ script: settingsScript, timeoutMs: hostMs, signal },
    args: [
      server.dataDirectory,
      ...standbySettings,
      "shared_preload_libraries",
    ],
  });
  if (ended.exitCode !== 0)
    throw postgresError("unexpected", {
      seen: `postgres -D ${server.dataDirectory} -C: ${ended.stderr.trim()}`,
    });
  const lines = ended.stdout.trim().split("\n");
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
}

/** A real login from the replica's host, as copy and standby will make it. @throws ssh.* */
export async function askLogin(
  programs: Programs,
  { primary, replica, ours }: LoginQuestion,
  signal: AbortSignal,
): Promise<LoginFact> {
  const ended = await programs.run(replica, {
    argv: [
      "psql",
      ...["-X", "-w", "-A", "-t", "-F", "|", "-d"],
      loginConninfo(primary, replica.replication, ours),
      ...["-c", "IDENTIFY_SYSTEM"],
    ],
    ...{ timeoutMs: hostMs, signal },
  });
  const [systemIdentifier = ""] = ended.stdout.trim().split("|");
  if (ended.exitCode === 0 && systemIdentifier !== "")
    return { systemIdentifier };
  const said = ended.stderr.trim().split("\n").join(" ");
  return { refused: said === "" ? `exit code ${ended.exitCode}` : said };
}

export interface LoginQuestion {
  readonly primary: PostgresServer;
  readonly replica: PostgresServer;
  readonly ours: PreflightFacts["ours"];
}

export function loginConninfo(
  { sql: { address, port } }: Pick<PostgresServer, "sql">,
  { user, passfile, sslmode }: ReplicationLogin,
  applicationName: string,
): string {
  const words = {
    ...{ host: address, port: String(port), user, sslmode, replication: "1" },
    ...(passfile === undefined ? {} : { passfile }),
    ...{ application_name: applicationName, connect_timeout: "10" },
  };
  return Object.entries(words)
    .map(([name, value]) => `${name}='${value.replace(/[\\']/g, "\\$&")}'`)
    .join(" ");
}
