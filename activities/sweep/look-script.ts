import type { ExecResult } from "../ssh/port";

/**
 * Reads what runs have left on a host, and changes nothing: the files of host-script.ts and of job-script.ts. POSIX sh, by
 * builtins but for `stat`, so that thousands of job folders take a moment. Lines begin with a mark, for login shells greet.
 *
 *   owner <epoch> <run> <workflow>
 *   run <name> <epoch> <run> <workflow>              from previous/<name>
 *   drained <name> <epoch> <step> <run> <workflow>
 *   job <id> <began> <code> <ended> <stop> <key>     each - where there is none
 */
const script = `
mark=$1
root=\${UPGRADE_RUNBOOKS_HOME:-$HOME/.upgrade-runbooks}
say() { printf '\\n@%s %s\\n' "$mark" "$*" || exit 1; }
read_three() {
  first= second= third=
  { { read -r first; read -r second; read -r third; } <"$1"; } 2>/dev/null
}
modified() { stat -c %Y "$1" 2>/dev/null || stat -f %m "$1" 2>/dev/null || echo 0; }
say begin
read_three "$root/owner"
[ -z "$first" ] || say owner "$(modified "$root/owner")" "$first"
for file in "$root"/previous/*; do
  [ -e "$file" ] || continue
  read_three "$file"
  say run "\${file##*/}" "\${second:-0}" "$third"
done
for file in "$root"/drained/*; do
  [ -e "$file" ] || continue
  read_three "$file"
  say drained "\${file##*/}" "\${second:-0}" "\${first:--}" "$third"
done
for job in "$root"/jobs/*; do
  case $job in *.swept) continue ;; esac
  set -- "$job"/run.*
  [ -e "$1" ] || continue
  read_three "$1"
  case $third in '# key '*) key=\${third#??????} ;; *) continue ;; esac
  began=- code=- ended=- stop=-
  { read -r pid ticks began rest <"$job/claim"; } 2>/dev/null
  set -- "$job"/exit.*
  if [ -e "$1" ]; then set -- "\${1#"$job"/exit.}"; code=\${1%%.*} ended=\${1#*.}; fi
  set -- "$job"/stop.*
  if [ -e "$1" ]; then stop=\${1##*.}; fi
  say job "\${job##*/}" "\${began:--}" "$code" "$ended" "$stop" "$key"
done
say end`;

export const tracesArgv = (mark: string): readonly string[] => [
  ...["sh", "-c", script, "runbook", mark],
];

/** A run by what stands on a host. Times in milliseconds since the epoch, by the clocks of workers. */
export interface TraceOfRun {
  readonly rootRunId: string;
  readonly since: number;
  /** Absent in what was written before the host was told. */
  readonly workflowId?: string;
}

export interface JobTrace {
  readonly id: string;
  readonly key: string;
  readonly rootRunId: string;
  /** Without what stands before it in the jobs of an undo, or of putting back. */
  readonly step: string;
  readonly generation: number;
  /** Absent: it has not begun. */
  readonly beganAt?: number;
  /** Absent: it has left no exit code. */
  readonly endedAt?: number;
  readonly exitCode?: number;
  /** Somebody asked to stop it. */
  readonly stoppedAt?: number;
}

export interface Traces {
  /** By the host's clock. */
  readonly owner?: TraceOfRun;
  readonly runs: readonly TraceOfRun[];
  readonly drained: readonly TraceOfRun[];
  readonly jobs: readonly JobTrace[];
}

/** @returns nothing when the host did not say all of it */
export function readTraces(
  { stdout }: Pick<ExecResult, "stdout">,
  mark: string,
): Traces | undefined {
  const begin = `@${mark} `;
  const lines = stdout
    .split("\n")
    .filter((line) => line.startsWith(begin))
    .map((line) => line.slice(begin.length));
  if (lines[0] !== "begin" || lines.at(-1) !== "end") return undefined;
  const [owner] = linesOf(lines, "owner", 1).map(([at, who]) =>
    runOf(undefined, at, who),
  );
  return {
    ...(owner === undefined ? {} : { owner }),
    runs: linesOf(lines, "run", 2).map(([name, at, who]) =>
      runOf(name, at, who),
    ),
    drained: linesOf(lines, "drained", 3).map(([name, at, , who]) =>
      runOf(name, at, who),
    ),
    jobs: linesOf(lines, "job", 5).flatMap(jobOf),
  };
}

/** Of each such line so many words, and the rest. */
function linesOf(
  lines: readonly string[],
  name: string,
  count: number,
): string[][] {
  const shape = new RegExp(`^${name}${" (\\S+)".repeat(count)} ?(.*)$`);
  return lines.flatMap((line) => {
    const [, ...words] = shape.exec(line) ?? [];
    return words.length === 0 ? [] : [words];
  });
}

function runOf(name = "", at = "", who = ""): TraceOfRun {
  const blank = who.indexOf(" ");
  const workflowId = blank < 0 ? "" : who.slice(blank + 1);
  return {
    rootRunId: blank < 0 ? decodeURIComponent(name) : who.slice(0, blank),
    since: Number(at) * 1_000,
    ...(workflowId === "" ? {} : { workflowId }),
  };
}

const prefixes = /^(undo\.|put back\.\d+\.)/;

function jobOf([id = "", ...words]: string[]): JobTrace[] {
  const [began, code, ended, stop, quoted = ""] = words;
  const key = textIn(quoted);
  const [rootRunId = "", , step = "", generation = ""] = key.split("/");
  if (step === "") return [];
  const time = (word = "-"): number | undefined =>
    word === "-" ? undefined : Number(word) * 1_000;
  const [beganAt, endedAt, stoppedAt] = [time(began), time(ended), time(stop)];
  return [
    {
      ...{ id, key, rootRunId, step: step.replace(prefixes, "") },
      generation: Number(generation),
      ...(beganAt === undefined ? {} : { beganAt }),
      ...(endedAt === undefined ? {} : { endedAt, exitCode: Number(code) }),
      ...(stoppedAt === undefined ? {} : { stoppedAt }),
    },
  ];
}

function textIn(quoted: string): string {
  try {
    const text: unknown = JSON.parse(quoted);
    return typeof text === "string" ? text : "";
  } catch {
    return "";
  }
}
