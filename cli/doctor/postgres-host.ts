import type { PostgresServer, Programs } from "../../activities/postgres/port";
import { askHost } from "../../activities/postgres/preflight/ask-host";
import type { HostFacts } from "../../activities/postgres/preflight/facts";
import { type Check, check, fail, pass } from "./check";
import { foldersOf, passfileOf, programsOf } from "./postgres-facts";

const lookMs = 30_000;

export interface HostLook {
  readonly checks: readonly Check[];
  /** Programs can be run there as the osUser. */
  readonly isReached: boolean;
  readonly facts?: HostFacts | undefined;
}

/** A server's host: login, its user, programs and folders. What rests on a check that failed is not asked. */
export async function lookAtHost(
  programs: Programs,
  server: PostgresServer,
  isPrimary: boolean,
): Promise<HostLook> {
  const reached = await reach(programs, server);
  if (reached.some(({ verdict }) => verdict !== "pass"))
    return { checks: reached, isReached: false };
  let facts: HostFacts | undefined;
  const { signal } = new AbortController();
  const files = server.replication.passfile ?? [];
  const asked = await check(`programs on ${server.id}`, async () => {
    const question = { locales: [], libraries: [], files: [files].flat() };
    facts = await askHost(programs, server, question, signal);
    return programsOf(
      server,
      facts,
      isPrimary,
      await pgbackrest(programs, server),
    );
  });
  return {
    checks: [
      ...reached,
      asked,
      ...(facts === undefined || isPrimary
        ? []
        : [foldersOf(server, facts), ...passfileOf(server, facts)]),
    ],
    ...{ isReached: true, facts },
  };
}

/** By two checks: the login is SSH's, what follows is sudo's. */
async function reach(
  programs: Programs,
  server: PostgresServer,
): Promise<readonly Check[]> {
  const { id, osUser, ssh } = server;
  let ended: Awaited<ReturnType<Programs["run"]>> | undefined;
  const login = await check(`SSH to ${id}`, async () => {
    ended = await programs.run(server, { argv: ["true"], timeoutMs: lookMs });
    return pass(`${ssh.access.user ?? "the worker's user"} logs in`);
  });
  if (ended === undefined) return [login];
  const { exitCode, stderr } = ended;
  const said = stderr.trim().split("\n").at(-1) ?? "";
  const user = await check(`user ${osUser} on ${id}`, () =>
    exitCode === 0
      ? pass("programs run as this user")
      : fail(
          said === "" ? `exit code ${exitCode}` : said,
          `Let the login run commands as ${osUser} without a password (sudoers: NOPASSWD), or correct osUser.`,
        ),
  );
  return [login, user];
}

/** Its version; undefined where it is not installed. @throws ssh.* */
async function pgbackrest(
  programs: Programs,
  server: PostgresServer,
): Promise<string | undefined> {
  const { exitCode, stdout } = await programs.script(server, {
    script: "pgbackrest version 2>/dev/null || :",
    timeoutMs: lookMs,
  });
  const version = /^pgBackRest (\S+)/.exec(stdout)?.[1];
  return exitCode === 0 ? version : undefined;
}
