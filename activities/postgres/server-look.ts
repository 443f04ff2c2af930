import { type ControlData, readControlData } from "./control-data";
import type { PostgresServer, Programs } from "./port";

/**
 * Looks at a server from its host and changes nothing. A server is at work wherever a process of PostgreSQL has the data
 * directory as its own folder, whatever became of postmaster.pid; where there is no /proc, that file and its process decide.
 */
const script = `
data=$1 address=$2 port=$3 fence=$4
LC_ALL=C; export LC_ALL
[ -d "$data" ] || { echo "folder absent"; exit 0; }
real=$(cd "$data" && pwd -P) || exit 1
count=0
if [ -d /proc/self ]; then
  for pid in $(ls -ld /proc/[0-9]*/cwd 2>/dev/null | awk -v want="-> $real" 'substr($0, length($0) - length(want) + 1) == want { sub(/^.*\\/proc\\//, ""); sub(/\\/.*/, ""); print }'); do
    read -r name <"/proc/$pid/comm" || continue
    case $name in *postgres*|*postmaster*) count=$((count + 1)) ;; esac
  done 2>/dev/null
elif [ -r "$data/postmaster.pid" ]; then
  read -r pid <"$data/postmaster.pid"
  kill -0 "$pid" 2>/dev/null && count=1
fi
echo "folder present"
echo "processes $count"
for file in standby.signal recovery.signal promote; do
  if [ -e "$data/$file" ]; then echo "file $file"; fi
done
for file in "$data"/pg_wal/*.history; do
  if [ -e "$file" ]; then file=\${file##*/}; echo "history \${file%.history}"; fi
done
if [ -r "$fence" ]; then echo "fence $(cat "$fence")"; fi
"$RB_BIN/pg_isready" -q -t 3 -h "$address" -p "$port"
echo "answers $?"
"$RB_BIN/pg_controldata" "$data" 2>&1 || exit 1
`;

export interface ServerLook {
  readonly folder: "present" | "absent";
  /** Of PostgreSQL, at work in the data directory. */
  readonly processes: number;
  /** At the server's address and port, whoever it is. */
  readonly answers: "accepting" | "rejecting" | "nothing" | "unknown";
  readonly hasStandbySignal: boolean;
  /** The highest that a file of its history names; 1 without one. */
  readonly newestTimeline: number;
  readonly control?: ControlData | undefined;
  /** Text of the fence that a run has put there. */
  readonly fence?: string | undefined;
}

/** Proven by both: no process in its folder, and nobody answers at its port. */
export const isStopped = ({ processes, answers }: ServerLook): boolean =>
  processes === 0 && answers === "nothing";

/** @throws ssh.*, postgres.noProgram */
export async function lookAtServer(
  programs: Programs,
  server: PostgresServer,
  signal?: AbortSignal,
  fenceFile = "",
): Promise<ServerLook> {
  const { dataDirectory, sql } = server;
  const args = [dataDirectory, sql.address, String(sql.port), fenceFile];
  const { stdout } = await programs.script(server, {
    ...{ script, args, timeoutMs: 30_000, signal },
  });
  return readServerLook(stdout);
}

/** Where nothing was said, nothing is proven: that reads as a server that may be at work. */
export function readServerLook(stdout: string): ServerLook {
  const lines = stdout.split("\n");
  const valuesOf = (name: string): string[] =>
    lines
      .filter((line) => line.startsWith(`${name} `))
      .map((line) => line.slice(name.length + 1));
  const isAbsent = valuesOf("folder")[0] === "absent";
  const [processes = isAbsent ? "0" : "1"] = valuesOf("processes");
  const timelines = valuesOf("history").map((name) =>
    Number.parseInt(name, 16),
  );
  return {
    folder: isAbsent ? "absent" : "present",
    processes: Number(processes),
    answers: isAbsent ? "nothing" : answerOf(valuesOf("answers")[0]),
    hasStandbySignal: valuesOf("file").includes("standby.signal"),
    newestTimeline: Math.max(1, ...timelines),
    control: readControlData(stdout),
    fence: valuesOf("fence")[0],
  };
}

/** Exit codes of pg_isready. */
function answerOf(code: string | undefined): ServerLook["answers"] {
  if (code === "0") return "accepting";
  if (code === "1") return "rejecting";
  return code === "2" ? "nothing" : "unknown";
}
