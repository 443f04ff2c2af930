import type { ArtifactRef } from "../../activities/artifacts/port";
import {
  answerTemplate,
  type OpenGate,
  type RefusedAnswer,
} from "../../workflows/gate/gate";
import {
  failures,
  inFlight,
  type Item,
  type ItemFailure,
  type RolloutState,
} from "../../workflows/rollout/state";
import type { FleetPlan, HostOutcome, HostReport, PlanRow } from "./contract";
import { codeCell, oneLine } from "./markdown";

/** Everything this runbook says to a person, as pure functions: the same words in CLI, UI, gate and report. */

const listed = 10;
/** The UI's preview carries the details in a URL. */
const mostDetailBytes = 4_000;

/** "app to 2.4.1", or "restart app". */
export function changeInWords({
  action,
  component,
  version = "?",
}: Pick<FleetPlan, "action" | "component" | "version">): string {
  return action === "restart"
    ? `restart ${component}`
    : `${component} to ${version}`;
}

export function planSummary(
  plan: Pick<
    FleetPlan,
    "action" | "component" | "version" | "target" | "change" | "hosts"
  >,
): string {
  const count = plan.hosts.length;
  return `${changeInWords(plan)} on ${count} ${count === 1 ? "host" : "hosts"} of ${plan.target} (${plan.change})`;
}

/** "holds and asks at failure number 3": no reader has to know how a percentage was rounded. */
export function budgetInWords(allowedFailures: number): string {
  return `holds and asks at failure number ${allowedFailures + 1}`;
}

export function planText(
  plan: FleetPlan,
  ref: Pick<ArtifactRef, "sha256">,
): string {
  const pools = countBy(plan.hosts.map(({ pool }) => pool));
  const names = plan.hosts.map(({ id }) => id);
  return [
    `**Plan:** ${planSummary(plan)}`,
    "",
    `- Digest: \`${ref.sha256}\``,
    `- Pools: ${[...pools].map(([pool, count]) => `${pool} ${count}`).join(", ")}`,
    `- Canaries, one per pool: ${names.slice(0, plan.canaries).join(", ")}${plan.canaryGate ? "; then a person is asked" : "; nobody is asked after them"}`,
    `- Then ${names.length - plan.canaries} hosts, ${plan.slots} at once: ${shorten(names.slice(plan.canaries))}`,
    `- Budget: ${budgetInWords(plan.allowedFailures)}`,
    `- A host counts when \`ready\` held for ${plan.minReadyMs / 1_000} s${plan.version === undefined ? "" : ` and it answers version ${plan.version}`}`,
    "",
    "| Step | Command | Limit |",
    "|---|---|---|",
    ...plan.steps.map(
      ({ name, run, script, timeoutMs }) =>
        `| ${name} | ${codeCell(run?.join(" ") ?? firstLine(script ?? ""))} | ${timeoutMs / 1_000} s |`,
    ),
  ].join("\n");
}

export interface RunFacts {
  readonly summary: string;
  readonly step: string;
  readonly rows: readonly PlanRow[];
  readonly rollout: RolloutState;
  readonly gates: readonly OpenGate[];
  readonly refused: readonly RefusedAnswer[];
  readonly planText: string;
}

/** What the run says about itself in the UI: counts, causes, what it waits for, and the JSON to paste. Under 4 KB. */
export function runDetails(facts: RunFacts): string {
  const { rollout, gates } = facts;
  const refused = facts.refused
    .slice(-3)
    .map(
      ({ by, channel, reason }) =>
        `- ${oneLine(channel, 40)} by ${oneLine(by, 80)}: ${oneLine(reason)}`,
    );
  const text = [
    `**${facts.summary}**`,
    "",
    `Step: ${facts.step}${rollout.kind === "holding" ? " (holding: over budget)" : ""}`,
    "",
    ...countsTable(rollout),
    ...section("Waits for", gates.flatMap(gateWords)),
    ...section("Failed", causesInWords(rollout.items, facts.rows)),
    ...section("Refused answers", refused),
    "",
    facts.planText,
  ].join("\n");
  return shortenTo(mostDetailBytes, text);
}

function countsTable(rollout: RolloutState): string[] {
  const atRest = rollout.items.filter(({ kind }) => kind !== "visiting");
  const columns: (readonly [string, string])[] = [
    ...[...countBy(atRest.map(outcomeOf))].map(
      ([outcome, count]) => [outcome, String(count)] as const,
    ),
    ["in work", String(inFlight(rollout))],
    [
      "failures allowed",
      `${rollout.allowedFailures} (${failures(rollout)} so far)`,
    ],
  ];
  return [
    `| ${columns.map(([title]) => title).join(" | ")} |`,
    `|${"---|".repeat(columns.length)}`,
    `| ${columns.map(([, value]) => value).join(" | ")} |`,
  ];
}

function gateWords(gate: OpenGate): string[] {
  return [
    `- **${gate.title}** (${gate.choices.join(" | ")}); by ${new Date(gate.expiresAt).toISOString()}, then it is asked anew. Send update \`decide\`:`,
    `  \`${answerTemplate(gate, gate.choices[0] ?? "")}\``,
  ];
}

/** What became of the canaries, and what is asked: a canary that was given up is not passed over in silence. */
export function canaryQuestion(
  canaries: readonly Item[],
  others: number,
): string {
  const outcomes = canaries.map((item) => ({ outcome: outcomeOf(item) }));
  const counts = countsInWords(countOutcomes(outcomes));
  const done =
    canaries.length === 1
      ? "1 canary is done"
      : `${canaries.length} canaries are done`;
  return `${done} (${counts}): upgrade the other ${others} hosts?`;
}

/** What the report calls the state that an item is in. */
export function outcomeOf(item: Item): HostOutcome {
  switch (item.kind) {
    case "waiting":
    case "visiting":
      return "not attempted";
    case "finished":
      return item.result.outcome;
    case "quarantined":
    case "excluded":
      return "failed";
  }
}

export function hostReports(
  rows: readonly PlanRow[],
  items: readonly Item[],
): HostReport[] {
  return rows.map(({ id, pool }, index) => {
    const item = items[index] ?? { kind: "waiting", generations: {} };
    const base = { id, pool, outcome: outcomeOf(item) };
    if (item.kind === "finished") {
      const { ms, version } = item.result;
      return { ...base, ms, ...(version === undefined ? {} : { version }) };
    }
    return item.kind === "quarantined" || item.kind === "excluded"
      ? { ...base, failure: item.failure }
      : base;
  });
}

export function countOutcomes(
  hosts: readonly Pick<HostReport, "outcome">[],
): Record<HostOutcome, number> {
  const counts: Record<HostOutcome, number> = {
    upgraded: 0,
    unchanged: 0,
    failed: 0,
    gone: 0,
    "not attempted": 0,
  };
  for (const { outcome } of hosts) counts[outcome]++;
  return counts;
}

/** Outcomes that occur, in the order in which a reader wants them. */
export function countsInWords(
  counts: Readonly<Record<HostOutcome, number>>,
): string {
  const occurring = Object.entries(counts).filter(([, count]) => count > 0);
  return (
    occurring.map(([outcome, count]) => `${count} ${outcome}`).join(", ") ||
    "no hosts"
  );
}

/** Like causes together, most hosts first, so that 40 hosts with one trouble are one line. */
function causesInWords(
  items: readonly Item[],
  rows: readonly PlanRow[],
): string[] {
  const groups = new Map<string, string[]>();
  items.forEach((item, index) => {
    if (item.kind !== "quarantined" && item.kind !== "excluded") return;
    const id = rows[index]?.id ?? String(index);
    const cause = causeOf(item.failure, id);
    const alike = groups.get(cause);
    if (alike === undefined) groups.set(cause, [id]);
    else alike.push(id);
  });
  const causes = [...groups]
    .sort(([, some], [, others]) => others.length - some.length)
    .map(([cause, ids]) => `- ${shorten(ids)}: ${oneLine(cause)}`);
  const more = causes.length - listed;
  return more > 0
    ? [...causes.slice(0, listed), `- and ${more} more causes; see the report`]
    : causes;
}

/** Without what differs from host to host: its id and its address. */
function causeOf({ step, type, message }: ItemFailure, id: string): string {
  const words = firstLine(message)
    .split(/(?<![\w.-])([\w.-]*\w)/)
    .map((word) => (word === id ? "{host}" : word))
    .join("")
    .replace(/\b\d{1,3}(\.\d{1,3}){3}(:\d+)?\b/g, "{address}");
  return `${step}: ${words} (${type})`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", `**${title}**`, "", ...lines];
}

function shorten(names: readonly string[]): string {
  const shown = names.slice(0, listed).join(", ");
  return names.length <= listed
    ? shown || "none"
    : `${shown} and ${names.length - listed} more`;
}

function countBy(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

const firstLine = (text: string): string => text.trim().split("\n")[0] ?? "";

/** Whole lines from the beginning on, and a sign that there were more. */
function shortenTo(bytes: number, text: string): string {
  const size = (part: string): number => new TextEncoder().encode(part).length;
  if (size(text) <= bytes) return text;
  const kept: string[] = [];
  let left = bytes - size("\n...");
  for (const line of text.split("\n")) {
    left -= size(line) + 1;
    if (left < 0) break;
    kept.push(line);
  }
  return [...kept, "..."].join("\n");
}
