/** What a standby needs at least as much of as its primary has, and the control file's name for it. */
const atLeast = [
  ["max_connections", "max_connections"],
  ["max_worker_processes", "max_worker_processes"],
  ["max_wal_senders", "max_wal_senders"],
  ["max_prepared_transactions", "max_prepared_xacts"],
];

/**
 * POSIX sh: $1 the backup, $2 the folder of scratch copies, $3 the name of this one, $4 its owner line, $5 the folder of its
 * socket, $6 postgresql.conf, $7 seconds for the start, $8 a role, $9 a database, ${10} SQL that says where it stands, ${11} its port. Copies,
 * seals, starts, and prints `bytes <n>` while it copies and `state <json>` once the replay stands still.
 */
export const openScript = `
backup=$1 parent=$2 name=$3 owner=$4 sock=$5 conf=$6 limit=$7 role=$8 database=$9
shift 9
state=$1 port=$2
scratch=$parent/$name
fail() { echo "$2" >&2; exit "$1"; }
mkdir -p "$parent" "$sock" || exit 1
[ ! -e "$scratch" ] && [ ! -L "$scratch" ] || fail 66 "$scratch exists"
cd -P "$parent" && [ "$(pwd -P)" = "$parent" ] || fail 67 "a link leads $parent elsewhere"
printf '%s\\n' "$owner" >"$name.owner" || exit 1
cp --help 2>&1 | grep -q reflink && reflink=--reflink=auto || reflink=-p
copy() {
  cp -a "$reflink" "$1" "$2" & copying=$!
  looks=0
  while kill -0 $copying 2>/dev/null; do
    looks=$((looks + 1))
    [ $looks -gt 20 ] || { sleep 0.1; continue; }
    echo "bytes $(($(du -skL "$scratch" 2>/dev/null | cut -f 1) * 1024))"
    sleep 5
  done
  wait $copying
}
copy "$backup" "$scratch" || fail 1 "the copy of $backup failed"
for link in "$scratch"/pg_tblspc/*; do
  [ -L "$link" ] || continue
  oid=\${link##*/} from=$(cd -P "$link" && pwd -P) || exit 1
  mkdir -p "$scratch.tblspc" && copy "$from" "$scratch.tblspc/$oid" || fail 1 "the copy of tablespace $oid failed"
  rm -f "$link" && ln -s "$scratch.tblspc/$oid" "$link" || exit 1
done
cd "$scratch" || exit 1
rm -f standby.signal postmaster.pid postmaster.opts recovery.conf
control() { pg_controldata -D . | sed -n "s/^$1 setting: *//p"; }
{
  printf '%s' "$conf"
${atLeast.map(([name, inControl]) => `  echo "${name} = $(control ${inControl})"`).join("\n")}
  # A dump locks every table in one transaction: 300,000 locks take 80 MB.
  locks=$((300000 / ($(control max_connections) + $(control max_prepared_xacts) + 1)))
  [ "$locks" -gt "$(control max_locks_per_xact)" ] || locks=$(control max_locks_per_xact)
  echo "max_locks_per_transaction = $locks"
} >postgresql.conf
: >postgresql.auto.conf; : >recovery.signal; : >pg_ident.conf
echo 'local all all trust' >pg_hba.conf
if ! pg_ctl -D "$scratch" -w -t "$limit" -l scratch.log start >/dev/null 2>&1 </dev/null; then
  pg_ctl -D "$scratch" -m immediate -w stop >/dev/null 2>&1
  tail -n 20 scratch.log >&2
  exit 65
fi
tries=0
while :; do
  seen=$(psql -XAtq -v ON_ERROR_STOP=1 -h "$sock" -p "$port" -U "$role" -d "$database" -c "$state") || fail 65 "its state cannot be asked"
  case $seen in *'"pause":"paused"'*) break ;; esac
  tries=$((tries + 1))
  [ $tries -lt 100 ] || break
  sleep 0.1
done
echo "state $seen"
if [ -f backup_label.old ] && [ ! -e backup_label ]; then echo label used; fi
if grep -q 'consistent recovery state reached' scratch.log; then echo consistent yes; fi
`;

/** A stopped copy keeps recovery.signal: it starts sealed as before, and stands still where it stood. */
const wake = `
runs() { pg_ctl -D "$1" status >/dev/null 2>&1; }
wake() {
  runs "$1" && return
  [ -d "$1" ] || { echo "$1 is gone" >&2; exit 66; }
  # Another level may be first, and processes of a server that was killed leave one by one.
  for try in 1 2 3 4 5; do
    pg_ctl -D "$1" -w -t 3600 -l "$1/scratch.log" start >/dev/null 2>&1 </dev/null
    runs "$1" && return
    sleep 1
  done
  tail -n 5 "$1/scratch.log" >&2
  exit 65
}
`;

/** $1 the scratch copy: runs again after its host booted, or after a level that had it stopped. */
export const wakeScript = `${wake}
wake "$1"
`;

/** $1 the scratch copy: a clean stop; one that broke down is started for it. */
export const closeScript = `${wake}
[ -e "$1/postmaster.pid" ] || exit 0
wake "$1"
exec pg_ctl -D "$1" -m fast -w -t 3600 stop </dev/null
`;

/** $1 the scratch copy, $2 the folder of its socket, $3 its owner line. It is thrown away: how it stops does not matter. */
export const killScript = `${wake}
held=
[ -f "$1.owner" ] && [ ! -L "$1.owner" ] && read -r held <"$1.owner"
[ "$held" = "$3" ] || exit 0
if runs "$1"; then pg_ctl -D "$1" -m immediate -w -t 60 stop </dev/null || exit; fi
rm -f "$2"/.s.PGSQL.*
rmdir "$2" 2>/dev/null
exit 0
`;
