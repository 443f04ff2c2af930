import type { RunRef } from "../runs/port";
import type { TraceOfRun } from "./look-script";

/** What a PostgreSQL host says of runs: whether a server belongs there, the slot that it follows, its fence, copies and their owners. POSIX sh. */
export const lookServerScript = `
mark=$1 data=$2 work=$3
say() { printf '\\n@%s %s\\n' "$mark" "$*"; }
say begin
if [ -e "$data/PG_VERSION" ]; then say cluster; fi
for name in $(cat "$data/postgresql.conf" "$data/postgresql.auto.conf" 2>/dev/null | sed -n "s/^ *primary_slot_name *=* *'\\([^']*\\)'.*/\\1/p"); do say follows "$name"; done
when() { { stat -c %Y "$1" || stat -f %m "$1" || echo 0; } 2>/dev/null; }
fence=$work/fence/fence.json
if [ -f "$fence" ]; then
  owner=
  read -r owner <"$fence"
  say fence "$(when "$fence")" "$owner"
fi
for kind in attempts scratch; do
  for file in "$work/$kind"/*.owner; do
    [ -f "$file" ] && [ ! -L "$file" ] || continue
    owner=
    read -r owner <"$file"
    path=\${file%.owner}
    done=no pin=no there=no
    # One that was published by a rename has left its files behind.
    if [ -e "$path" ] || [ -L "$path" ]; then there=yes; [ ! -e "$path.done" ] || done=yes; fi
    [ ! -e "$path.pin" ] || pin=yes
    say copy "$kind" "\${path##*/}" "$(when "$file")" "$done" "$pin" "$there" "$owner"
  done
done
say end
`;

export interface CopyTrace extends Required<TraceOfRun> {
  readonly kind: "attempts" | "scratch";
  /** `<short>-<n>` */
  readonly name: string;
  /** Whole, and still there. */
  readonly isDone: boolean;
  readonly isPinned: boolean;
  /** Not published since. */
  readonly isThere: boolean;
  readonly systemIdentifier: string;
}

/** Of a switchover: the server starts as a standby only. */
export interface FenceTrace {
  readonly since: number;
  /** Absent: its file cannot be read as one. */
  readonly run?: RunRef;
}

export interface HostTraces {
  /** A data directory is there, whether or not its server runs. */
  readonly hasCluster: boolean;
  /** Slots that the server of the host streams from. */
  readonly follows: readonly string[];
  readonly fence?: FenceTrace;
  readonly copies: readonly CopyTrace[];
}

/** @returns nothing when the host did not say all of it. Pure. */
export function readHostTraces(
  stdout: string,
  mark: string,
): HostTraces | undefined {
  const begin = `@${mark} `;
  const lines = stdout
    .split("\n")
    .filter((line) => line.startsWith(begin))
    .map((line) => line.slice(begin.length));
  if (lines[0] !== "begin" || lines.at(-1) !== "end") return undefined;
  const after = (word: string): string[] =>
    lines
      .filter((line) => line.startsWith(`${word} `))
      .map((line) => line.slice(word.length + 1));
  const [fence] = after("fence").map(fenceOf);
  return {
    ...(fence === undefined ? {} : { fence }),
    hasCluster: lines.includes("cluster"),
    follows: after("follows"),
    copies: after("copy").flatMap(copyOf),
  };
}

function fenceOf(line: string): FenceTrace {
  const [at = "", ...text] = line.split(" ");
  const { workflowId, rootRunId } = ownerIn(text.join(" "));
  const since = Number(at) * 1_000;
  return workflowId === undefined || rootRunId === undefined
    ? { since }
    : { since, run: { workflowId, rootRunId } };
}

const copyShape =
  /^(attempts|scratch) ([0-9a-f]{12}-\d+) (\d+) (yes|no) (yes|no) (yes|no) (\{.*\})$/;

function copyOf(line: string): CopyTrace[] {
  const [, kind = "", name = "", at, done, pin, there, owner = ""] =
    copyShape.exec(line) ?? [];
  const { workflowId, rootRunId, systemIdentifier } = ownerIn(owner);
  if (!workflowId || !rootRunId || !systemIdentifier) return [];
  return [
    {
      ...{ kind: kind as CopyTrace["kind"], name, workflowId, rootRunId },
      ...{ systemIdentifier, since: Number(at) * 1_000 },
      ...{ isDone: done === "yes", isPinned: pin === "yes" },
      isThere: there === "yes",
    },
  ];
}

function ownerIn(text: string): Partial<Record<string, string>> {
  try {
    return JSON.parse(text) as Partial<Record<string, string>>;
  } catch {
    return {};
  }
}
