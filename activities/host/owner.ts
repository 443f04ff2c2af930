import type { ExecResult } from "../ssh/port";

/**
 * The owner file keeps runs of different changes apart that meet on a host. Made by link(2), which is atomic and never
 * replaces: of two runs exactly one gets the host, and nobody ever reads half an owner.
 */
const openScript = `
home=\${UPGRADE_RUNBOOKS_HOME:-$HOME/.upgrade-runbooks}
owner=$1; shift
mine=$home/owner.$$
umask 077
mkdir -p "$home/jobs" || exit 1
printf '%s\\n' "$owner" > "$mine" || { rm -f "$mine"; exit 1; }
claim() {
  why=$(ln "$mine" "$home/owner" 2>&1) && held=$owner && return
  held=$(cat "$home/owner" 2>/dev/null)
}
# Again when the owner left between the link and the look.
claim || claim || claim
rm -f "$mine"
[ -n "$held" ] || { printf '%s\\n' "$why" >&2; exit 1; }
[ "$held" = "$owner" ] || { printf 'held %s\\n%s\\n' "$held" "$home/owner"; exit 0; }
begun=0
for job; do [ -e "$home/jobs/$job/claim" ] && begun=1; done
printf 'ours %s\\n' "$begun"
`;

const releaseScript = `
home=\${UPGRADE_RUNBOOKS_HOME:-$HOME/.upgrade-runbooks}
[ "$(cat "$home/owner" 2>/dev/null)" = "$1" ] && rm -f "$home/owner"
exit 0
`;

/**
 * Claims the host for this run and looks whether the run has begun to change it: whether one of these jobs was claimed
 * here before, by the file that the job protocol makes.
 */
export function openVisitArgv(
  owner: string,
  jobFolders: readonly string[],
): string[] {
  return ["sh", "-c", openScript, "runbook", owner, ...jobFolders];
}

export function releaseArgv(owner: string): string[] {
  return ["sh", "-c", releaseScript, "runbook", owner];
}

export type Opened =
  /** `begun`: a job of this run was claimed here before. */
  | { readonly kind: "ours"; readonly begun: boolean }
  | { readonly kind: "held"; readonly by: string; readonly file: string };

/** What `openVisitArgv` printed; anything but "ours" leaves the host to whoever holds it. */
export function readOpened({ stdout }: Pick<ExecResult, "stdout">): Opened {
  const [first = "", file = ""] = stdout.split("\n");
  if (first === "ours 0" || first === "ours 1")
    return { kind: "ours", begun: first === "ours 1" };
  return { kind: "held", by: first.replace(/^held /, ""), file };
}
