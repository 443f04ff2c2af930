import type { HostContract } from "../host/port";

type Steps = HostContract["steps"];
export type ReadStep = Steps["version"];
export type JobStep = Steps["apply"];
type Env = Readonly<Record<string, string>>;

/**
 * POSIX sh of every recipe, held to what dash, bash and busybox ash share. Values come by the environment, so that none
 * is ever read as code; what a person chose is still checked before it becomes a word of a command or a part of a path.
 */
const common = `
set -u
umask 022
PATH=$PATH:/usr/sbin:/sbin
fail() { printf '%s\\n' "$*" >&2; exit 1; }
require_version() {
  case \${1-} in
    '' | [!A-Za-z0-9]* | *[!A-Za-z0-9._+~:-]*) fail "not a version: '\${1-}'" ;;
  esac
}
require_programs() {
  for program; do
    command -v "$program" >/dev/null 2>&1 || fail "this host has no $program"
  done
}
# The value behind a name in lines of "name value".
look_up() {
  printf '%s\\n' "$1" | while read -r name value; do
    [ "$name" = "$2" ] || continue
    printf '%s\\n' "$value"
    break
  done
}
write_whole() { printf '%s\\n' "$2" >"$1.$$" && mv -f "$1.$$" "$1"; }
`;

const scriptOf = (parts: readonly string[]): string =>
  [common, ...parts]
    .join("\n")
    .replace(/^[ ]*#.*\n/gm, "")
    .replace(/^[ ]+/gm, "")
    .trim();

/** A step that only looks: its script travels as an argument of sh. */
export function look(
  env: Env,
  parts: readonly string[],
  timeoutS?: number,
): ReadStep {
  return {
    run: ["sh", "-c", scriptOf(parts), "runbook"],
    env,
    ...(timeoutS === undefined ? {} : { timeoutS }),
  };
}

/** A step that runs once, as a job. */
export function job(
  env: Env,
  parts: readonly string[],
  timeoutS?: number,
): JobStep {
  return {
    script: scriptOf(parts),
    env,
    ...(timeoutS === undefined ? {} : { timeoutS }),
  };
}

/** A job whose script takes words, `"$@"`, that are filled in one by one. */
export function jobWithWords(
  env: Env,
  parts: readonly string[],
  words: readonly string[],
): JobStep {
  return { run: ["sh", "-c", scriptOf(parts), "runbook", ...words], env };
}

/** Lines for `look_up`. */
export const linesOf = (values: Env = {}): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join("\n");
