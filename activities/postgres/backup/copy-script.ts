import { manifestScript } from "./manifest-script";

/**
 * What a copy runs within, on the replica's host: POSIX sh. The owner file is there before the folder, and the file that says
 * "done" is written last, from the manifest: a copy is finished when that file exists, and never by an exit code alone.
 */
const open = `
LC_ALL=C; export LC_ALL
parent=$1 name=$2 owner=$3 system=$4; shift 4
fail() { echo "rb: $*" >&2; exit 75; }
mkdir -p "$parent" || exit 1
cd -P "$parent" || exit 1
[ "$(pwd -P)" = "$parent" ] || fail "a symbolic link leads from $parent to $(pwd -P)"
began=$(date +%s)
synced() { dd if=/dev/null of="$1" conv=notrunc,fsync 2>/dev/null; }
make() {
  [ ! -e "$name" ] && [ ! -L "$name" ] && [ ! -e "$name.tblspc" ] && [ ! -e "$name.owner" ] || fail "$parent/$name exists"
  echo "$owner" >"$name.owner" && synced "$name.owner" || exit 1
  mkdir "$name" "$name.tblspc" || exit 1
}
`;
const begin = `${open}
make
`;
/** In the folder that the same attempt had when it was stopped; else in a new one. */
const beginOrGoOn = `${open}
is_ours() {
  [ -f "$name.owner" ] && [ ! -L "$name.owner" ] && [ ! -L "$name" ] && [ ! -L "$name.tblspc" ] && [ ! -e "$name.done" ] || return 1
  held=
  read -r held <"$name.owner"
  [ "$held" = "$owner" ]
}
if is_ours; then mkdir -p "$name" "$name.tblspc" || exit 1; else make; fi
`;

/** Takes `kind` and `id`. */
const finish = `
manifest=$name/backup_manifest
[ -s "$manifest" ] || fail "it ended well and left no backup_manifest"
seen=$(pg_controldata -D "$name" | sed -n 's/^Database system identifier: *//p')
[ "$seen" = "$system" ] || fail "it is a copy of cluster \${seen:-unknown}, expected $system"
sum=$(sed -n 's/^"Manifest-Checksum": "\\([0-9a-f]*\\)"}$/\\1/p' "$manifest")
range=$(tail -n 50 "$manifest" | sed -n 's/.*"Timeline": \\([0-9]*\\), "Start-LSN": "\\([0-9A-F/]*\\)", "End-LSN": "\\([0-9A-F/]*\\)".*/\\1 \\2 \\3/p')
[ -n "$sum" ] && [ -n "$range" ] || fail "its backup_manifest has no checksum, or no range of WAL"
bytes=$(awk '{ if (match($0, /"Size": [0-9]+/)) sum += substr($0, RSTART + 8, RLENGTH - 8) } END { printf "%.0f", sum }' "$manifest")
read -r timeline start end <<RANGE
$(echo "$range" | head -n 1)
RANGE
read -r timeline rest end <<RANGE
$(echo "$range" | tail -n 1)
RANGE
printf '{"kind":"%s","backupId":"%s","systemIdentifier":"%s","bytes":%s,"manifestSha256":"%s","startLsn":"%s","endLsn":"%s","timeline":%s,"tookMs":%s}\\n' \\
  "$kind" "$id" "$system" "$bytes" "$sum" "$start" "$end" "$timeline" $((($(date +%s) - began) * 1000)) >"$name.done.new" || exit 1
synced "$name.done.new"
mv "$name.done.new" "$name.done" || exit 1
cat "$name.done"
`;

/** Runs its words, which copy into the folder. */
export const copyScript = `${begin}
"$@" || exit $?
kind=basebackup id=$name
${finish}`;

/**
 * Restores from pgBackRest's repository, by its words, and leaves the same as the copy above. `restore` asks for recovery by a
 * file even when it is told to configure none.
 */
export const restoreScript = `${beginOrGoOn}
id=$1 timeline=$2 start=$3 end=$4 major=$5 processes=$6 seconds=$7; shift 7
kind=pgbackrest began=$((began - seconds))
"$@" || exit $?
rm -f "$name/recovery.signal" || exit 1
${manifestScript}
${finish}`;

/**
 * Tells of each attempt of a run: number, folder, bytes, seconds, and the line that says done. A rename publishes a copy, and
 * leaves the files beside it.
 */
export const lookScript = `
LC_ALL=C; export LC_ALL
parent=$1 short=$2 only=$3
cd -P "$parent" 2>/dev/null || exit 0
modified() { stat -c %Y "$1" 2>/dev/null || stat -f %m "$1"; }
all_modified() { find "$@" -type f -exec stat -c %Y {} + 2>/dev/null || find "$@" -type f -exec stat -f %m {} +; }
for owner in "$short"-$only.owner; do
  [ -e "$owner" ] || continue
  name=\${owner%.owner} n=\${owner%.owner}; n=\${n#"$short"-}
  case $n in '' | *[!0-9]*) continue ;; esac
  folder=partial kb=0 took=0 done=
  [ ! -e "$name.done" ] || { read -r done <"$name.done"; folder=finished; }
  if [ ! -d "$name" ]; then folder=gone
  elif [ $folder = partial ]; then
    set -- $(du -sk "$name" "$name.tblspc" 2>/dev/null | awk '{ sum += $1 } END { print sum + 0 }') && kb=$1
    last=$(all_modified "$name" 2>/dev/null | sort -n | tail -n 1)
    first=$(modified "$owner")
    took=$((\${last:-$first} - first))
    [ $took -ge 0 ] || took=0
  else
    sum=$(tail -n 1 "$name/backup_manifest" 2>/dev/null | sed -n 's/^"Manifest-Checksum": "\\([0-9a-f]*\\)"}$/\\1/p')
    case $done in *"\${sum:-none}"*) ;; *) folder=partial ;; esac
  fi
  echo "$n $folder $kb $took $done"
done
`;
