import type { HostLook, LookProblem } from "../../activities/host/port";
import type { FleetPlan, FleetUpgradeSettings } from "./contract";

/** What was found on the hosts before anything was done, like things together. Pure. */
export interface Findings {
  readonly looked: number;
  readonly of: number;
  /** Hosts that only the workers of their site reach. */
  readonly elsewhere: number;
  readonly fine: number;
  /** Versions that run, most frequent first. */
  readonly versions: readonly Group[];
  readonly problems: readonly (Group & Pick<LookProblem, "what">)[];
  /** What hosts would do, in their own words. */
  readonly previews: readonly Group[];
}

export interface Group {
  readonly text: string;
  readonly count: number;
  /** The first ten. */
  readonly hosts: readonly string[];
}

const listed = 10;

/** Rows to look at: the canaries, one of each pool, come first in the plan, then the others as they will follow. */
export function sampleOf(
  { hosts }: Pick<FleetPlan, "hosts">,
  wanted: FleetUpgradeSettings["checks"]["hosts"],
): number[] {
  if (wanted === "none") return [];
  const rows = [...hosts.keys()].filter(
    (index) => hosts[index]?.site === undefined,
  );
  return wanted === "all" ? rows : rows.slice(0, wanted);
}

export function findingsOf(
  { hosts }: Pick<FleetPlan, "hosts">,
  looks: readonly HostLook[],
): Findings {
  const idOf = (index: number): string => hosts[index]?.id ?? String(index);
  const groups = <Kind extends string>(
    entries: readonly (readonly [Kind, string, number])[],
  ): (Group & { readonly what: Kind })[] => {
    const found = new Map<
      string,
      { what: Kind; text: string; rows: number[] }
    >();
    for (const [what, text, row] of entries) {
      const key = `${what}\n${text}`;
      const group = found.get(key);
      if (group === undefined) found.set(key, { what, text, rows: [row] });
      else group.rows.push(row);
    }
    return [...found.values()]
      .sort((one, other) => other.rows.length - one.rows.length)
      .map(({ what, text, rows }) => ({
        what,
        text,
        count: rows.length,
        hosts: rows.slice(0, listed).map(idOf),
      }));
  };
  return {
    looked: looks.length,
    of: hosts.length,
    elsewhere: hosts.filter(({ site }) => site !== undefined).length,
    fine: looks.filter(({ problems }) => problems.length === 0).length,
    versions: groups(
      looks.flatMap(({ index, version }) =>
        version === undefined ? [] : [["version", version, index] as const],
      ),
    ),
    problems: groups(
      looks.flatMap(({ index, problems }) =>
        problems.map(
          ({ what, seen }) =>
            [what, withoutHost(seen, hosts[index]), index] as const,
        ),
      ),
    ),
    previews: groups(
      looks.flatMap(({ index, preview }) =>
        preview === undefined ? [] : [["preview", preview, index] as const],
      ),
    ),
  };
}

/** Without what differs from host to host: its id, its address, its key. */
function withoutHost(
  seen: string,
  host: { readonly id: string; readonly address: string } | undefined,
): string {
  const line = seen.split("\n")[0] ?? "";
  const words = line
    .split(/(?<![\w.-])([\w.-]*\w)/)
    .map((word) =>
      word === host?.id || word === host?.address ? "{host}" : word,
    );
  return words
    .join("")
    .replace(/\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b/g, "{address}")
    .replace(/\bSHA256:[A-Za-z0-9+/]{43}/g, "{key}")
    .replace(/(?<=\{host\}):\d+/g, "");
}
