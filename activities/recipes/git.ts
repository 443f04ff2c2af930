import { z } from "zod";
import type { RecipeParts } from "./expand";
import { releaseFields, versionsTo } from "./fields";
import { releaseParts } from "./releases";
import { linesOf } from "./shell";

export const gitSchema = z.strictObject({
  kind: z.literal("git"),
  /** Anything `git fetch` reads: ssh, https, a path. Credentials come from the host: its keys or credential helper. */
  url: z
    .string()
    .regex(
      /^(?!-)(?!\w+::)(?!\w+:\/\/[^@/]*:[^@/]*@)\S+$/,
      "expected a repository without a password in it, such as git@example.com:shop.git",
    ),
  /** Commits that these versions must be, so that a tag moved during the run is found on the first host that sees it. */
  pins: versionsTo(/^[0-9a-f]{40}([0-9a-f]{24})?$/, "a full commit").optional(),
  ...releaseFields,
});

const repository = `
mirror=$dir/repo.git
export GIT_TERMINAL_PROMPT=0
export GIT_SSH_COMMAND="\${GIT_SSH_COMMAND:-ssh -o BatchMode=yes}"
# Tags of the repository stay apart from what this host has pinned: another tag that moved is no matter here.
fetch_into() {
  git -C "$1" fetch --quiet --prune --no-tags -- "$RECIPE_URL" '+refs/heads/*:refs/heads/*' '+refs/tags/*:refs/upstream/*'
}
# A tag, or a commit of seven digits or more; a branch would be another thing on the next host.
commit_in() {
  git -C "$1" rev-parse --quiet --verify "refs/upstream/$RUNBOOK_VERSION^{commit}" && return
  case $RUNBOOK_VERSION in *[!0-9a-f]* | ?????? | ????? | ???? | ??? | ?? | ?) return 1 ;; esac
  git -C "$1" rev-parse --quiet --verify "$RUNBOOK_VERSION^{commit}"
}
`;

const fetch = `
require_version "$RUNBOOK_VERSION"
mkdir -p "$releases" || exit 1
if [ ! -d "$mirror" ]; then
  rm -rf "$mirror.draft"
  git init --quiet --bare "$mirror.draft" && mv "$mirror.draft" "$mirror" || exit 1
fi
fetch_into "$mirror" || fail "cannot fetch $RECIPE_URL"
commit=$(commit_in "$mirror") || fail "$RUNBOOK_VERSION is neither a tag nor a commit of $RECIPE_URL"
expected=$(look_up "$RECIPE_PINS" "$RUNBOOK_VERSION")
[ "\${expected:-$commit}" = "$commit" ] || fail "$RUNBOOK_VERSION is $commit in $RECIPE_URL, expected $expected as pinned: the tag has moved"
pinned=$(git -C "$mirror" rev-parse --quiet --verify "refs/pinned/$RUNBOOK_VERSION")
[ "\${pinned:-$commit}" = "$commit" ] || fail "$RUNBOOK_VERSION is $commit in $RECIPE_URL, and was $pinned when this host had it before: the tag has moved; release under a new name"
if [ -d "$releases/$RUNBOOK_VERSION" ]; then
  [ -n "$pinned" ] || fail "$releases/$RUNBOOK_VERSION was not made by this recipe; move it away first"
  printf '%s\\n' "$RUNBOOK_VERSION ($commit) is here already"
  exit 0
fi
git -C "$mirror" update-ref "refs/pinned/$RUNBOOK_VERSION" "$commit" || exit 1
rm -rf "$releases"/.draft.*
draft=$releases/.draft.$$
mkdir "$draft" || exit 1
GIT_INDEX_FILE=$draft.index git --git-dir="$mirror" --work-tree="$draft" read-tree --reset -u "$commit" || exit 1
rm -f "$draft.index"
mv "$draft" "$releases/$RUNBOOK_VERSION" || exit 1
printf '%s\\n' "checked out $RUNBOOK_VERSION ($commit)"
`;

/** Fetches into a folder that goes away again, so that a host without the new commits can tell of them unchanged. */
const preview = `
require_version "$RUNBOOK_VERSION"
in_use=$(name_of current)
printf '%s\\n' "$dir/current: \${in_use:-nothing} -> $RUNBOOK_VERSION"
[ -d "$mirror" ] || { printf '%s\\n' "first release here: clones $RECIPE_URL"; exit 0; }
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
git init --quiet --bare "$scratch/repo" || exit 1
printf '%s\\n' "$mirror/objects" >"$scratch/repo/objects/info/alternates"
fetch_into "$scratch/repo" || fail "cannot fetch $RECIPE_URL"
new=$(commit_in "$scratch/repo") || fail "$RUNBOOK_VERSION is neither a tag nor a commit of $RECIPE_URL"
old=$(git -C "$mirror" rev-parse --quiet --verify "refs/pinned/\${in_use:-none}") || exit 0
commits() { git -C "$scratch/repo" log --oneline --no-decorate "$@"; }
print_commits() {
  count=$(commits "$2" | wc -l)
  [ "$count" -gt 0 ] || return 0
  printf '%s\\n' "$1 $((count)):"
  commits -n 20 "$2"
}
print_commits "commits that come" "$old..$new"
print_commits "commits that go" "$new..$old"
`;

/** A release is a checkout of its own, without .git; the mirror beside them is fetched into. */
export function gitParts(recipe: z.output<typeof gitSchema>): RecipeParts {
  return releaseParts(recipe, {
    env: { RECIPE_URL: recipe.url, RECIPE_PINS: linesOf(recipe.pins) },
    precheck: "require_programs git readlink",
    fetch: repository + fetch,
    preview: repository + preview,
  });
}
