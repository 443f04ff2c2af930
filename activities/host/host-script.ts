/**
 * The host's side of a visit: one shell that does several things in turn, so that a visit takes few channels. POSIX sh,
 * held to what dash, bash and busybox ash share, and to builtins: on a host that is known already, a claim, a look at what
 * has begun, the previous version and the release cost one process (`rm`) beside the commands of the steps themselves.
 *
 *   owner                  whose the host is: run and workflow
 *   previous/<run>         the version that ran before this run's first effect, since when that is known, and the owner
 *   desired/<component>    the version that the last visit was to bring: version, change, run, time
 *   drained/<run>          the balancer was asked to drain the host, and not yet to take it back: step, since when, owner
 *   jobs/<id>              the detached jobs (activities/ssh/job-script.ts)
 *   swept                  when old files were last looked for, by the worker's clock
 *
 * Marks with the call's nonce stand in both streams where a step begins, so what each command says stays apart. What the
 * worker must know comes once more at the very end, which is kept however much a command prints.
 */
const commented = `
nonce=$1 run=$2 now=$3
shift 3
home=\${UPGRADE_RUNBOOKS_HOME:-$HOME/.upgrade-runbooks}
newline='
'
facts= begun=0 open= claimed= previous= version= back=

fact() { facts="$facts@$nonce $*$newline"; }
# Before its end, unless a code says otherwise.
finish() {
  fact begun $begun $open
  [ -z "$claimed" ] || fact claimed $claimed
  printf '\\n%s@%s done\\n' "$facts" "$nonce"
  exit \${1:-3}
}
# A reader that went away ends this shell.
begin() {
  printf '\\n@%s begin %s\\n' "$nonce" "$1" || exit 1
  printf '\\n@%s begin %s\\n' "$nonce" "$1" >&2
}
# To be called in a shell of its own, which becomes the command.
become() {
  [ -z "$previous" ] || export RUNBOOK_PREVIOUS="$previous"
  eval "$1"
}

# Sets first and since from the first two lines of a file; one that was cut short counts as absent.
read_two() { { read -r first && read -r since; } <"$1"; } 2>/dev/null

read_owner() {
  { read -r held <"$home/owner"; } 2>/dev/null && return
  held=
  return 1
}

# O_EXCL: of several runs exactly one makes the file. A full disk must not leave one that names nobody.
take() {
  full=0
  set -C
  { { printf '%s\\n' "$owner" || full=1; } >"$home/owner"; } 2>/dev/null
  taken=$?
  set +C
  [ $full = 0 ] || rm -f "$home/owner"
  [ $full$taken = 00 ]
}

verb_claim() {
  owner=$1
  begin open
  if ! read_owner; then
    # Nobody else's, whatever the mask: that one is for the steps' commands.
    if ! [ -d "$home/jobs" ] || ! [ -d "$home/drained" ]; then
      mkdir -p -m 700 "$home" && mkdir -p "$home/jobs" "$home/previous" "$home/desired" "$home/drained" || exit 1
    fi
    # Again when the owner left between the two looks, and a little later when its name is not all there yet.
    for wait in 0 0 .1 .3 1; do
      [ $wait = 0 ] || sleep $wait 2>/dev/null || sleep 1
      take && held=$owner && break
      read_owner && break
    done
  fi
  if [ -z "$held" ]; then
    printf 'cannot make %s, and it names nobody\\n' "$home/owner" >&2
    exit 1
  fi
  if [ "$held" != "$owner" ]; then
    fact file "$home/owner"
    fact held "$held"
    finish
  fi
  if read_two "$home/previous/$run"; then
    previous=$first
    fact previous "$previous"
  fi
}

# Whether this run has begun to change the host: a job of it was claimed, by the file that the job protocol makes, or the
# balancer was asked. Tells which of the jobs have no end.
verb_begun() {
  jobs=$1
  look_begun
}
look_begun() {
  begun=0 open= claimed=
  for job in $jobs; do
    [ -e "$home/jobs/$job/claim" ] || continue
    begun=1 claimed="$claimed $job"
    set -- "$home/jobs/$job"/exit.*
    [ -e "$1" ] || open="$open $job"
  done
  [ -e "$home/drained/$run" ] || return 0
  begun=1
  fact drained
}

# Says which version a converging host must have. The time at the end does not make it another one.
verb_desired() {
  set -- "$1" "\${2:-$previous}" "$3" "$4"
  [ -n "$2" ] || return 0
  file=$home/desired/$1 have=
  { read -r have <"$file"; } 2>/dev/null
  [ "\${have% *}" != "$2 $3" ] || return 0
  { printf '%s\\n' "$2 $3 $4" >"$file.$nonce" && mv -f "$file.$nonce" "$file"; } 2>/dev/null
}

answer() {
  begin "$1"
  said=$(become "$2")
  code=$?
  fact end "$1" $code
  read -r version <<.
$said
.
  version=\${version%"\r"}
  [ $code = 0 ] || version=
}

# What runs before this run changes anything. Looked at between two looks for a beginning: another visit of this run may
# have brought the version meanwhile, and the host may still be drained.
verb_before() {
  [ $begun = 0 ] || return 0
  answer version "$2"
  look_begun
  [ $begun = 0 ] && [ -n "$version" ] || return 0
  if [ "$version" = "$1" ]; then
    fact unchanged "$version"
    leave
    finish
  fi
  [ -z "$previous" ] || return 0
  printf '%s\\n' "$version" "$now" "$owner" >"$home/previous/$run" || exit 1
  previous=$version
  fact previous "$previous"
}

# For a job that follows over the same channel: one that has begun is for its own caller to join.
verb_start() { [ $begun = 0 ] || finish; }

verb_touched() {
  [ $begun = 0 ] || return 0
  leave
  finish
}

# Since when the host is out: its last drain by a job without a later undrain, or by the balancer; else nothing is to do.
verb_out() {
  since=0 out=0 undrained=0
  for job in $1; do
    { read -r pid ticks started rest <"$home/jobs/$job/claim"; } 2>/dev/null || continue
    [ "$started" -le $out ] || out=$started
  done
  for job in $2; do
    for end in "$home/jobs/$job"/exit.0.*; do
      [ -e "$end" ] || continue
      [ "\${end##*.}" -le $undrained ] || undrained=\${end##*.}
    done
  done
  [ $undrained -lt $out ] || out=0
  ! read_two "$home/drained/$run" || [ "$since" -le $out ] || out=$since
  fact out $out
  [ $out = 0 ] || return 0
  leave
  finish
}

verb_look() {
  begin "$1"
  (become "$2")
  code=$?
  fact end "$1" $code
  [ $code = 0 ] || finish
}

# The version that must run; whatever is answered where none is asked for.
verb_version() {
  answer version "$2"
  fact version "$version"
  [ -n "$version" ] && [ "$version" = "\${1:-$version}" ] || finish
}

verb_drained() {
  begin "$1"
  [ ! -s "$home/drained/$run" ] || return 0
  printf '%s\\n' "$1" "$now" "$2" >"$home/drained/$run" || exit 1
}
# In its balancer it is, whichever run took it out.
verb_back() { back=$home/drained; }

verb_release() {
  owner=$1
  leave
}
leave() {
  set --
  ! read_owner || [ "$held" != "$owner" ] || set -- "$home/owner"
  [ -z "$back" ] || set -- "$@" "$back"/*
  [ $# = 0 ] || rm -f "$@"
  sweep
}

# Old files once a day, not at the first visit, which finds none.
sweep() {
  last=
  { read -r last <"$home/swept"; } 2>/dev/null
  case $last in '' | *[!0-9]*) last=0 ;; esac
  [ $((now - last)) -ge 86400 ] || return 0
  { printf '%s\\n' "$now" >"$home/swept"; } 2>/dev/null
  [ $last != 0 ] || return 0
  oldest=$((now - kept))
  for end in "$home"/jobs/*/exit.* "$home"/jobs/*/stop.*; do
    [ -e "$end" ] && [ "\${end##*.}" -lt $oldest ] || continue
    job=\${end%/*}
    ended || continue
    # The rename comes first: a folder is there with all its files or not at all.
    mv "$job" "$job.swept" && rm -rf "$job.swept"
  done 2>/dev/null
  for job in "$home"/jobs/*.swept; do [ ! -e "$job" ] || rm -rf "$job"; done
  for file in "$home"/previous/* "$home"/drained/*; do
    read_two "$file" && [ "$since" -lt $((now - kept)) ] && rm -f "$file"
  done
}
# Whether a job that was told to stop did so; a group that we may not signal lives.
ended() {
  set -- "$job"/exit.*
  [ ! -e "$1" ] || return 0
  [ -e "$job/claim" ] || return 0
  read -r pid rest <"$job/claim" && [ "$pid" -gt 1 ] || return 1
  why=$(LC_ALL=C kill -0 "-$pid" 2>&1) && return 1
  case $why in *ermitted*) return 1 ;; esac
}

kept=$1
shift
while [ $# -gt 0 ]; do
  verb=$1 words=$2
  shift 2
  "verb_$verb" "$@"
  shift $words
done
finish 0
`;

/** Comments and indentation stay at home: they would travel with every call. */
export const hostScript = commented
  .replace(/^[ ]*#.*\n/gm, "")
  .replace(/^[ ]+/gm, "")
  .trim();
