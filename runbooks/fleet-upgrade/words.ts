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
  type RolloutState,
} from "../../workflows/rollout/state";
import type { FleetPlan, HostOutcome, HostReport, PlanRow } from "./contract";

/** Everything this runbook says to a person, as pure functions: the same words in CLI, UI, gate and report. */

const listed = 10;

export function planSummary(
  plan: Pick<
    FleetPlan,
    "action" | "component" | "version" | "target" | "change" | "hosts"
  >,
): string {
  const what =
    plan.action === "restart"
      ? `restart ${plan.component}`
      : `${plan.component} to ${plan.version ?? "?"}`;
  return `${what} on ${plan.hosts.length} hosts of ${plan.target} (${plan.change})`;
}

/** "stops at failure number 3": no reader has to know how a percentage was rounded. */
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
    `- Pools: ${Object.entries(pools)
      .map(([pool, count]) => `${pool} ${count}`)
      .join(", ")}`,
    `- Canaries, one per pool: ${names.slice(0, plan.canaries).join(", ")}${plan.canaryGate ? "; then a person is asked" : "; nobody is asked after them"}`,
    `- Then ${names.length - plan.canaries} hosts, ${plan.slots} at once: ${shorten(names.slice(plan.canaries))}`,
    `- Budget: ${budgetInWords(plan.allowedFailures)}`,
    `- A host counts when \`ready\` held for ${plan.minReadyMs / 1_000} s${plan.version === undefined ? "" : ` and it answers version ${plan.version}`}`,
    "",
    "| Step | Command | Limit |",
    "|---|---|---|",
    ...plan.steps.map(
      ({ name, run, script, timeoutMs }) =>
        `| ${name} | \`${run?.join(" ") ?? firstLine(script ?? "")}\` | ${timeoutMs / 1_000} s |`,
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
  const { rollout } = facts;
  const counts = countBy(rollout.items.map(outcomeOf));
  const waits = facts.gates.flatMap(gateWords);
  const causes = causesInWords(rollout.items, facts.rows);
  const refused = facts.refused
    .slice(-3)
    .map(({ by, channel, reason }) => `- ${channel} by ${by}: ${reason}`);
  const text = [
    `**${facts.summary}**`,
    "",
    `Step: ${facts.step}${rollout.kind === "holding" ? " (holding: over budget)" : ""}`,
    "",
    `| ${Object.keys(counts).join(" | ")} | in work | failures allowed |`,
    `|${"---|".repeat(Object.keys(counts).length + 2)}`,
    `| ${Object.values(counts).join(" | ")} | ${inFlight(rollout)} | ${rollout.allowedFailures} (${failures(rollout)} so far) |`,
    ...section("Waits for", waits),
    ...section("Failed", causes),
    ...section("Refused answers", refused),
    "",
    facts.planText,
  ].join("\n");
  return text.length <= 4_000 ? text : `${text.slice(0, 3_990)}\n...`;
}

export function gateWords(gate: OpenGate): string[] {
  return [
    `- **${gate.title}** (${gate.choices.join(" | ")}); by ${new Date(gate.expiresAt).toISOString()}, then it is asked anew. Send update \`decide\`:`,
    `  \`${answerTemplate(gate, gate.choices[0] ?? "")}\``,
  ];
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

/** Like causes together, so that 40 hosts with one trouble are one line. */
function causesInWords(
  items: readonly Item[],
  rows: readonly PlanRow[],
): string[] {
  const groups = new Map<string, string[]>();
  items.forEach((item, index) => {
    if (item.kind !== "quarantined" && item.kind !== "excluded") return;
    const { step, type, message } = item.failure;
    const id = rows[index]?.id ?? String(index);
    const cause = `${step}: ${firstLine(message).replaceAll(id, "{host}")} (${type})`;
    groups.set(cause, [...(groups.get(cause) ?? []), id]);
  });
  return [...groups]
    .slice(0, listed)
    .map(([cause, ids]) => `- ${shorten(ids)}: ${cause.slice(0, 240)}`);
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

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

const firstLine = (text: string): string =>
  text.split("\n")[0]?.slice(0, 120) ?? "";
