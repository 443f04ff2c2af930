import { createHash } from "node:crypto";
import { sshError } from "./errors";
import type { JobCommand, JobRequest } from "./port";
import {
  encodeForPrintf,
  quoteArgv,
  quoteWord,
  requireVariableName,
} from "./shell";

const maxScriptBytes = 64 * 1024;

/** The folder name of a job on its host: 32 hex digits. */
export function jobIdOf(key: string): string {
  return sha256(key).slice(0, 32);
}

/** Stands for what a key runs: the same key with another digest is refused. Names of secrets count, values do not. */
export function commandDigestOf(request: JobRequest): string {
  const { command, env = {}, envFiles = {}, secretEnv = {} } = request;
  const entries = Object.entries(env).sort(([a], [b]) => (a < b ? -1 : 1));
  const words = "argv" in command ? [...command.argv] : command.script;
  const secrets = Object.keys(secretEnv).sort();
  return sha256(JSON.stringify([words, entries, secrets, envFiles]));
}

/**
 * What the host's shell reads from stdin to start a job: the run file, one line for each secret, and a last line that
 * proves that nothing was cut off. @throws ssh.badCommand
 */
export function jobPayloadOf(request: JobRequest): string {
  const secrets = Object.entries(request.secretEnv ?? {}).map(
    ([name, value]) =>
      `${requireVariableName(name)}=${encodeForPrintf(value)}\n`,
  );
  return `${encodeForPrintf(runFileOf(request))}\n${secrets.join("")}.\n`;
}

/**
 * What of a job's run file is its own: what an operator reads to learn what ran, and what the host's sh executes once the
 * runner stands behind it.
 */
export function runFileOf(request: JobRequest): string {
  const { key, env = {}, envFiles = {}, secretEnv = {} } = request;
  const names = Object.keys(secretEnv).sort();
  return [
    "# A detached job of upgrade-runbooks.",
    `# digest ${commandDigestOf(request)}`,
    `# key ${JSON.stringify(key)}`,
    ...(names.length > 0 ? [`# secrets, by stdin: ${names.join(" ")}`] : []),
    "",
    "the_command() (",
    ...Object.entries({ ...env, RUNBOOK_KEY: key }).map(
      ([name, value]) =>
        `export ${requireVariableName(name)}=${quoteWord(value)}`,
    ),
    ...Object.entries(envFiles).map(([name, file]) => {
      const variable = requireVariableName(name);
      const path = `"\${0%/*}"/../../${quoteWord(file)}`;
      return `{ read -r ${variable} <${path}; } 2>/dev/null && export ${variable}`;
    }),
    `exec ${commandLineOf(request.command)}`,
    ")",
    "",
    "",
  ].join("\n");
}

/**
 * A script runs in a shell of its own: a syntax error in it is then an exit code of the job, and cannot keep the runner
 * from its record.
 */
function commandLineOf(command: JobCommand): string {
  if ("script" in command) {
    const bytes = Buffer.byteLength(command.script);
    if (bytes <= maxScriptBytes) return quoteArgv(["sh", "-c", command.script]);
    throw sshError("badCommand", {
      seen: `a script of ${bytes} bytes`,
      expected: `at most ${maxScriptBytes}`,
    });
  }
  const [program = ""] = command.argv;
  // `exec` of some shells takes a first word with a dash for an option of its own.
  if (program !== "" && !program.startsWith("-"))
    return quoteArgv(command.argv);
  throw sshError("badCommand", {
    seen: `${JSON.stringify(program)} as the program to run`,
    expected: "a name or a path",
  });
}

/**
 * The end of every run file, which travels as an argument: stdin is read byte by byte. Called with the nonce of the call,
 * the boot id, the epoch by the worker's clock and the digest of the command.
 *
 * Runs as a session of its own, so that no channel's end reaches it. All of it is one function called from the last line:
 * a run file that was cut short runs nothing.
 *
 * Order is everything here. Whatever can fail (output files, the record of who runs) comes before the claim, so a failure
 * leaves a folder that was provably never run. The claim is a hard link: it appears with its content or not at all, to
 * one runner only. It is synced before the command starts, since a power cut must not forget that a command began. A
 * canceller writes its mark and then looks for a claim, a runner claims and then looks for a mark: one sees the other.
 * The exit code is published by renaming a file that already exists, which needs no free disk block. TERM to the group is
 * survived for that one record.
 */
export const runner = `start_ticks() { ticks=\${20}; }
run() {
  trap : HUP INT TERM
  set -C
  dir=\${0%/*}
  mine=$dir/runner.$1
  exec 3>>"$dir/stdout" 4>>"$dir/stderr" || exit 75
  ticks=- since=-
  if read -r stat 2>/dev/null </proc/$$/stat; then
    start_ticks \${stat##*) }
    read -r since rest </proc/uptime
  else began=$(date +%s)
  fi
  printf '%s\\n' "$$ $ticks $3 \${since%.*} $1 $4" "$2" >"$mine" || exit 75
  ln "$mine" "$dir/claim" 2>/dev/null
  read -r pid ticks started since winner rest <"$dir/claim" || exit 75
  if [ "$winner" != "$1" ]; then rm -f "$mine" "$0"; exit 0; fi
  dd if=/dev/null of="$dir/claim" conv=notrunc,fsync 2>/dev/null
  for mark in "$dir"/stop.*; do [ -e "$mark" ] && exit 0; done
  the_command >&3 2>&4 3>&- 4>&-
  code=$?
  ended
  mv "$mine" "$dir/exit.$code.$end"
}
# By the clock that nobody sets, where there is one.
ended() {
  if [ "$since" = - ]; then
    end=$((started + $(date +%s) - began))
    return
  fi
  read -r end rest </proc/uptime
  end=$((started + \${end%.*} - since))
}
run "$@"
`;

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
