import type { JobResult, Ssh } from "../ssh/port";
import { postgresError } from "./errors";
import type { Ended, ProgramHost, Programs } from "./port";

/** Of one call; what is longer is cut at its begin. */
const mostOutputBytes = 1024 * 1024;
const notFound = 127;

/**
 * Runs the words as the server's osUser: as they are for that user itself, by runuser for root, by sudo for anybody else.
 * runuser and sudo leave the process group alone, so that a job is stopped whole.
 */
const asUser = `
user=$1; shift
if [ "$(id -un)" = "$user" ]; then exec "$@"; fi
if [ "$(id -u)" = 0 ]; then exec runuser -u "$user" -- "$@"; fi
exec sudo -n -u "$user" -- "$@"
`;

/**
 * Finds the folder of PostgreSQL's programs, puts it first in the PATH and runs the words. Distributions keep majors side
 * by side: the one of the data directory is wanted, or the one that is named, else the newest.
 */
const withPrograms = `
cd / || exit 1
umask 077
unset LC_ALL LANGUAGE; LC_MESSAGES=C; export LC_MESSAGES
RB_BIN=$1 data=$2 major=$3; shift 3
if [ -z "$major" ] && [ -r "$data/PG_VERSION" ]; then read -r major <"$data/PG_VERSION"; fi
if [ -z "$RB_BIN" ]; then
  newest=0
  for dir in "$(pg_config --bindir 2>/dev/null)" /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/local/pgsql/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin; do
    [ -x "$dir/postgres" ] || continue
    has=$("$dir/postgres" --version 2>/dev/null)
    has=\${has##* (PostgreSQL) } ; has=\${has##*PostgreSQL) }; has=\${has%% *}; has=\${has%%.*}
    case $has in ''|*[!0-9]*) continue ;; esac
    if [ "$has" = "$major" ]; then RB_BIN=$dir; break; fi
    if [ -z "$major" ] && [ "$has" -gt "$newest" ]; then RB_BIN=$dir newest=$has; fi
  done
fi
if [ -n "$RB_BIN" ]; then PATH=$RB_BIN:$PATH; export PATH; fi
export RB_BIN
exec "$@"
`;

/** PostgreSQL's programs on a server's host, over SSH. */
export function createPrograms(ssh: Ssh): Programs {
  const run: Programs["run"] = async (server, call) => {
    const { env, stdin, timeoutMs, signal } = call;
    const { exitCode, stdout, stderr } = await ssh.exec(
      server.ssh,
      {
        argv: wordsFor(server, call.argv, env),
        ...(stdin === undefined ? {} : { stdin }),
        ...{ timeoutMs, maxOutputBytes: mostOutputBytes },
      },
      signal === undefined ? {} : { signal },
    );
    return found(server, call.argv, { exitCode, stdout, stderr });
  };
  return {
    run,
    script: (server, { script, args = [], ...call }) =>
      run(server, { ...call, argv: ["sh", "-c", script, "rb", ...args] }),
    job: async (server, job) => {
      const { key, script, args = [], env, timeoutMs } = job;
      const { signal, onOutput } = job;
      const argv = ["sh", "-c", script, "rb", ...args];
      const ended: JobResult = await ssh.runJob(
        server.ssh,
        { key, command: { argv: wordsFor(server, argv, env) }, timeoutMs },
        {
          ...(signal === undefined ? {} : { signal }),
          ...(onOutput === undefined ? {} : { onOutput }),
        },
      );
      return found(server, argv, ended);
    },
    stopJob: async (server, key) => {
      await ssh.cancelJob(server.ssh, key);
    },
    isJobRunning: (server, key) => ssh.isJobRunning(server.ssh, key),
  };
}

/** Variables are words of env(1): sudo would drop them otherwise. None of them is a secret. */
function wordsFor(
  { osUser, binDirectory = "", dataDirectory = "", major }: ProgramHost,
  argv: readonly string[],
  env: Readonly<Record<string, string>> = {},
): string[] {
  const variables = Object.entries(env).map(
    ([name, value]) => `${name}=${value}`,
  );
  const wanted = [binDirectory, dataDirectory, String(major ?? "")];
  return [
    ...["sh", "-c", asUser, "sh", osUser],
    ...["sh", "-c", withPrograms, "sh", ...wanted],
    ...(variables.length === 0 ? [] : ["env", ...variables]),
    ...argv,
  ];
}

function found<T extends Ended>(
  { id, major }: ProgramHost,
  [name = ""]: readonly string[],
  ended: T,
): T {
  if (ended.exitCode !== notFound) return ended;
  const [said = ""] = ended.stderr.trim().split("\n").slice(-1);
  throw postgresError("noProgram", {
    seen: `${id} has no ${name === "sh" ? "such program" : name}${major === undefined ? "" : ` of PostgreSQL ${major}`}: ${said}`,
  });
}
