import type { LockEntry } from "../../activities/lock/port";
import type { LockTable } from "./state";

const listed = 20;
const namedResources = 5;

/** What the workflow that keeps locks shows of itself: who holds what, who waits in which order, and what frees it. */
export function lockDetails(table: LockTable): string {
  if (table.length === 0) return "Nobody holds a lock, and nobody waits.";
  const waiting = table.filter(({ standing }) => standing.kind === "waiting");
  const others = table.filter(({ standing }) => standing.kind !== "waiting");
  return [
    ...section("Locked", others.map(holderLine)),
    ...section(
      "Waiting, in this order",
      waiting.map((entry, index) => `${index + 1}. ${runWords(entry)}`),
    ),
  ].join("\n");
}

function section(title: string, lines: readonly string[]): string[] {
  const more = lines.length - listed;
  if (lines.length === 0) return [];
  return [
    `**${title}**`,
    "",
    ...lines.slice(0, listed),
    ...(more > 0 ? [`- and ${more} more`] : []),
    "",
  ];
}

function holderLine(entry: LockEntry): string {
  const { standing, resources } = entry;
  if (standing.kind !== "kept") return `- held: ${runWords(entry)}`;
  const input = { resource: resources[0], by: "your name", reason: "..." };
  return [
    `- **kept**: ${runWords(entry)}; ${standing.reason.slice(0, 200)}. Look at the hosts, then send update \`release\`:`,
    `  \`${JSON.stringify(input)}\``,
  ].join("\n");
}

/** One entry in one line, for a terminal. */
export function entryInWords(entry: LockEntry): string {
  const { standing, resources, run } = entry;
  const since = new Date(standing.since).toISOString().replace(/\.\d+Z$/, "Z");
  const where = resourcesInWords(resources);
  const kind = standing.kind === "called" ? "held" : standing.kind;
  const why =
    standing.kind === "kept"
      ? `: ${standing.reason}`
      : ` (${entry.summary.slice(0, 120)})`;
  return `${kind.padEnd(7)}  ${where}  by ${run.workflowId} since ${since}${why}`;
}

function runWords({ run, summary, resources, standing }: LockEntry): string {
  const since = new Date(standing.since).toISOString();
  return `${resourcesInWords(resources)} by \`${run.workflowId}\` since ${since} (${summary.slice(0, 120)})`;
}

/** The first few, and how many more. */
export function resourcesInWords(resources: readonly string[]): string {
  const more = resources.length - namedResources;
  const named = resources.slice(0, namedResources).join(", ");
  return more > 0 ? `${named} and ${more} more` : named;
}
