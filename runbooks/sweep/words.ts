/** What a sweep says, for terminals, the UI and the report. Pure. */

import type {
  Leftover,
  LeftoverKind,
  Todo,
  Whose,
} from "../../activities/sweep/port";
import type { SweepReport, SweepSettings } from "./contract";

/** In this order: what keeps others from working comes first. */
const titles: Readonly<Record<LeftoverKind, string>> = {
  lock: "Locks held by runs that are over",
  waiting: "Places in line of runs that are over",
  kept: "Locks kept until a person has looked",
  watcher: "Freezes told to runs that are over",
  job: "Jobs that still run",
  drained: "Hosts out of their balancer",
  claim: "Hosts claimed by runs that are over",
  slot: "Replication slots",
  setting: "Settings of PostgreSQL servers",
  clients: "Databases that let no client in",
  fence: "Fences of switchovers",
  copy: "Copies of PostgreSQL servers",
  extension: "Extensions",
  sentinel: "Sentinel rows",
};
const kinds = Object.keys(titles) as LeftoverKind[];

const verbs: Readonly<Record<Todo, string>> = {
  free: "to free",
  person: "for a person",
  wait: "not yet",
};

export function sweepSummary({
  target,
  mode,
  change,
}: Pick<SweepSettings, "target" | "mode" | "change">): string {
  const what = mode === "look" ? "look for" : "free";
  return `${what} what runs that are over have left on ${target} (${change})`;
}

/** How many of each state; what is none is left out. */
export function sweepCounts({
  leftovers,
  silent,
  folders,
}: Pick<SweepReport, "leftovers" | "silent" | "folders">): Record<
  string,
  number
> {
  const count = (is: (one: Leftover) => boolean): number =>
    leftovers.filter(is).length;
  const left = (todo: Todo) => (one: Leftover) =>
    one.isFreed !== true && one.todo === todo;
  const all = {
    freed: count(({ isFreed }) => isFreed === true),
    "to free": count(left("free")),
    "for a person": count(left("person")),
    "not yet": count(left("wait")),
    "hosts silent": silent.length,
    "job folders removed": folders.removed,
  };
  return Object.fromEntries(Object.entries(all).filter(([, n]) => n > 0));
}

/** What is still there. */
export const remaining = ({
  leftovers,
}: Pick<SweepReport, "leftovers">): readonly Leftover[] =>
  leftovers.filter(({ isFreed }) => isFreed !== true);

/** All of it in groups, a line each. */
export function sweepWords(report: SweepReport): string[] {
  const { target, mode, hosts, leftovers, silent, at } = report;
  const groups = kinds.flatMap((kind) => {
    const own = leftovers.filter((one) => one.kind === kind);
    return section(
      titles[kind],
      own.map((one) => leftoverInWords(one, at)),
    );
  });
  const asked = section(
    "Hosts that could not be asked",
    silent.map(({ where, seen }) => `${where}  ${seen}`),
  );
  const isClean = leftovers.length === 0;
  return [
    ...(isClean
      ? [`Runs that are over have left nothing on ${target} (${hosts} hosts).`]
      : groups),
    ...asked,
    ...foldersInWords(report),
    ...(mode === "look" && leftovers.some(({ todo }) => todo === "free")
      ? ["", `Free what is to free: runbook sweep --target ${target} --yes`]
      : []),
  ];
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0
    ? []
    : [`${title}:`, ...lines.map((line) => `  ${line}`)];
}

function foldersInWords({ folders }: SweepReport): string[] {
  const { kept, removed } = folders;
  const gone = removed > 0 ? `, ${removed} removed` : "";
  return kept + removed === 0
    ? []
    : [
        `Job folders of runs that are over: ${kept} kept${gone}; visits remove those of 60 days, --older-than 30d --yes sooner`,
      ];
}

function leftoverInWords(
  { where, whose, since, job, todo, note, isFreed }: Leftover,
  now: number,
): string {
  const verb = isFreed === true ? "freed" : verbs[todo];
  const whom = whose === undefined ? [] : [whoseInWords(whose, now)];
  const began = since === undefined ? [] : [`since ${timeAndAge(since, now)}`];
  const what = job === undefined ? [] : [job];
  return [
    `${verb}:  ${where}`,
    ...[...what, ...whom, ...began],
    oneLine(note),
  ].join("; ");
}

function whoseInWords(
  { workflowId, end, endedAt }: Whose,
  now: number,
): string {
  const how = end === "unknown" ? "is over" : end;
  const when = endedAt === undefined ? "" : ` ${timeAndAge(endedAt, now)}`;
  return `${workflowId} ${how}${when}`;
}

function timeAndAge(at: number, now: number): string {
  const time = new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
  return `${time} (${age(now - at)})`;
}

function age(ms: number): string {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

const oneLine = (text: string): string =>
  text.replace(/\s+/g, " ").trim().slice(0, 300);

const mostShown = 12;

/** For the UI, under 4 KB. */
export function sweepDetails(report: SweepReport): string {
  const { leftovers, at } = report;
  const shown = leftovers
    .slice(0, mostShown)
    .map((one) => `- ${leftoverInWords(one, at).slice(0, 240)}`);
  const more = leftovers.length - mostShown;
  const counts = Object.entries(sweepCounts(report));
  return [
    `**${counts.length === 0 ? "nothing is left" : counts.map(([name, n]) => `${n} ${name}`).join(", ")}**`,
    "",
    ...shown,
    ...(more > 0 ? [`- and ${more} more, in the report`] : []),
  ].join("\n");
}
