import { z } from "zod";
import type { RecipeParts } from "./expand";
import { releaseFields, versionsTo } from "./fields";
import { releaseParts } from "./releases";
import { linesOf } from "./shell";

const urlSchema = z
  .string()
  .regex(
    /^https?:\/\/(?![^/]*@)\S+$/,
    "expected a URL of http or https without user and password\nhint: curl reads those from the host's ~/.netrc",
  );

export const tarballSchema = z
  .strictObject({
    kind: z.literal("tarball"),
    /** `{{version}}` is filled in. Absent: the artifact of the component's `build`. */
    url: urlSchema.optional(),
    /** The checksum of each version, or where a list as sha256sum prints it stands. */
    sha256: z
      .union([
        versionsTo(/^[0-9a-f]{64}$/, "a SHA-256 of 64 hex digits"),
        z.strictObject({ url: urlSchema }),
      ])
      .optional(),
    /** The archive holds one folder: its content is the release. */
    strip: z.boolean().default(false),
    ...releaseFields,
  })
  .refine(({ url, sha256 }) => url === undefined || sha256 !== undefined, {
    path: ["sha256"],
    message:
      "expected the checksum of each version, or the url of a list\nhint: what nobody can check is not unpacked",
  });

const programs = `
require_programs tar readlink
[ -z "$RECIPE_URL" ] || command -v curl >/dev/null || command -v wget >/dev/null || fail "this host has neither curl nor wget"
command -v sha256sum >/dev/null || command -v shasum >/dev/null || command -v openssl >/dev/null || fail "this host has no sha256sum, shasum or openssl"
`;

const fetch = `
require_version "$RUNBOOK_VERSION"
sum_of() {
  if command -v sha256sum >/dev/null; then set -- $(sha256sum <"$1")
  elif command -v shasum >/dev/null; then set -- $(shasum -a 256 <"$1")
  else set -- $(openssl dgst -sha256 -r <"$1")
  fi
  printf '%s\\n' "$1"
}
get() {
  if command -v curl >/dev/null; then
    curl -fsSL --proto =http,https --netrc-optional --retry 2 --connect-timeout 20 -o "$2" "$1"
  else
    wget -q -T 60 -O "$2" "$1"
  fi || fail "cannot get $1"
}
mkdir -p "$releases" "$dir/downloads" || exit 1
rm -rf "$releases"/.draft.* "$dir"/downloads/.part.*
part=$dir/downloads/.part.$$
if [ -n "$RECIPE_URL" ]; then
  expected=$(look_up "$RECIPE_SUMS" "$RUNBOOK_VERSION")
  if [ -n "$RECIPE_SUMS_URL" ]; then
    get "$RECIPE_SUMS_URL" "$part"
    name=\${RECIPE_URL##*/}
    expected=$(awk -v name="\${name%%[?#]*}" '{ sub(/\\r$/, "") } $2 == name || $2 == "*" name { print $1; exit }' "$part")
  fi
  [ -n "$expected" ] || fail "no checksum is known for $RUNBOOK_VERSION; nothing was unpacked"
else
  expected=\${RUNBOOK_ARTIFACT_SHA256:?no artifact was built for this run}
fi
known=$(cat "$dir/downloads/$RUNBOOK_VERSION.sha256" 2>/dev/null)
if [ -d "$releases/$RUNBOOK_VERSION" ]; then
  [ "$known" != "$expected" ] || { printf '%s\\n' "$RUNBOOK_VERSION is here already"; exit 0; }
  case $RUNBOOK_VERSION in
    "$(name_of current)" | "$(name_of previous)") fail "$RUNBOOK_VERSION is here with checksum \${known:-unknown}, expected $expected: release under a new name" ;;
  esac
  rm -rf "$releases/$RUNBOOK_VERSION"
fi
if [ -n "$RECIPE_URL" ]; then
  get "$RECIPE_URL" "$part"
  archive=$part
else
  archive=$RUNBOOK_ARTIFACT
fi
sum=$(sum_of "$archive")
[ "$sum" = "$expected" ] || { rm -f "$part"; fail "checksum of \${RECIPE_URL:-$archive} is $sum, expected $expected; nothing was unpacked"; }

draft=$releases/.draft.$$
mkdir "$draft" || exit 1
# Not every tar looks into the file for how it is packed.
case \${RECIPE_URL:-$archive} in
  *.gz | *.tgz) packed=z ;;
  *.bz2) packed=j ;;
  *.xz | *.txz) packed=J ;;
  *) packed= ;;
esac
climbs() {
  rm -rf "$draft" "$draft.list" "$draft.said" "$part"
  fail "an entry of the archive climbs out of its folder: $1; nothing was unpacked"
}
tar -t\${packed}f "$archive" >"$draft.list" 2>"$draft.said" || fail "tar cannot read \${RECIPE_URL:-$archive}: $(cat "$draft.said")"
# A tar that mends such names as it lists them says so.
said=$(grep -i 'removing leading' "$draft.said") && climbs "$said"
while IFS= read -r entry; do
  case /$entry/ in
    //* | */../*) climbs "$entry" ;;
  esac
done <"$draft.list"
tar -x\${packed}of "$archive" -C "$draft" || fail "tar cannot unpack \${RECIPE_URL:-$archive}"
content=$draft
if [ "$RECIPE_STRIP" = true ]; then
  set -- "$draft"/* "$draft"/.[!.]*
  content=
  for entry; do
    [ -e "$entry" ] || continue
    [ -z "$content" ] && [ -d "$entry" ] || fail "the archive holds more than one folder; set strip: false"
    content=$entry
  done
  [ -n "$content" ] || fail "the archive is empty"
fi
write_whole "$dir/downloads/$RUNBOOK_VERSION.sha256" "$expected" || exit 1
mv "$content" "$releases/$RUNBOOK_VERSION" || exit 1
rm -rf "$draft" "$draft.list" "$draft.said" "$part"
printf '%s\\n' "unpacked $RUNBOOK_VERSION, sha256 $sum"
`;

const preview = `
require_version "$RUNBOOK_VERSION"
in_use=$(name_of current)
printf '%s\\n' "$dir/current: \${in_use:-nothing} -> $RUNBOOK_VERSION"
if [ -d "$releases/$RUNBOOK_VERSION" ]; then printf '%s\\n' "is here already"
else printf '%s\\n' "unpacks \${RECIPE_URL:-the artifact of the build}"
fi
`;

export function tarballParts(
  recipe: z.output<typeof tarballSchema>,
): RecipeParts {
  const { url = "", sha256 = {}, strip } = recipe;
  const list = typeof sha256["url"] === "string" ? sha256["url"] : "";
  return releaseParts(recipe, {
    env: {
      RECIPE_URL: url,
      RECIPE_SUMS: list === "" ? linesOf(sha256) : "",
      RECIPE_SUMS_URL: list,
      RECIPE_STRIP: String(strip),
    },
    precheck: programs,
    fetch,
    preview,
  });
}
