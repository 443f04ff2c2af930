import { failureFactory, type FailureKind } from "../activities/errors";

/** What the command line itself refuses. Failures of other systems pass through it as they are. */
const cliFailures = {
  usage: { class: "stop", hint: "See: {command} --help" },
  noInput: {
    class: "stop",
    hint: "Give the input as YAML or JSON: {command} -f upgrade.yaml, or -f - to read it from stdin.",
  },
  inputUnreadable: {
    class: "stop",
    hint: "Correct the input; nothing has been touched.",
  },
  wrongId: {
    class: "stop",
    hint: "Leave --id out, or correct target and change; the id follows from them, so that one change cannot start twice.",
  },
  unknownRunbook: { class: "stop", hint: "Name one of: {known}." },
  fileExists: {
    class: "human",
    hint: "Name another file, or replace what is there with --force.",
  },
  unwritable: {
    class: "human",
    hint: "Name a file in a folder that this user can write to.",
  },
  unknownHost: {
    class: "stop",
    hint: "Name a host id of the inventory, or address:port.",
  },
  noRun: {
    class: "stop",
    hint: "Ids look like fleet-upgrade:<target>:<change>. List runs with: temporal workflow list; is the namespace {namespace} the right one?",
  },
  noCustomers: {
    class: "wait",
    hint: "Ask a run of egress-migration that is planned, with a worker on its queue: runbook status {id}",
  },
  noReport: { class: "wait", hint: "See how it stands: runbook status {id}" },
  noWorker: {
    class: "wait",
    hint: "Start one with: runbook worker; runbook doctor tells what it lacks.",
  },
  workerFailed: {
    class: "stop",
    hint: "Read its last words above; runbook doctor checks what a worker needs.",
  },
  alreadyRunning: {
    class: "human",
    hint: "Watch it with: runbook watch {id}; to start another one, give it another change id.",
  },
  scheduleExists: {
    class: "human",
    hint: "See it with: runbook schedule list; delete it first to replace it: runbook schedule delete {id}",
  },
  noUi: {
    class: "stop",
    hint: "Set it to where a browser finds the Web UI, such as https://temporal.example; runbook dev prints its own.",
  },
  noSchedule: { class: "stop", hint: "See: runbook schedule list" },
  answerRefused: {
    class: "human",
    hint: "See what is asked now: runbook status {id}",
  },
  controlRefused: {
    class: "human",
    hint: "See how it stands: runbook status {id}",
  },
  noSigningKey: {
    class: "human",
    hint: "Name one with --key or RUNBOOK_SIGNING_KEY, or make one: ssh-keygen -t ed25519; its public key belongs on the roster.",
  },
  notMapped: {
    class: "human",
    hint: "Add {alias} to the aliases of a person of the roster, if it is one of them.",
  },
  notSigned: {
    class: "human",
    hint: "Mend what ssh-keygen says above, or name another key with --key.",
  },
  keeperRefused: {
    class: "human",
    hint: "See what is set: runbook freezes, runbook locks list",
  },
  runEnded: {
    class: "human",
    hint: "See how it ended: runbook report {id}",
  },
  unsettled: {
    class: "human",
    hint: "Bring the target to one version with a new run, then converge; see what happened: runbook report {id}",
  },
  noJobs: {
    class: "stop",
    hint: "Leave out --run and --step to see every job that the host keeps; ended ones are swept after some weeks.",
  },
  notAgreed: {
    class: "human",
    hint: "Answer y, or pass --yes.",
  },
  notConfirmed: {
    class: "human",
    hint: "Compare the fingerprint on the host's console, then answer y, or pass --yes.",
  },
  labSilent: {
    class: "human",
    hint: "Start one with: runbook lab up --detach",
  },
} as const satisfies Record<string, FailureKind>;

export type CliFailure = keyof typeof cliFailures;

export const cliError = failureFactory<CliFailure>("cli", cliFailures);
