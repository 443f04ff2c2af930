import { performance } from "node:perf_hooks";
import type { PostgresLab } from "../../lab/postgres/lab";
import { databases } from "../../lab/postgres/schema";

/** pg_amcheck looks at these; a database without the extension is skipped, and is no proof. */
const everywhere = ["template1", "postgres", ...databases].join(" ");

/**
 * What a careful person types: the same commands with the same options, nothing around them. Each line that fails ends the
 * script, and each level that passed is named. `$1` the work folder, `$2` the connection to the primary, `$3` its socket's folder, `$4` its port.
 */
const script = `
set -e
work=$1 conn=$2 socket=$3 port=$4
copy=$work/bare/copy scratch=$work/bare/scratch sock=$work/bare/sock
mkdir -p "$work/bare" "$sock"
for db in ${everywhere}; do
  psql -XAtq -h "$socket" -p "$port" -d "$db" -c "create extension if not exists amcheck"
done
psql -XAtq -h "$socket" -p "$port" -d postgres -c "select pg_create_physical_replication_slot('bare', true)" >/dev/null
pg_basebackup -d "$conn" -D "$copy" -Fp -X stream -S bare -c fast --manifest-checksums=SHA256 --no-password
pg_verifybackup -e "$copy" >/dev/null; echo V1 V2 V3
cp -a --reflink=auto "$copy" "$scratch"
touch "$scratch/recovery.signal"
cat >>"$scratch/postgresql.auto.conf" <<C
port = 5432
listen_addresses = ''
unix_socket_directories = '$sock'
restore_command = '/bin/false'
recovery_target = 'immediate'
recovery_target_action = 'pause'
archive_mode = off
autovacuum = off
C
pg_ctl -D "$scratch" -w -t 3600 -l "$work/bare/scratch.log" start >/dev/null; echo V5
pg_amcheck -h "$sock" -p 5432 -a --heapallindexed -j 2 >/dev/null & checking=$!
{ for db in ${databases.join(" ")}; do pg_dump -h "$sock" -p 5432 -Fc -Z0 --no-sync -f /dev/null "$db"; done
  pg_dumpall -h "$sock" -p 5432 -g --no-sync >/dev/null; } & dumping=$!
for db in ${databases.join(" ")}; do
  for side in "$socket $port" "$sock 5432"; do
    set -- $side
    psql -XAtq -h "$1" -p "$2" -d "$db" -c "select format('set enable_indexscan=off; set enable_indexonlyscan=off; select count(*), sum(hashtextextended(t::text,0)::numeric) from %s t;', c.oid::regclass) from pg_class c where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1" |
      psql -XAtq -h "$1" -p "$2" -d "$db" >"$work/bare/rows-$(basename "$1")-$db"
  done
  cmp "$work/bare/rows-$(basename "$socket")-$db" "$work/bare/rows-$(basename "$sock")-$db"
done
echo V8
wait $checking; echo V6; wait $dumping; echo V7
pg_ctl -D "$scratch" -w -m fast stop >/dev/null
pg_checksums --check -D "$scratch" >/dev/null; echo V4
`;

const cleaning = `
pg_ctl -D "$1/bare/scratch" -m immediate stop >/dev/null 2>&1
rm -rf "$1/bare"
psql -XAtq -h "$2" -p "$3" -d postgres -c "select pg_drop_replication_slot('bare')" >/dev/null 2>&1
for db in ${everywhere}; do
  psql -XAtq -h "$2" -p "$3" -d "$db" -c "drop extension if exists amcheck" >/dev/null 2>&1
done
:
`;

export interface BareTimes {
  readonly ms: number;
  /** Those that passed. */
  readonly levels: readonly string[];
}

/** The bare commands from the slot to page checksums. @throws Error with what a command said */
export async function bareRun({ postgres }: PostgresLab): Promise<BareTimes> {
  const { primary, replica, work, passfile, password, bin } = postgres.place;
  const { socketFolder, port, address } = primary;
  const conn = `host=${address} port=${port} user=repl passfile=${passfile}`;
  const env = `export PGUSER=postgres PGPASSWORD=${password} PATH=${bin}:$PATH;`;
  const began = performance.now();
  try {
    const said = await replica.run([
      ...(["sh", "-c", env + script, "sh"] as const),
      ...[work, conn, socketFolder, String(port)],
    ]);
    const levels = said.split(/\s+/).filter((word) => /^V\d$/.test(word));
    return { ms: performance.now() - began, levels: levels.sort() };
  } finally {
    await replica.run([
      ...(["sh", "-c", env + cleaning, "sh"] as const),
      ...[work, socketFolder, String(port)],
    ]);
  }
}
