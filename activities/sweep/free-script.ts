/**
 * Takes a host over from a run that is over, or from nobody. Nothing in POSIX removes a file only if it still says the same,
 * so the file is moved aside first, which exactly one can do, and read there: somebody else's claim is put back. POSIX sh.
 */
const takeOver = `
mark=$1 mine=$2 theirs=$3
root=\${UPGRADE_RUNBOOKS_HOME:-$HOME/.upgrade-runbooks}
say() { printf '\\n@%s %s\\n' "$mark" "$*"; exit 0; }
read_owner() { { read -r held <"$root/owner"; } 2>/dev/null || held=; }
take() {
  full=0
  set -C
  { { printf '%s\\n' "$mine" || full=1; } >"$root/owner"; } 2>/dev/null
  taken=$?
  set +C
  [ $full = 0 ] || rm -f "$root/owner"
  [ $full$taken = 00 ]
}
read_owner
[ "$held" != "$mine" ] || say taken
if [ -n "$held" ]; then
  [ "$held" = "$theirs" ] || say held "$held"
  aside=$root/owner.$mark
  mv "$root/owner" "$aside" 2>/dev/null || say held nobody
  moved=
  { read -r moved <"$aside"; } 2>/dev/null
  if [ "$moved" != "$theirs" ]; then
    ln "$aside" "$root/owner" 2>/dev/null
    rm -f "$aside"
    say held "$moved"
  fi
  take && { rm -f "$aside"; say taken; }
  rm -f "$aside"
else
  ! take || say taken
fi
read_owner
say held "\${held:-nobody}"`;

/** @param theirs the claim that was read; without one, the host must be nobody's */
export const takeOverArgv = (
  mark: string,
  mine: string,
  theirs: string | undefined,
): readonly string[] => [
  ...["sh", "-c", takeOver, "runbook", mark, mine, theirs ?? ""],
];

/** Whose the host is after `takeOverArgv`: ours, or whose instead; nothing when the host did not say. */
export function readTakeOver(
  { stdout }: { readonly stdout: string },
  mark: string,
): { readonly taken: true } | { readonly by: string } | undefined {
  const [, said = ""] = stdout.split(`\n@${mark} `);
  const [word, ...rest] = said.trim().split(" ");
  if (word === "taken") return { taken: true };
  return word === "held" ? { by: rest.join(" ") } : undefined;
}

/** Leaves the host again, as its claimant only. */
const leave = `
root=\${UPGRADE_RUNBOOKS_HOME:-$HOME/.upgrade-runbooks}
held=
{ read -r held <"$root/owner"; } 2>/dev/null
[ "$held" != "$1" ] || rm -f "$root/owner"`;

export const leaveArgv = (mine: string): readonly string[] => [
  ...["sh", "-c", leave, "runbook", mine],
];

/** Removes folders of jobs that ended before an epoch; one that says otherwise by now stays. The rename comes first, as in host-script.ts. */
const removeJobs = `
mark=$1 before=$2 gone=0
shift 2
root=\${UPGRADE_RUNBOOKS_HOME:-$HOME/.upgrade-runbooks}
for id in "$@"; do
  job=$root/jobs/$id
  set -- "$job"/exit.*
  [ -e "$1" ] && [ "\${1##*.}" -lt "$before" ] || continue
  mv "$job" "$job.swept" && rm -rf "$job.swept" && gone=$((gone + 1))
done 2>/dev/null
printf '\\n@%s %s\\n' "$mark" $gone`;

export const removeJobsArgv = (
  mark: string,
  beforeMs: number,
  ids: readonly string[],
): readonly string[] => [
  ...["sh", "-c", removeJobs, "runbook", mark],
  ...[String(Math.floor(beforeMs / 1_000)), ...ids],
];

export function readRemoved(
  { stdout }: { readonly stdout: string },
  mark: string,
): number {
  const [, said = "0"] = stdout.split(`\n@${mark} `);
  return Number(said.trim());
}
