import { lastWords } from "../ssh/job-failure";
import { postgresError } from "./errors";
import { type OwnedKind, ownedFolder, ownerLine } from "./owned-folder";
import type { PostgresServer, Programs, RunMark } from "./port";

/** Hundreds of thousands of files. */
const removalMs = 30 * 60_000;

export interface Removal {
  readonly run: RunMark;
  readonly kind: OwnedKind;
  readonly n: number;
  /** Of the cluster that the folder may hold a copy of. */
  readonly systemIdentifier: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Removes a folder that this run made, with its tablespaces and the files beside it; may be repeated. The only place in the
 * product that removes a data directory: everything is proven on the host right before, and nothing is removed on a doubt.
 *
 * @throws postgres.notOurs when anything is not as it must be: then nothing was removed; ssh.*
 */
export async function removeOwned(
  programs: Programs,
  server: PostgresServer,
  { run, kind, n, systemIdentifier, signal }: Removal,
): Promise<"removed" | "absent"> {
  const { name, path } = ownedFolder(server, run, kind, n);
  const owner = ownerLine(run, server, systemIdentifier);
  const { workFolder, dataDirectory } = server;
  const ended = await programs.script(server, {
    script: guardedRemoval,
    args: [workFolder, kind, name, owner, dataDirectory, systemIdentifier],
    ...{ timeoutMs: removalMs, signal },
  });
  const [word = "", ...reason] = ended.stdout.trim().split(" ");
  if (ended.exitCode === 0 && (word === "removed" || word === "absent"))
    return word;
  const why =
    word === "refused"
      ? reason.join(" ")
      : `the removal ended with ${ended.exitCode}${lastWords(ended)}`;
  throw postgresError(word === "refused" ? "notOurs" : "unexpected", {
    seen: `${path} on ${server.id} was not removed: ${why}`,
    facts: { path, host: server.id },
  });
}

/**
 * POSIX sh with `-ef` and `-O`, which dash, bash and busybox have. All paths are looked at from within the parent folder, so
 * that none is led elsewhere between look and removal. The owner file goes last: an interrupted removal is taken up again.
 */
export const guardedRemoval = `
LC_ALL=C; export LC_ALL
work=$1 kind=$2 name=$3 owner=$4 data=$5 system=$6
refuse() { echo "refused $*"; exit 65; }
case $kind in attempts | scratch) ;; *) refuse "$kind is no folder of runs" ;; esac
short=\${name%-*} n=\${name##*-}
case $short in *[!0-9a-f]*) short= ;; esac
case $n in '' | *[!0-9]*) short= ;; esac
[ \${#short} = 12 ] || refuse "$name is no name of a run's folder"
case $work in /?*) ;; *) refuse "$work is no absolute path" ;; esac
case $work/ in */../* | */./* | *//*) refuse "$work is not a plain path" ;; esac
[ -n "$system" ] || refuse "no system identifier was given"
parent=$work/$kind path=$work/$kind/$name
[ -e "$parent" ] || [ -L "$parent" ] || { echo absent; exit 0; }
cd -P "$parent" 2>/dev/null || refuse "$parent is no folder"
[ "$(pwd -P)" = "$parent" ] || refuse "a symbolic link leads to $(pwd -P)"

exists() { [ -e "$1" ] || [ -L "$1" ]; }
exists "$name" || exists "$name.tblspc" || exists "$name.done" || exists "$name.owner" || { echo absent; exit 0; }
[ -f "$name.owner" ] && [ ! -L "$name.owner" ] || refuse "no owner file says that it is ours"
held=
read -r held <"$name.owner"
[ "$held" = "$owner" ] || refuse "its owner file says $held"
# A pin keeps a copy: one that was published is a server's data, and its pin keeps nothing any more.
exists "$name.pin" && exists "$name" && refuse "it is pinned"

# A server runs as the owner of its data directory. A pid may have come again: one whose working folder can be seen, and is
# another one, is no server here.
serves() {
  read -r pid rest <"$1" || return 1
  pid=\${pid#-}
  case $pid in '' | *[!0-9]*) return 1 ;; esac
  if [ ! -d /proc/self ]; then kill -0 "$pid" 2>/dev/null; return; fi
  [ -O "/proc/$pid" ] || return 1
  [ ! -e "/proc/$pid/cwd" ] || [ "/proc/$pid/cwd" -ef "\${1%/*}" ]
}
plain() {
  exists "$1" || return 0
  [ -d "$1" ] && [ ! -L "$1" ] || refuse "$1 is no folder of its own"
  [ -O "$1" ] || refuse "$1 belongs to another user"
  real=$(cd -P "$data" 2>/dev/null && pwd -P)
  case \${real:-$data}/ in "$parent/$1"/*) refuse "the data directory $data lies in it" ;; esac
  case $parent/$1/ in "\${real:-$data}"/*) refuse "it lies in the data directory $data" ;; esac
  [ "$1" -ef "$data" ] && refuse "it is the data directory $data"
  for file in $(find "$1" -name postmaster.pid); do
    serves "$file" && refuse "a server runs on \${file%/*}"
  done
  for cwd in /proc/[0-9]*/cwd; do
    [ "$cwd" -ef "$1" ] && refuse "a process works in it: \${cwd%/cwd}"
  done
  return 0
}
plain "$name"
plain "$name.tblspc"
# A control file of another length was cut off, and belongs to no cluster.
control=$name/global/pg_control
if [ -e "$control" ] && [ "$(wc -c <"$control")" -eq 8192 ]; then
  seen=$(pg_controldata -D "$name" 2>/dev/null | sed -n 's/^Database system identifier: *//p')
  [ "$seen" = "$system" ] || refuse "it holds the cluster \${seen:-of an unreadable control file}"
fi

within=
rm --help 2>&1 | grep -q one-file-system && within=--one-file-system
rm -rf $within -- "$name" "$name.tblspc" || exit 1
rm -rf -- "$name.pin" && rm -f -- "$name.done" "$name.done.new" "$name".sums* || exit 1
rm -f -- "$name.owner" || exit 1
echo removed
`;
