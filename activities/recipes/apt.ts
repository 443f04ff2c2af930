import { z } from "zod";
import type { HostContract } from "../host/port";
import type { RecipeParts } from "./expand";
import { pathSchema } from "./fields";
import { job, look } from "./shell";

export const aptSchema = z.strictObject({
  kind: z.literal("apt"),
  /** All get the version of the run; the first one tells the version that is installed. */
  packages: z
    .array(
      z
        .string()
        .regex(
          /^[a-z0-9][a-z0-9+.-]+(:[a-z0-9]+)?$/,
          "expected the name of a package",
        ),
    )
    .min(1)
    .max(64),
  /** How long apt's and dpkg's locks are waited for, each time. */
  lockWaitS: z.int().min(0).max(86_400).default(600),
  /** Whether an upgrade may remove other packages. */
  removals: z.enum(["refuse", "allow"]).default("refuse"),
  /** What is done about services that still run old libraries, where needrestart is installed. */
  needrestart: z.enum(["report", "restart", "off"]).default("report"),
  reboot: z.enum(["never", "if-required", "always"]).default("never"),
  /** From the reboot until the host answers again. */
  rebootLimitS: z.int().min(10).max(86_400).default(900),
  /** Its presence asks for a reboot; so does a kernel that needrestart finds outdated. */
  rebootFile: pathSchema.default("/run/reboot-required"),
});

/** Locks of the lists and of the archives are not waited for by apt itself, so the whole call is made again. */
const tools = `
export LC_ALL=C DEBIAN_FRONTEND=noninteractive APT_LISTCHANGES_FRONTEND=none NEEDRESTART_SUSPEND=1
# Package names come from the configuration, checked there; they are split into words on purpose.
set -f
main=\${RECIPE_PACKAGES%% *}
at_version() { for package in $RECIPE_PACKAGES; do printf '%s=%s ' "$package" "$1"; done; }
installed() {
  dpkg-query -W -f='\${db:Status-Status} \${Version}\\n' "$1" 2>/dev/null | while read -r status version; do
    [ "$status" = installed ] || continue
    printf '%s\\n' "$version"
    break
  done
}
apt_get() {
  complaint=$(mktemp) || exit 1
  end=$(($(date +%s) + RECIPE_LOCK_S))
  while :; do
    left=$((end - $(date +%s)))
    [ $left -gt 0 ] || left=0
    apt-get -q -y -o DPkg::Lock::Timeout=$left -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" 2>"$complaint" && break
    code=$?
    if [ $left = 0 ] || ! grep -qE 'ould not get lock|nable to (acquire|lock)' "$complaint"; then
      cat "$complaint" >&2
      rm -f "$complaint"
      return $code
    fi
    printf '%s\\n' "another process holds a lock of apt; waits up to $left s"
    sleep 1
  done
  cat "$complaint" >&2
  rm -f "$complaint"
}
refuse_held() {
  held=$(apt-mark showhold $RECIPE_PACKAGES) || exit 1
  [ -z "$held" ] || fail "held on this host: $(printf '%s ' $held); allow it with: apt-mark unhold $(printf '%s ' $held)"
}
# What an earlier call left half done, a power cut perhaps, keeps apt from all else.
finish_interrupted() {
  [ -z "$(dpkg --audit)" ] || { printf '%s\\n' "finishes what dpkg has left half done"; dpkg --configure -a; }
}
removals() { [ "$RECIPE_REMOVALS" = allow ] || printf '%s' --no-remove; }
`;

const precheck = `
require_programs apt-get apt-mark dpkg dpkg-query
refuse_held
`;

const fetch = `
require_version "$RUNBOOK_VERSION"
apt_get update || exit
apt_get install --download-only $(removals) $(at_version "$RUNBOOK_VERSION")
`;

const apply = `
require_version "$RUNBOOK_VERSION"
refuse_held
finish_interrupted || exit
apt_get install $(removals) $(at_version "$RUNBOOK_VERSION")
`;

const version = `installed "$main"`;

const undo = `
back=\${RUNBOOK_PREVIOUS-}
[ -n "$back" ] || fail "what ran before this run is not known; bring a version back by a run of its own"
require_version "$back"
refuse_held
finish_interrupted || exit
apt_get install --allow-downgrades $(removals) $(at_version "$back")
`;

const preview = `
require_version "$RUNBOOK_VERSION"
printf '%s\\n' "$main: $(installed "$main") -> $RUNBOOK_VERSION"
apt-get -s -q -y $(removals) install $(at_version "$RUNBOOK_VERSION") 2>&1 | grep -E '^(Inst|Conf|Remv|E:|[0-9]+ upgraded)' | head -n 40
running=$(installed "$main")
[ -z "$running" ] || apt-cache policy "$main" | grep -A 1 -F " $running " | grep -qE '(https?|file|cdrom|mirror|copy|ftp|tor)[:+]' ||
  printf '%s\\n' "no repository offers $running any more: this host could not be taken back"
`;

/** Lines of `needrestart -b`: NEEDRESTART-SVC: a unit, or the name of a script in /etc/init.d where no systemd runs, NEEDRESTART-KSTA: 0 unknown, 1 current, 2 and 3 outdated. */
const services = `
command -v needrestart >/dev/null || { printf '%s\\n' "needrestart is not installed: not looked for old libraries"; exit 0; }
unset NEEDRESTART_SUSPEND
found=$(needrestart -b -l -r l 2>/dev/null | sed -n 's/^NEEDRESTART-SVC: *//p')
for unit in $found; do
  case $unit in
    *[!A-Za-z0-9@._:\\\\-]* | -*) continue ;;
    dbus* | systemd-* | user@* | getty@* | serial-getty@* | display-manager* | ssh | sshd | ssh.service | sshd.service)
      printf '%s\\n' "still runs old libraries, left alone: $unit" ;;
    *)
      if [ "$RECIPE_NEEDRESTART" = restart ]; then
        printf '%s\\n' "restarts $unit"
        systemctl restart -- "$unit" || exit
      else
        printf '%s\\n' "still runs old libraries: $unit"
      fi ;;
  esac
done
`;

const reboot = `
why=
[ ! -e "$RECIPE_REBOOT_FILE" ] || why="$RECIPE_REBOOT_FILE is there"
unset NEEDRESTART_SUSPEND
case $(needrestart -b -k 2>/dev/null | sed -n 's/^NEEDRESTART-KSTA: *//p') in
  2 | 3) why="the running kernel is outdated" ;;
esac
[ "$RECIPE_REBOOT" != always ] || why=\${why:-always}
[ -n "$why" ] || { printf '%s\\n' "no reboot is required"; exit 0; }
printf '%s\\n' "boots again: $why"
sync
reboot || shutdown -r now || systemctl reboot || fail "this host cannot be told to boot again"
exit 194
`;

export function aptParts(recipe: z.output<typeof aptSchema>): RecipeParts {
  const env = {
    RECIPE_PACKAGES: recipe.packages.join(" "),
    RECIPE_LOCK_S: String(recipe.lockWaitS),
    RECIPE_REMOVALS: recipe.removals,
  };
  const limitS = 3_600 + recipe.lockWaitS;
  return {
    steps: {
      precheck: look(env, [tools, precheck]),
      fetch: job(env, [tools, fetch], limitS),
      apply: job(env, [tools, apply], limitS),
      version: look(env, [tools, version]),
      undo: job(env, [tools, undo], limitS),
      preview: look(env, [tools, preview]),
    },
    extra: [...servicesStep(recipe), ...rebootStep(recipe)],
  };
}

function servicesStep({
  needrestart,
}: z.output<typeof aptSchema>): HostContract["extra"] {
  if (needrestart === "off") return [];
  const env = { RECIPE_NEEDRESTART: needrestart };
  const step = job(env, [services], 900);
  return [{ name: "old-libraries", after: "apply", ...step }];
}

/** Behind the switch and the drain, before the health gate: the host rejoins only when it is up and ready. */
function rebootStep({
  reboot: when,
  rebootFile,
  rebootLimitS,
}: z.output<typeof aptSchema>): HostContract["extra"] {
  if (when === "never") return [];
  const env = { RECIPE_REBOOT: when, RECIPE_REBOOT_FILE: rebootFile };
  const step = job(env, [reboot], rebootLimitS);
  const expectsReboot = "if announced";
  return [{ name: "reboot", after: "apply", ...step, expectsReboot }];
}
