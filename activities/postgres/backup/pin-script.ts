/**
 * A pin is a file in the folder `.pin` beside the backup, named by the run that needs it: several may. Of a copy of ours a file
 * says that it is whole, of any other its manifest, which the tools write last. POSIX sh.
 */
export const pinScript = `
parent=$1 name=$2 short=$3
whole() { [ -d "$name" ] && { [ -e "$name.done" ] || { [ ! -e "$name.owner" ] && [ -s "$name/backup_manifest" ]; }; }; }
gone() { rm -rf "$name.pin/$short"; rmdir "$name.pin" 2>/dev/null; echo "rb: no finished backup is there" >&2; exit 75; }
cd -P "$parent" 2>/dev/null || { echo "rb: no finished backup is there" >&2; exit 75; }
whole || gone
mkdir -p "$name.pin" && : >"$name.pin/$short" || exit 1
# A removal that had begun before the pin was there has won.
whole || gone
`;

export const unpinScript = `
parent=$1 name=$2 short=$3
cd -P "$parent" 2>/dev/null || exit 0
rm -f "$name.pin/$short"
rmdir "$name.pin" 2>/dev/null
exit 0
`;

/**
 * While any run pins a backup of the stanza, nothing of it expires: pgBackRest has no pin of its own. One file for all of
 * them, since an option that is said twice is an error, which would stop the archiving of WAL as well: so it is taken
 * back at once when pgBackRest refuses it. Behind three words come those of `expire --dry-run`.
 */
export const suspendExpiryScript = `
folder=$1 stanza=$2 short=$3 text=$4; shift 4
cd "$folder" || exit 1
: >"rb-pin-$stanza-$short" || exit 1
[ -e "rb-pins-$stanza.conf" ] || made=1
printf '%s\\n' "$text" >"rb-pins-$stanza.new" && mv "rb-pins-$stanza.new" "rb-pins-$stanza.conf" || exit 1
"$@" && exit 0
code=$?
[ -z "$made" ] || rm -f "rb-pins-$stanza.conf"
rm -f "rb-pin-$stanza-$short"
exit $code
`;

export const resumeExpiryScript = `
folder=$1 stanza=$2 short=$3
cd "$folder" 2>/dev/null || exit 0
rm -f "rb-pin-$stanza-$short" || exit 1
for pin in "rb-pin-$stanza"-*; do [ -e "$pin" ] && exit 0; done
rm -f "rb-pins-$stanza.conf"
`;
