import { z } from "zod";
import type { RecipeParts } from "./expand";
import { job, jobWithWords, look } from "./shell";

const wordSchema = z.string().min(1);

export const dockerSchema = z.strictObject({
  kind: z.literal("docker"),
  /** Without a tag, which is the version of the run. */
  image: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9._/-]*(:[0-9]+\/[a-z0-9._/-]+)?$/,
      "expected an image without a tag, such as registry.example.com:5000/shop",
    ),
  /** Name of the container. */
  container: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]+$/, "expected the name of a container"),
  /** Options of `docker run`, such as `[--restart, always, -p, "80:8080"]`. */
  run: z.array(wordSchema).max(200).default([]),
  /** Words behind the image. */
  command: z.array(wordSchema).max(100).default([]),
  /** docker, or a program that takes the same words. */
  engine: z.enum(["docker", "podman"]).default("docker"),
  /** Between TERM and KILL. */
  stopS: z.int().min(0).max(3_600).default(30),
});

/** Says in `docker inspect` which version a container is; tags can be moved, labels of a container cannot. */
const label = "upgrade-runbooks.version";

const tools = `
kept=$RECIPE_CONTAINER.previous
engine() { "$RECIPE_ENGINE" "$@"; }
exists() { engine container inspect "$1" >/dev/null 2>&1; }
# State and labels as JSON: what a container is asked for is a field, never a line of a table.
of() { engine container inspect --format "{{json .$2}}" "$1" 2>/dev/null; }
version_of() { of "$1" Config.Labels | sed -n 's/.*"${label}":"\\([^"]*\\)".*/\\1/p'; }
runs() { case $(of "$1" State) in *'"Status":"running"'*) ;; *) return 1 ;; esac; }
`;

const precheck = `
require_programs "$RECIPE_ENGINE"
engine version >/dev/null || fail "the engine does not answer"
`;

const fetch = `
require_version "$RUNBOOK_VERSION"
engine pull "$RECIPE_IMAGE:$RUNBOOK_VERSION" || fail "cannot pull $RECIPE_IMAGE:$RUNBOOK_VERSION"
printf '%s\\n' "image $(engine image inspect --format '{{json .RepoDigests}}' "$RECIPE_IMAGE:$RUNBOOK_VERSION")"
`;

/** The old container is stopped and kept under another name: it is the undo, and what is started again if the new one cannot. */
const apply = `
require_version "$RUNBOOK_VERSION"
if [ "$(version_of "$RECIPE_CONTAINER")" = "$RUNBOOK_VERSION" ] && runs "$RECIPE_CONTAINER"; then
  printf '%s\\n' "$RECIPE_CONTAINER runs $RUNBOOK_VERSION already"
  exit 0
fi
image=$(engine image inspect --format '{{json .Id}}' "$RECIPE_IMAGE:$RUNBOOK_VERSION") || fail "$RECIPE_IMAGE:$RUNBOOK_VERSION was not pulled"
image=\${image#\\"} image=\${image%\\"}
options=$1
shift
if exists "$RECIPE_CONTAINER"; then
  if [ "$(version_of "$RECIPE_CONTAINER")" = "$RUNBOOK_VERSION" ]; then
    # Of this version, and not running: what an earlier try has left.
    engine rm -f "$RECIPE_CONTAINER" >/dev/null || exit
  else
    engine stop -t "$RECIPE_STOP_S" "$RECIPE_CONTAINER" >/dev/null || exit
    ! exists "$kept" || engine rm -f "$kept" >/dev/null || exit
    engine rename "$RECIPE_CONTAINER" "$kept" || exit
  fi
fi
# The first $options words are for run, the rest for the image.
total=$# at=0
while [ $at -lt $total ]; do
  [ $at != "$options" ] || set -- "$@" "$image"
  set -- "$@" "$1"
  shift
  at=$((at + 1))
done
[ "$total" != "$options" ] || set -- "$@" "$image"
engine run -d --name "$RECIPE_CONTAINER" --label "${label}=$RUNBOOK_VERSION" "$@" && exit 0
code=$?
engine rm -f "$RECIPE_CONTAINER" >/dev/null 2>&1
if exists "$kept"; then
  engine rename "$kept" "$RECIPE_CONTAINER" && engine start "$RECIPE_CONTAINER" >/dev/null &&
    printf '%s\\n' "$RECIPE_CONTAINER was started again as it was before" >&2
fi
exit $code
`;

const ready = `
state=$(of "$RECIPE_CONTAINER" State) || fail "no container $RECIPE_CONTAINER"
case $state in *'"Status":"running"'*) ;; *) fail "$RECIPE_CONTAINER does not run: $state" ;; esac
case $state in
  *'"Health":{"Status":"healthy"'* | *'"Health":{"Status":""'* | *'"Health":null'*) ;;
  *'"Health":{'*) fail "the health check of $RECIPE_CONTAINER has not passed" ;;
esac
`;

const version = `! runs "$RECIPE_CONTAINER" || version_of "$RECIPE_CONTAINER"`;

const undo = `
back=\${RUNBOOK_PREVIOUS-}
now=$(version_of "$RECIPE_CONTAINER")
if [ -n "$back" ] && [ "$now" = "$back" ] && runs "$RECIPE_CONTAINER"; then
  printf '%s\\n' "$RECIPE_CONTAINER runs $back already"
  exit 0
fi
exists "$kept" || fail "no container $kept is kept; bring \${back:-a version} back by a run of its own"
before=$(version_of "$kept")
[ -z "$back" ] || [ "$before" = "$back" ] || fail "$kept is \${before:-without a version}, expected $back"
! exists "$RECIPE_CONTAINER" || engine rm -f "$RECIPE_CONTAINER" >/dev/null || exit
engine rename "$kept" "$RECIPE_CONTAINER" && engine start "$RECIPE_CONTAINER"
`;

const preview = `
require_version "$RUNBOOK_VERSION"
now=$(version_of "$RECIPE_CONTAINER")
printf '%s\\n' "$RECIPE_CONTAINER: \${now:-no container of ours} -> $RECIPE_IMAGE:$RUNBOOK_VERSION"
`;

export function dockerParts(
  recipe: z.output<typeof dockerSchema>,
): RecipeParts {
  const env = {
    RECIPE_ENGINE: recipe.engine,
    RECIPE_IMAGE: recipe.image,
    RECIPE_CONTAINER: recipe.container,
    RECIPE_STOP_S: String(recipe.stopS),
  };
  const words = [String(recipe.run.length), ...recipe.run, ...recipe.command];
  return {
    steps: {
      precheck: look(env, [tools, precheck]),
      fetch: job(env, [tools, fetch]),
      apply: { ...jobWithWords(env, [tools, apply], words), timeoutS: 900 },
      ready: look(env, [tools, ready]),
      version: look(env, [tools, version]),
      undo: job(env, [tools, undo], 900),
      preview: look(env, [tools, preview]),
    },
    extra: [],
  };
}
