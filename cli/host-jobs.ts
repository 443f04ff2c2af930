/** The jobs of one host, as its job folder tells: what `runbook logs` asks of the host and how it reads the answer. */

export interface HostJob {
  /** Folder name, 32 hex digits. */
  readonly id: string;
  /** `<root run id>/<host>/<step>/<generation>`. */
  readonly key: string;
  readonly runId: string;
  readonly step: string;
  readonly generation: number;
  readonly state: "running or unknown" | "not begun" | "ended" | "stopped";
  /** Epoch seconds by the clock of the worker that began it. */
  readonly startedAt?: number;
  readonly endedAt?: number;
  readonly exitCode?: number;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
}

/**
 * POSIX sh, newest job first; a line for each: mark, id, claim's epoch or -, exit and its epoch or -, stop or -, bytes of both
 * streams, key. The key stands in the third line of a run file.
 */
const listScript = `
root=\${UPGRADE_RUNBOOKS_HOME:-$HOME/.upgrade-runbooks}/jobs
[ -d "$root" ] || exit 0
size() { if [ -f "$1" ]; then wc -c <"$1" | tr -d ' '; else echo 0; fi; }
ls -1t "$root" | while read -r id; do
  job=$root/$id
  case $id in *.swept) continue ;; esac
  set -- "$job"/run.*
  [ -f "$1" ] || continue
  key=$(sed -n '3s/^# key //p' "$1")
  started=- code=- ended=- stop=-
  [ -e "$job/claim" ] && read -r pid ticks started rest <"$job/claim"
  set -- "$job"/exit.*
  if [ -e "$1" ]; then set -- "\${1#"$job"/exit.}"; code=\${1%%.*} ended=\${1#*.}; fi
  set -- "$job"/stop.*
  if [ -e "$1" ]; then set -- "\${1#"$job"/stop.}"; stop=\${1%%.*}; fi
  printf '@job %s %s %s %s %s %s %s %s\\n' "$id" "$started" "$code" "$ended" "$stop" "$(size "$job/stdout")" "$(size "$job/stderr")" "$key"
done`;

export const listArgv: readonly string[] = ["sh", "-c", listScript];

/** What greetings of a login shell add is no line of ours; a job without a readable key is left out. */
export function jobsIn(stdout: string): HostJob[] {
  return stdout.split("\n").flatMap((line) => {
    const [, id = "", started, code, ended, stop, out, err, quoted = ""] =
      /^@job (\S+) (\S+) (\S+) (\S+) (\S+) (\d+) (\d+) (".*")$/.exec(line) ??
      [];
    if (quoted === "") return [];
    const key = JSON.parse(quoted) as string;
    const [runId = "", , step = "", generation = ""] = key.split("/");
    return [
      {
        id,
        key,
        runId,
        step,
        generation: Number(generation),
        state: stateOf({ started, code, stop }),
        ...(started !== "-" && { startedAt: Number(started) }),
        ...(code !== "-" && { exitCode: Number(code), endedAt: Number(ended) }),
        stdoutBytes: Number(out),
        stderrBytes: Number(err),
      },
    ];
  });
}

function stateOf(seen: {
  readonly started: string | undefined;
  readonly code: string | undefined;
  readonly stop: string | undefined;
}): HostJob["state"] {
  if (seen.stop !== "-") return "stopped";
  if (seen.code !== "-") return "ended";
  return seen.started === "-" ? "not begun" : "running or unknown";
}

export interface JobFilter {
  /** First execution of the run, or its beginning. */
  readonly run?: string | undefined;
  readonly step?: string | undefined;
}

export function matchingJobs(
  jobs: readonly HostJob[],
  { run, step }: JobFilter,
): HostJob[] {
  return jobs.filter(
    (job) =>
      (run === undefined || job.runId.startsWith(run)) &&
      (step === undefined || job.step === step),
  );
}

const readScript = `
root=\${UPGRADE_RUNBOOKS_HOME:-$HOME/.upgrade-runbooks}/jobs
[ -f "$root/$1/$2" ] || exit 0
tail -c +$(($3 + 1)) "$root/$1/$2" | head -c $4`;

/** Prints a stream of a job from an offset on. */
export const readArgv = (
  id: string,
  stream: "stdout" | "stderr",
  from: number,
  bytes: number,
): readonly string[] => [
  ...["sh", "-c", readScript, "runbook", id, stream],
  ...[String(from), String(bytes)],
];
