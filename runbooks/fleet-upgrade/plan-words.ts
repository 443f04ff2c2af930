import type { ArtifactRef } from "../../activities/artifacts/port";
import { durationInWords } from "../../workflows/duration-words";
import { allowedFailures } from "../../workflows/rollout/budget";
import type { Findings, Group } from "./checks";
import type { FleetPlan, PlanStage, RolloutPlan } from "./contract";
import { forecastMs, type HostTime } from "./forecast";
import { codeCell, inHosts, oneLine, shortenTo, sizeOf } from "./markdown";

/** The plan in words: the same text in CLI, UI, gate and the result of a run that only plans. */

/** Beside what a run says of itself, it must fit into the UI's details. */
const mostBytes = 3_000;
/** How much is shown of lists, and of each command: the first of these with which the text fits. */
const measures = [
  { listed: 10, width: 120, previews: 3 },
  { listed: 6, width: 80, previews: 2 },
  { listed: 3, width: 56, previews: 1 },
  { listed: 2, width: 36, previews: 1 },
] as const;

interface Measure {
  readonly listed: number;
  readonly width: number;
  readonly previews: number;
}

/** What is known beside the plan itself. */
export interface PlanKnowledge {
  /** How long a host takes; absent when nothing was measured or given. */
  readonly time?: HostTime | undefined;
  /** Absent when nobody looked. */
  readonly findings?: Findings | undefined;
}

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
  return `${changeInWords(plan)} on ${inHosts(plan.hosts.length)} of ${plan.target} (${plan.change})`;
}

/** At most 3 KB. */
export function planText(
  plan: FleetPlan,
  ref: Pick<ArtifactRef, "sha256">,
  known: PlanKnowledge = {},
): string {
  const texts = measures.map((measure) =>
    linesOf(plan, ref, known, measure).join("\n"),
  );
  const fitting = texts.find((text) => sizeOf(text) <= mostBytes);
  return fitting ?? shortenTo(mostBytes, texts.at(-1) ?? "");
}

function linesOf(
  plan: FleetPlan,
  { sha256 }: Pick<ArtifactRef, "sha256">,
  { time, findings }: PlanKnowledge,
  measure: Measure,
): string[] {
  const { rollout } = plan;
  return [
    `**Plan:** ${planSummary(plan)}`,
    "",
    `- Digest: \`${sha256}\``,
    `- Pools: ${poolsInWords(plan, measure)}`,
    ...stagesInWords(plan, measure),
    `- Limits: ${limitsInWords(rollout)}`,
    `- Budget: ${budgetInWords(plan)}`,
    `- ${approvalsInWords(plan)}`,
    `- Time: ${timeInWords(plan, time)}`,
    `- ${countsInWords(plan)}`,
    `- ${wayBackInWords(plan)}`,
    ...findingsInWords(findings, measure),
    "",
    "| Step | Command | Limit |",
    "|---|---|---|",
    ...plan.steps.map(
      ({ name, kind, run, script, timeoutMs }) =>
        `| ${name} | ${kind === "balancer" ? "at the load balancer" : codeCell(run?.join(" ") ?? firstLine(script ?? ""), measure.width)} | ${durationInWords(timeoutMs)} |`,
    ),
  ];
}

function approvalsInWords({ approvals }: FleetPlan): string {
  if (approvals === undefined)
    return "Approvals: anybody's word, as a claim; the configuration names nobody";
  const gates = Object.entries(approvals).map(
    ([gate, { quorum, who }]) =>
      `${gate === "*" ? "all others" : gate}: ${quorum} of ${who.join(", ")}`,
  );
  return `Approvals: ${gates.join("; ")}`;
}

function poolsInWords({ hosts }: FleetPlan, { listed }: Measure): string {
  const counts = new Map<string, number>();
  for (const { pool } of hosts) counts.set(pool, (counts.get(pool) ?? 0) + 1);
  const pools = [...counts].map(([pool, count]) => `${pool} ${count}`);
  return shorten(pools, pools.length, listed);
}

function stagesInWords(plan: FleetPlan, { listed }: Measure): string[] {
  const { hosts, canaries, rollout } = plan;
  const names = hosts.map(({ id }) => id);
  const [first, ...others] = rollout.stages;
  if (first === undefined) return [];
  const isLast = (stage: PlanStage): boolean => stage.end === names.length;
  const then = (stage: PlanStage): string =>
    isLast(stage) ? "" : afterStage(stage);
  let begin = canaries;
  return [
    `- Canaries, one per pool: ${shorten(names.slice(0, canaries), canaries, listed)}${then(first)}`,
    ...others.map((stage) => {
      const count = stage.end - begin;
      const inIt = names.slice(begin, stage.end);
      begin = stage.end;
      const name = stage.name[0]?.toUpperCase() + stage.name.slice(1);
      return `- ${name}: ${inHosts(count)}, up to number ${stage.end}: ${shorten(inIt, count, Math.ceil(listed / 2))}${then(stage)}`;
    }),
  ];
}

function afterStage({ soakMs, gate }: PlanStage): string {
  const soak = soakMs === 0 ? "" : `; a soak of ${durationInWords(soakMs)}`;
  return `${soak}${gate ? "; then a person is asked" : "; nobody is asked after that"}`;
}

function limitsInWords({
  slots,
  limits,
  slowStart,
  hostDeadlineMs,
  progressDeadlineMs,
}: RolloutPlan): string {
  const groups = Object.entries(limits)
    .filter(([, share]) => share !== undefined)
    .map(([kind, share]) => `${share} of a ${groupWords[kind] ?? kind}`);
  return [
    `${slots} at once`,
    ...groups,
    ...(slowStart ? ["slow start 1, 2, 4 ..."] : []),
    `${durationInWords(hostDeadlineMs)} a host`,
    `asks after ${durationInWords(progressDeadlineMs)} without a success`,
  ].join(", ");
}

const groupWords: Readonly<Record<string, string>> = { jump: "jump host" };

/** "holds and asks at failure number 3": no reader has to know how a percentage was rounded. */
export function budgetInWords({
  hosts,
  rollout: { budget },
}: Pick<FleetPlan, "hosts" | "rollout">): string {
  const fleet = allowedFailures(budget, hosts.length);
  const all =
    fleet >= hosts.length
      ? `every one of the ${inHosts(hosts.length)} may fail`
      : `holds and asks at failure number ${fleet + 1} (of ${inHosts(hosts.length)})`;
  const { pool } = budget;
  if (pool === undefined) return all;
  const sizes = new Map<string, number>();
  for (const host of hosts)
    sizes.set(host.pool, (sizes.get(host.pool) ?? 0) + 1);
  const holding = [...sizes.values()]
    .map((size) => ({ size, allowed: allowedFailures(pool, size) }))
    .filter(({ size, allowed }) => allowed < size)
    .map(({ allowed }) => allowed + 1);
  if (holding.length === 0) return `${all}, whatever fails in one pool`;
  const [low, high] = [Math.min(...holding), Math.max(...holding)];
  return `${all}, in one pool at number ${low === high ? low : `${low} to ${high}, by its size`}`;
}

function timeInWords(plan: FleetPlan, time: HostTime | undefined): string {
  const { stages, slots } = plan.rollout;
  if (time === undefined)
    return "unknown: nothing measured yet; give estimateHostS";
  const { hostMs, measuredBy } = time;
  const source =
    measuredBy === undefined ? "as given" : `measured by run ${measuredBy}`;
  const gates = stages.filter(
    ({ gate, end }) => gate && end < plan.hosts.length,
  ).length;
  const answers =
    gates === 0
      ? ""
      : `, and the wait for ${gates === 1 ? "an answer" : `${gates} answers`}`;
  return `about ${durationInWords(forecastMs(plan, hostMs))} (${inHosts(plan.hosts.length)}, ${durationInWords(hostMs)} each, ${slots} at once; ${source})${answers}`;
}

function countsInWords({
  minReadyMs,
  version,
  rollout: { census },
}: FleetPlan): string {
  const answer = version === undefined ? "" : ` and it answers ${version}`;
  const waves =
    census.waves === 0
      ? "hosts that appear meanwhile are not looked for"
      : `at the end up to ${census.waves} waves for hosts that appeared${census.versions && version !== undefined ? " or run another version" : ""}`;
  return `A host counts when \`ready\` held for ${durationInWords(minReadyMs)}${answer}; ${waves}`;
}

function wayBackInWords({ action, undoSteps }: FleetPlan): string {
  if (undoSteps.length > 0)
    return `Way back: ${undoSteps.map(({ name }) => name).join(", ")}, over the hosts that were touched`;
  return action === "restart"
    ? "Way back: none, for a restart cannot be taken back"
    : "Way back: none, for the component has no `undo`; an aborted run leaves hosts as they are";
}

function findingsInWords(
  findings: Findings | undefined,
  { listed, width, previews }: Measure,
): string[] {
  if (findings === undefined) return ["- Checks: none were made"];
  const { looked, of, fine, elsewhere } = findings;
  const away =
    elsewhere === 0
      ? ""
      : `; ${inHosts(elsewhere)} of a site can be reached from there only`;
  const group = ({ hosts, count }: Group): string =>
    `${inHosts(count)} (${shorten(hosts, count, Math.ceil(listed / 3))})`;
  const versions = findings.versions
    .slice(0, listed)
    .map(({ text, count }) => `${oneLine(text, 60)} on ${inHosts(count)}`);
  const more = findings.problems.length - listed;
  return [
    `- Checks: looked at ${looked} of ${inHosts(of)}, ${fine} of them fine${away}`,
    ...(versions.length === 0 ? [] : [`- Runs now: ${versions.join(", ")}`]),
    ...findings.problems
      .slice(0, listed)
      .map(
        (problem) =>
          `- **${problem.what}** on ${group(problem)}: ${oneLine(problem.text, width)}`,
      ),
    ...(more > 0 ? [`- and ${more} more kinds of problems`] : []),
    ...findings.previews
      .slice(0, previews)
      .flatMap((preview) => [
        `- In the words of ${group(preview)}:`,
        ...previewLines(preview.text, listed, width),
      ]),
    ...(findings.previews.length > previews
      ? [`- and ${findings.previews.length - previews} other answers`]
      : []),
  ];
}

function previewLines(text: string, most: number, width: number): string[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const shown = lines
    .slice(0, most)
    .map((line) => `  - ${codeCell(line, width)}`);
  return lines.length > most
    ? [...shown, `  - and ${lines.length - most} more lines`]
    : shown;
}

function shorten(
  names: readonly string[],
  count: number,
  listed: number,
): string {
  const shown = names.slice(0, listed);
  const more = count - shown.length;
  return more > 0
    ? `${shown.join(", ")} and ${more} more`
    : shown.join(", ") || "none";
}

const firstLine = (text: string): string => text.trim().split("\n")[0] ?? "";
