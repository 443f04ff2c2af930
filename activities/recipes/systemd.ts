import { z } from "zod";
import type { RecipeParts } from "./expand";
import { pathSchema } from "./fields";
import { job, look } from "./shell";

export const systemdSchema = z.strictObject({
  kind: z.literal("systemd"),
  unit: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9:_.@\\-]*$/,
      "expected the name of a unit, such as shop.service",
    ),
  /** The variable that tells the unit its version, set by a drop-in of ours. */
  variable: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "expected the name of a variable"),
  /** The unit must not restart by itself for this long, within each look at it. */
  settleS: z.int().min(1).max(30).default(3),
  unitsDir: pathSchema.default("/etc/systemd/system"),
});

const tools = `
name=$RECIPE_UNIT
case $name in *.*) ;; *) name=$name.service ;; esac
drop_in=$RECIPE_UNITS_DIR/$name.d/50-upgrade-runbooks.conf
show() { LC_ALL=C systemctl show "$name" --property="$1"; }
property() { show "$1" | sed -n "s/^$1=//p"; }
version_in() { sed -n "s/^Environment=$RECIPE_VARIABLE=//p" "$1" 2>/dev/null | head -n 1; }
use() {
  if [ "$(version_in "$drop_in")" != "$1" ]; then
    mkdir -p "\${drop_in%/*}" || exit 1
    write_whole "$drop_in" "[Service]
Environment=$RECIPE_VARIABLE=$1" || exit 1
  fi
  systemctl daemon-reload || exit
}
`;

const precheck = `
require_programs systemctl
[ "$(property LoadState)" = loaded ] || fail "unit $name is $(property LoadState) on this host, expected loaded"
`;

const apply = `
require_version "$RUNBOOK_VERSION"
use "$RUNBOOK_VERSION"
`;

const restart = `systemctl restart "$name" || fail "systemctl restart $name failed: $(property Result); see journalctl -u $name"`;

/** A unit that crashes and is started again is "active" most of the time: its count of restarts tells. */
const ready = `
before=$(property NRestarts)
[ "$(property ActiveState)/$(property SubState)" = active/running ] || fail "$name is $(property ActiveState)/$(property SubState)"
sleep "$RECIPE_SETTLE_S"
[ "$(property ActiveState)/$(property SubState)" = active/running ] || fail "$name is $(property ActiveState)/$(property SubState)"
after=$(property NRestarts)
[ "$before" = "$after" ] || fail "$name restarts by itself: $after times by now"
`;

/** Of the process that runs, not of the file: they differ until the restart. */
const version = `
pid=$(property MainPID)
case $pid in '' | 0 | *[!0-9]*) exit 0 ;; esac
tr '\\0' '\\n' <"$RECIPE_PROC/$pid/environ" 2>/dev/null | sed -n "s/^$RECIPE_VARIABLE=//p" | head -n 1
`;

const undo = `
back=\${RUNBOOK_PREVIOUS-}
if [ -n "$back" ]; then
  require_version "$back"
  use "$back"
else
  rm -f "$drop_in"
  systemctl daemon-reload || exit
fi
`;

const preview = `
require_version "$RUNBOOK_VERSION"
before=$(version_in "$drop_in")
printf '%s\\n' "$drop_in: $RECIPE_VARIABLE \${before:-not set} -> $RUNBOOK_VERSION" "restarts $name, which is $(property ActiveState)"
`;

export function systemdParts(
  recipe: z.output<typeof systemdSchema>,
): RecipeParts {
  const env = {
    RECIPE_UNIT: recipe.unit,
    RECIPE_VARIABLE: recipe.variable,
    RECIPE_UNITS_DIR: recipe.unitsDir,
    RECIPE_SETTLE_S: String(recipe.settleS),
    RECIPE_PROC: "/proc",
  };
  return {
    steps: {
      precheck: look(env, [tools, precheck]),
      apply: job(env, [tools, apply], 300),
      restart: job(env, [tools, restart], 900),
      ready: look(env, [tools, ready]),
      version: look(env, [tools, version]),
      undo: job(env, [tools, undo], 300),
      preview: look(env, [tools, preview]),
    },
    extra: [],
  };
}
