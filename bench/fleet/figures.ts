import type { Budgets } from "./budgets";
import { peerNames, type PeerName } from "./options";

/** Milliseconds of each round; no entry for a peer that was left out. */
export type Rounds = Partial<Record<PeerName, readonly number[]>>;

export interface Resumed {
  /** From the kill of the worker to the first host that was admitted after it. */
  readonly admittedMs: number;
}

export interface Facts {
  readonly hosts: number;
  readonly concurrency: number;
  readonly rounds: Rounds;
  readonly coldStartMs: number | null;
  readonly eventsPerHost: number | null;
  readonly workerRssMb: number | null;
  readonly budgets: Budgets | null;
  readonly resumed: Resumed | null;
  /** Peers that were asked for and are not there, with the reason. */
  readonly missing: Partial<Record<PeerName, string>>;
}

export type Figures = Omit<
  Facts,
  "concurrency" | "rounds" | "missing" | "resumed"
> & {
  readonly medianMs: Record<PeerName, number | null>;
  /** Ours divided by the peer. */
  readonly ratio: Record<Exclude<PeerName, "ours">, number | null>;
  readonly resume: Resumed | null;
};

export function figuresOf(facts: Facts): Figures {
  const { hosts, rounds, coldStartMs, eventsPerHost, workerRssMb } = facts;
  const { budgets, resumed } = facts;
  const medianOf = (name: PeerName) => median(rounds[name]);
  const ratioTo = (name: PeerName) => ratio(medianOf("ours"), medianOf(name));
  return {
    hosts,
    medianMs: {
      ours: medianOf("ours"),
      bare: medianOf("bare"),
      pdsh: medianOf("pdsh"),
      ansible: medianOf("ansible"),
    },
    ratio: {
      bare: ratioTo("bare"),
      pdsh: ratioTo("pdsh"),
      ansible: ratioTo("ansible"),
    },
    coldStartMs,
    eventsPerHost,
    workerRssMb,
    budgets,
    resume: resumed,
  };
}

/** Whole milliseconds; null without a single round. */
export function median(values: readonly number[] = []): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined) return null;
  const lower = sorted.length % 2 === 1 ? upper : (sorted[middle - 1] ?? upper);
  return Math.round((lower + upper) / 2);
}

function ratio(ours: number | null, peer: number | null): number | null {
  if (ours === null || peer === null || peer === 0) return null;
  return Math.round((100 * ours) / peer) / 100;
}

const titles: Record<PeerName, string> = {
  ours: "fleet-upgrade",
  bare: "bare ssh2 loop",
  pdsh: "pdsh",
  ansible: "Ansible raw",
};

/** The same figures for people. */
export function tableOf(facts: Facts): string {
  const { hosts, concurrency, missing, rounds } = facts;
  const figures = figuresOf(facts);
  const shown = peerNames.filter((name) => rounds[name] ?? missing[name]);
  const rows = shown.map((name) => {
    const ms = figures.medianMs[name];
    if (ms === null) return [titles[name], "not there", "", "", ""];
    const times = name === "ours" ? null : figures.ratio[name];
    return [
      titles[name],
      seconds(ms),
      spread(rounds[name] ?? []),
      `${(ms / hosts).toFixed(1)} ms`,
      times === null ? "" : `${times.toFixed(2)} x`,
    ];
  });
  const head = ["", "median", "lowest to highest", "a host", "ours is"];
  return [
    `${hosts} hosts, ${concurrency} at once, four commands a host`,
    "",
    ...aligned([head, ...rows]),
    "",
    ...remarks(figures),
    "",
  ].join("\n");
}

function remarks(figures: Figures): string[] {
  const { coldStartMs, eventsPerHost, workerRssMb, budgets, resume } = figures;
  return [
    coldStartMs !== null &&
      `cold start (server, worker): ${seconds(coldStartMs)}`,
    eventsPerHost !== null && `history: ${eventsPerHost} events a host`,
    workerRssMb !== null && `worker, at its largest: ${workerRssMb} MB`,
    budgets !== null &&
      `largest of ${budgets.runs} run(s): ${budgets.events} events, ${budgets.pendingActivities} activities pending, payload of ${budgets.payloadBytes} bytes, details of ${budgets.detailsBytes} bytes: ${budgets.hold ? "within the budgets" : "OVER a budget"}`,
    resume !== null &&
      `worker killed half-way: next host admitted after ${seconds(resume.admittedMs)}`,
  ].filter((line) => line !== false);
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(2)} s`;

const spread = (values: readonly number[]): string =>
  `${seconds(Math.min(...values))} to ${seconds(Math.max(...values))}`;

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
