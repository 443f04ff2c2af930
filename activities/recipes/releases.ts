import type { RecipeParts } from "./expand";
import { job, look } from "./shell";

/**
 * Releases side by side under one folder, and links that are switched by one rename(2):
 *
 *   releases/<version>   appears whole, never changes
 *   current, previous    the release in use, and the one before it
 *   .running             the release that the service was last restarted with
 */
const releasesScript = `
dir=$RECIPE_DIR
releases=$dir/releases
name_of() {
  target=$(readlink "$dir/$1" 2>/dev/null) || return 0
  printf '%s\\n' "\${target##*/}"
}
# By rename, so that nobody ever finds the link missing: mv of GNU and busybox, of BSD, or perl.
point() {
  [ -L "$dir/$1" ] || [ ! -e "$dir/$1" ] || fail "$dir/$1 is no link; move it away first"
  draft=$dir/.$1.$$
  rm -f "$draft"
  ln -s "releases/$2" "$draft" || exit 1
  mv -fT "$draft" "$dir/$1" 2>/dev/null && return
  mv -fh "$draft" "$dir/$1" 2>/dev/null && return
  perl -e 'rename $ARGV[0], $ARGV[1] or die "$!\\n"' "$draft" "$dir/$1" && return
  rm -f "$draft"
  fail "cannot switch $dir/$1 by one rename: needs mv -T, mv -h or perl"
}
# The previous link goes first: cut off in between, the same call does the rest.
switch_to() {
  [ -d "$releases/$1" ] || fail "$releases/$1 is not there"
  in_use=$(name_of current)
  [ "$in_use" != "$1" ] || return 0
  [ -e "$dir/.running" ] || write_whole "$dir/.running" "\${in_use:-none}" || exit 1
  [ -z "$in_use" ] || point previous "$in_use"
  point current "$1"
  printf 'switched %s to %s\\n' "$dir/current" "$1"
}
keep_two() {
  in_use=$(name_of current)
  before=$(name_of previous)
  [ -n "$in_use" ] || return 0
  for release in "$releases"/* "$releases"/.draft.*; do
    [ -e "$release" ] || continue
    case \${release##*/} in "$in_use" | "$before") ;; *) rm -rf "$release" ;; esac
  done
}
`;

const apply = `
require_version "$RUNBOOK_VERSION"
switch_to "$RUNBOOK_VERSION"
`;

/** A restart that never came is no restart: then the answer is not the version, and the next visit does the whole. */
const version = `
in_use=$(name_of current)
[ -n "$in_use" ] || exit 0
running=$in_use
[ ! -r "$dir/.running" ] || read -r running <"$dir/.running"
if [ "$running" = "$in_use" ]; then printf '%s\\n' "$in_use"
else printf '%s, not restarted yet\\n' "$in_use"
fi
`;

const settle = `
in_use=$(name_of current)
[ -z "$in_use" ] || write_whole "$dir/.running" "$in_use" || exit 1
keep_two
`;

const undo = `
back=\${RUNBOOK_PREVIOUS-}
back=\${back%%,*}
if [ -z "$back" ]; then
  if [ "$(name_of current)" != "\${RUNBOOK_VERSION-}" ]; then
    printf '%s\\n' "current is not \${RUNBOOK_VERSION-}: nothing to undo"
    exit 0
  fi
  back=$(name_of previous)
  [ -n "$back" ] || fail "no previous release is kept in $dir"
fi
require_version "$back"
[ -d "$releases/$back" ] || fail "$back is no longer kept in $releases; bring it back by a run of its own"
switch_to "$back"
write_whole "$dir/.running" "$back"
`;

const room = `
existing=$dir
while [ ! -d "$existing" ]; do
  existing=\${existing%/*}
  existing=\${existing:-/}
done
[ -w "$existing" ] || fail "this user cannot write to $existing"
[ -L "$dir/current" ] || [ ! -e "$dir/current" ] || fail "$dir/current is no link; move it away first"
free=$(df -Pk "$existing" | awk 'NR > 1 { print $(NF - 2) }')
[ "$free" -ge $((RECIPE_FREE_MB * 1024)) ] || fail "only $((free / 1024)) MB are free in $existing, expected $RECIPE_FREE_MB"
`;

export interface ReleaseFields {
  readonly dir: string;
  readonly freeMb: number;
}

/** What git and tarball share: they differ in how a release comes to be. */
export function releaseParts(
  { dir, freeMb }: ReleaseFields,
  own: {
    readonly env: Readonly<Record<string, string>>;
    readonly precheck: string;
    readonly fetch: string;
    readonly preview: string;
  },
): RecipeParts {
  const env = {
    ...own.env,
    RECIPE_DIR: dir,
    RECIPE_FREE_MB: String(freeMb),
  };
  const base = { RECIPE_DIR: dir };
  return {
    steps: {
      precheck: look(env, [releasesScript, room, own.precheck]),
      fetch: job(env, [releasesScript, own.fetch]),
      apply: job(base, [releasesScript, apply], 300),
      version: look(base, [releasesScript, version]),
      undo: job(base, [releasesScript, undo], 300),
      preview: look(env, [releasesScript, own.preview]),
    },
    extra: [
      {
        name: "settle",
        after: "restart",
        ...job(base, [releasesScript, settle], 600),
      },
    ],
  };
}
