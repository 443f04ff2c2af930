import { runner } from "./job-run-file";
import type { FramePart, JobFrame } from "./port";
import { programLine, quoteArgv } from "./shell";

/** What the host's side of the job protocol can be asked. */
export type JobOperation =
  /** Starts the job unless it is claimed, waits for its end, tells how it ended; its frame runs around it. */
  | { readonly op: "run"; readonly frame?: JobFrame | undefined }
  /** Stops the whole process group, or marks a job that has not begun so that it never will. */
  | {
      readonly op: "cancel";
      readonly reason: StopReason;
      readonly graceMs: number;
    }
  /** Tells whether it lives. */
  | { readonly op: "alive" }
  /** Prints stdout from an offset on, as far as it has come. */
  | { readonly op: "out"; readonly offset: number; readonly maxBytes: number };

export type StopReason = "cancelled" | "timedout";

export interface OperationContext {
  /** Folder name of the job. */
  readonly id: string;
  /** Marks the answers of this call among whatever else a login shell prints, and names its temporary files. */
  readonly nonce: string;
  readonly digest?: string;
  readonly bootIdProbe?: readonly string[] | undefined;
  readonly become: boolean;
}

/** Bytes that are handed back of each stream's end. */
const keptOutputBytes = 64 * 1024;

/** The line for the host's login shell. Nothing is installed there: the script travels with each call. */
export function operationCommand(
  operation: JobOperation,
  context: OperationContext,
): string {
  const probe = quoteArgv(context.bootIdProbe ?? []);
  const now = String(Math.floor(Date.now() / 1_000));
  const argv = ["sh", "-c", script, "runbook", operation.op, context.nonce];
  argv.push(context.id, context.digest ?? "-", probe, now);
  argv.push(...operands(operation));
  return programLine(context.become ? ["sudo", "-n", "-H", ...argv] : argv);
}

function operands(operation: JobOperation): string[] {
  switch (operation.op) {
    case "run":
      return [runner, ...frameOperands(operation.frame)];
    case "cancel":
      return [operation.reason, String(Math.ceil(operation.graceMs / 100))];
    case "alive":
      return [];
    case "out":
      return [String(operation.offset), String(operation.maxBytes)];
  }
}

function frameOperands({ script, before, after }: Partial<JobFrame> = {}) {
  const words = (part?: FramePart): string => quoteArgv(part?.args ?? []);
  return [script ?? "", words(before), words(after)];
}

/**
 * POSIX sh, held to what dash, bash and busybox ash share, with few forks: it runs several times a host on hundreds of
 * hosts. A job folder tells its state by which files exist:
 *
 *   run.N        what the call with nonce N brought: the command, and the runner (job-run-file.ts)
 *   claim        a runner has begun: pid (= process group), start ticks, epoch, uptime, nonce, digest; boot id in line 2
 *   exit.C.T     the command ended with code C at epoch T
 *   stop.R.T     a caller asked at epoch T to stop it, for reason R; TERM came after this
 *   stdout, stderr
 *
 * The folder is nobody else's, whatever the mask: that one is the command's.
 * Epochs are by the clocks of the workers: those of a thousand hosts do not agree.
 */
const commented = `
op=$1 nonce=$2 id=$3 digest=$4 probe=$5 now=$6
shift 6
root=\${UPGRADE_RUNBOOKS_HOME:-$HOME/.upgrade-runbooks}
job=$root/jobs/$id
newline='
'

# A reader that went away ends this shell.
say() { printf "@%s %s\\n" "$nonce" "$*" || exit 1; }
fail() { say error "$@"; exit 0; }
nap() { sleep "$1" 2>/dev/null || sleep 1; }

read_boot() {
  if [ -n "$probe" ]; then boot=$(eval "$probe" 2>/dev/null)
  elif [ -r /proc/sys/kernel/random/boot_id ]; then read -r boot </proc/sys/kernel/random/boot_id
  else boot=$(sysctl -n kern.bootsessionuuid 2>/dev/null || sysctl -n kern.boottime 2>/dev/null)
  fi
  boot=\${boot%%"$newline"*}
  [ -n "$boot" ] || fail unsuitable a boot id: bootIdProbe printed nothing
}

# Sets stat_state, stat_group, stat_ticks of a process. The program's name may hold blanks: cut behind its parenthesis.
read_stat() {
  stat=
  { read -r stat <"$1"; } 2>/dev/null || return 1
  pick_stat \${stat##*) }
}
pick_stat() { stat_state=$1 stat_group=$3 stat_ticks=\${20}; }

# Whether a process of the group $pid lives. A zombie that nobody collects is dead; one we may not signal is not.
group_lives() {
  [ "$pid" -gt 1 ] || return 1
  [ -r /proc/self/stat ] || { kill -0 "-$pid" 2>/dev/null; return; }
  for entry in /proc/[0-9]*/stat; do
    read_stat "$entry" || continue
    [ "$stat_group" = "$pid" ] || continue
    case $stat_state in Z | X) ;; *) return 0 ;; esac
  done
  return 1
}

# Whether the job lives: same boot, and the runner itself (by start time, since pids come again), or what it left behind.
lives() {
  [ "$claim_boot" = "$boot" ] || return 1
  if [ "$ticks" != - ] && read_stat "/proc/$pid/stat"; then
    [ "$stat_ticks" = "$ticks" ] || return 1
    case $stat_state in Z | X) ;; *) return 0 ;; esac
  fi
  group_lives
}

exited() {
  set -- "$job"/exit.*
  [ -e "$1" ] || return 1
  set -- "\${1#"$job"/exit.}"
  code=\${1%%.*} ended=\${1#*.}
}

# Sets state: none running finished cancelled timedout rebooted unknown.
look() {
  state=none reason= code=- ended=- started=0 since=- rebooted=0
  set -- "$job"/stop.*
  if [ -e "$1" ]; then
    set -- "\${1#"$job"/stop.}"
    reason=\${1%%.*} state=$reason
  fi
  [ -e "$job/claim" ] || return 0
  { read -r pid ticks started since winner theirs && read -r claim_boot; } <"$job/claim" || :
  [ "$digest" = - ] || [ "$digest" = "$theirs" ] || fail conflict "$theirs"
  [ "$claim_boot" = "$boot" ] || rebooted=1
  # The exit is published before the runner ends, so a dead runner is asked for it once more.
  if exited; then state=\${reason:-finished}
  elif lives; then state=running
  elif exited; then state=\${reason:-finished}
  elif [ -n "$reason" ]; then state=$reason
  elif [ $rebooted = 1 ]; then state=rebooted
  else state=unknown
  fi
}

elapsed() {
  if [ "$rebooted" = 0 ] && [ "$since" != - ]; then
    read -r up rest </proc/uptime
    seconds=$((\${up%.*} - since))
  else
    seconds=$((now - started))
  fi
}

# Whether less than 64 KiB are free where the jobs are.
disk_full() {
  where=$root
  [ -d "$where" ] || where=\${root%/*}
  before=
  for word in $(df -Pk "$where" 2>/dev/null); do
    case $word in *[0-9]%) [ "$before" -lt 64 ]; return ;; esac
    before=$word
  done
  return 1
}

# The first line is the run file, the next ones are secrets, still encoded; the point proves that nothing was cut off.
read_payload() {
  secrets=
  IFS= read -r body || return 1
  while IFS= read -r line; do
    [ "$line" = . ] && return 0
    secrets=$secrets$line$newline
  done
  return 1
}

# Of this call alone: of several runners the first claims the job, and the others remove what they brought.
prepare() {
  [ -d "$job" ] || mkdir -p -m 700 "$job" || return 1
  { printf %b "$body" && printf %s "$runner"; } >"$job/run.$nonce"
}

refuse() {
  case $1 in *"o space left"* | *uota*) fail diskfull "$1" ;; esac
  disk_full && fail diskfull "\${1%%"$newline"*}"
  fail failed "\${1%%"$newline"*}"
}

# As root under systemd a scope of its own, so that the end of the login session does not end the job. The scope's command
# stays our child with our environment; a service would not.
choose_scope() {
  scope=
  [ -d "\${UPGRADE_RUNBOOKS_SYSTEMD:-/run/systemd/system}" ] || return 0
  command -v systemd-run >/dev/null && [ "$(id -u)" = 0 ] || return 0
  scope="systemd-run --scope --quiet --collect --unit=runbook-$id"
}

# Secrets become variables of the runner only, by builtins only. The x keeps newlines at the end of a value.
launch() {
  (
    set -f
    IFS=$newline
    for _rb_line in $secrets; do
      _rb_value=$(printf '%bx' "\${_rb_line#*=}")
      export "\${_rb_line%%=*}=\${_rb_value%x}"
    done
    unset IFS
    exec setsid $scope sh "$job/run.$nonce" "$nonce" "$boot" "$now" "$digest"
  ) </dev/null >/dev/null 2>&1 &
  leader=$!
}

start() {
  command -v setsid >/dev/null || fail unsuitable setsid
  if [ -n "$secrets" ] && [ "$(command -v printf)" != printf ]; then fail unsuitable a shell with a builtin printf; fi
  # Only a failure is asked for its words, since that takes a process.
  prepare 2>/dev/null || why=$(LC_ALL=C prepare 2>&1) || { rm -f "$job/run.$nonce"; refuse "$why"; }
  choose_scope
  attached=started
  launch
  say attached started 0
  wait $leader
  why="the runner ended with code $? before it ran the command"
  look
  if [ "$state" = none ] && [ -n "$scope" ]; then
    scope=
    launch
    wait $leader
    look
  fi
  [ "$state" = none ] && refuse "$why"
  [ "$winner" = "$nonce" ] || attached=running
}

# Each round says a point: with the channel gone that ends this shell, so none is left behind on the host.
follow() {
  elapsed
  say attached $attached $seconds
  delay=.05
  while [ "$state" = running ]; do
    say .
    nap $delay
    case $delay in .05) delay=.1 ;; .1) delay=.2 ;; .2) delay=.5 ;; .5) delay=1 ;; esac
    look
  done
}

# The last bytes of a file whose size was taken before: what it grew by since is not for this answer.
last_bytes() {
  [ $3 -gt 0 ] || return 0
  if [ $2 = $3 ]; then head -c $3 "$1"; else tail -c +$(($2 - $3 + 1)) "$1" | head -c $3; fi
}

tell_end() {
  full=0 out=0 err=0
  case $state:$code in unknown:* | finished:[1-9]*) disk_full && full=1 ;; esac
  [ "$ended" != - ] || ended=$now
  cd "$job" && { [ -s stdout ] || [ -s stderr ]; } && set -- $(wc -c stdout stderr) && out=$1 err=$3
  kept_out=$out kept_err=$err
  [ $out -le ${keptOutputBytes} ] || kept_out=${keptOutputBytes}
  [ $err -le ${keptOutputBytes} ] || kept_err=${keptOutputBytes}
  say end $attached $state $code $started $ended $rebooted $full $out $err $kept_out $kept_err "$job"
  last_bytes stdout $out $kept_out
  last_bytes stderr $err $kept_err
}

# In a shell of its own, since a frame ends by exit.
open_up() {
  say before
  (eval "set -- $before"; eval "$frame") </dev/null
  opened=$?
  say opened $opened
  [ $opened = 0 ] || exit 0
}

op_run() {
  runner=$1 frame=$2 before=$3 after=$4
  read_payload || fail payload
  read_boot
  look
  attached=finished
  if [ "$state" = none ]; then
    [ -z "$before" ] || open_up
    start
  elif [ "$state" = running ]; then attached=running; fi
  [ $attached = started ] && [ "$state" != running ] || follow
  tell_end
  [ "$state:$code" = finished:0 ] && [ -n "$after" ] || return 0
  say after
  cd "\${OLDPWD:-.}"
  eval "set -- $after"
  eval "$frame"
}

# The mark comes before the look for a claim: see the runner for the other half.
op_cancel() {
  read_boot
  why=$(LC_ALL=C mkdir -p -m 700 "$job" 2>&1) || refuse "$why"
  look
  case $state in none | running) ;; *) say idle; return ;; esac
  mark=$job/stop.$1.$now
  [ -n "$reason" ] || true >"$mark" || refuse "cannot write $mark"
  if exited; then rm -f "$mark"; say idle; return; fi
  look
  [ "$state" = running ] || { say idle; return; }
  kill -TERM "-$pid" 2>/dev/null
  await_gone $2 || { kill -KILL "-$pid" 2>/dev/null; await_gone 50; } || { say stuck $pid; return; }
  say stopped
}

await_gone() {
  left=$1
  while group_lives; do
    [ $left -gt 0 ] || return 1
    nap .1
    left=$((left - 1))
  done
}

op_alive() {
  read_boot
  look
  say alive $state
}

op_out() {
  size=0
  [ -s "$job/stdout" ] && set -- "$@" $(wc -c <"$job/stdout") && size=$3
  size=$((size - $1))
  [ $size -gt 0 ] || size=0
  [ $size -le $2 ] || size=$2
  say out $size
  [ $size = 0 ] || tail -c +$(($1 + 1)) "$job/stdout" | head -c $size
}

op_$op "$@"
`;

/** Comments and indentation stay at home: they would travel with every call. */
const script = commented
  .replace(/^[ ]*#.*\n/gm, "")
  .replace(/^[ ]+/gm, "")
  .trim();
