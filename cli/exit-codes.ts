import type { CliFailure } from "./errors";

/** What the shell hears. Scripts may rely on these numbers; the help and the docs list them from here. */
export const exitCodes = {
  ok: { code: 0, meaning: "done; a watched run ended as asked" },
  unexpected: { code: 1, meaning: "an unexpected failure, a defect of ours" },
  badInput: {
    code: 2,
    meaning: "wrong command line, input, configuration or inventory",
  },
  notFound: { code: 3, meaning: "no such run, or no report of it" },
  noTemporal: {
    code: 4,
    meaning: "the Temporal server cannot be reached, or no worker answers",
  },
  refused: {
    code: 5,
    meaning: "refused: a second start, an answer that opens nothing, a no",
  },
  endedBadly: {
    code: 6,
    meaning:
      "the run ended with failures, denied, aborted, cancelled, or missed its window",
  },
  checkFailed: {
    code: 7,
    meaning:
      "a check of runbook doctor, validate, census, calendar or sweep did not pass",
  },
  outOfReach: {
    code: 8,
    meaning: "a host, the lab or the artifact store is out of reach",
  },
  interrupted: { code: 130, meaning: "interrupted; a watched run goes on" },
} as const satisfies Record<string, { code: number; meaning: string }>;

export type ExitName = keyof typeof exitCodes;

const ofCli: Readonly<Record<CliFailure, ExitName>> = {
  usage: "badInput",
  noInput: "badInput",
  inputUnreadable: "badInput",
  wrongId: "badInput",
  unknownRunbook: "badInput",
  fileExists: "refused",
  unwritable: "badInput",
  unknownHost: "badInput",
  noRun: "notFound",
  noReport: "notFound",
  noCustomers: "notFound",
  noWorker: "noTemporal",
  workerFailed: "unexpected",
  alreadyRunning: "refused",
  scheduleExists: "refused",
  noUi: "badInput",
  noSchedule: "notFound",
  answerRefused: "refused",
  controlRefused: "refused",
  noSigningKey: "badInput",
  notMapped: "refused",
  notSigned: "refused",
  keeperRefused: "refused",
  runEnded: "refused",
  unsettled: "refused",
  noJobs: "notFound",
  notAgreed: "refused",
  notConfirmed: "refused",
  labSilent: "outOfReach",
};

const ofSystem: Readonly<Record<string, ExitName>> = {
  input: "badInput",
  config: "badInput",
  inventory: "badInput",
  calendar: "badInput",
  roster: "badInput",
  temporal: "noTemporal",
  ssh: "outOfReach",
  lab: "outOfReach",
  artifacts: "outOfReach",
  reference: "outOfReach",
};

/** The exit of a failure, by its type: `input.invalid`, `cli.noRun`. */
export function exitOf(type: string): ExitName {
  const [system = "", kind = ""] = type.split(".");
  if (system === "cli" && Object.hasOwn(ofCli, kind))
    return ofCli[kind as CliFailure];
  return ofSystem[system] ?? "unexpected";
}

/** The table that the help ends with. */
export function exitCodeTable(): string {
  const lines = Object.values(exitCodes).map(
    ({ code, meaning }) => `  ${String(code).padStart(3)}  ${meaning}`,
  );
  return ["Exit codes:", ...lines].join("\n");
}
