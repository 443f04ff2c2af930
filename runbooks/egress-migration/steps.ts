import type { StepSpec } from "../../workflows/procedure/spec";

/** What a plan and the README say of a step besides its title. */
export interface EgressStep extends StepSpec<EgressStepId> {
  /** How the step is known to have worked. */
  readonly check: string;
  /** What takes it back; absent where nothing is left. */
  readonly undo?: string;
  /** What becomes of it when its worker dies or a link drops. */
  readonly resumes: string;
}

export const stageIds = [
  "canary",
  "ramp-10",
  "ramp-25",
  "ramp-50",
  "ramp-100",
] as const;
export type StageId = (typeof stageIds)[number];

const egressStepIds = [
  "census",
  "capacity",
  "stress",
  "provision",
  "publish",
  "verify-1",
  "verify-2",
  "exceptions",
  "order",
  ...stageIds,
  "flip",
  "drain",
  "quarantine",
  "release",
] as const;
export type EgressStepId = (typeof egressStepIds)[number];

const again = "it is repeated, which changes nothing twice";
const goesOn = "it goes on where it was";
const canGoBack = ["retry", "roll back", "abort"] as const;
const canBeAccepted = ["retry", "mark done", "roll back", "abort"] as const;

type Facts = Omit<EgressStep, "id">;

const stage = (what: string): Facts => ({
  title: `Send ${what} from the new addresses`,
  check:
    "a peak was seen on every gateway, no pressure for as long as the stage holds",
  undo: "all connections that are opened from now on leave by the old addresses, every stage at once",
  resumes: goesOn,
  disruptive: true,
  resumable: "the stage is loaded again, and waits for a peak anew",
  choices: canBeAccepted,
});

const steps = {
  census: {
    title: "Take the census of destinations",
    check: "the looks have no holes; the peak of each destination is known",
    resumes: goesOn,
    readOnly: true,
    choices: ["retry", "abort"],
  },
  capacity: {
    title: "Prove that the new addresses have ports enough",
    check:
      "no destination needs more than its share of the ports that it may use",
    resumes: again,
    readOnly: true,
    choices: ["retry", "abort"],
  },
  stress: {
    title: "Put more than the peak on staging",
    check:
      "no connection fails, p99.9 opens within half a second, the gateway searches few ports",
    undo: "load is ended, and staging is as it was",
    resumes: "the load goes on by itself on its hosts, and is joined",
    // What the gateways had counted before it is known to this run alone.
    staysHere: true,
    choices: ["retry", "abort"],
  },
  provision: {
    title: "Bring up the new addresses beside the old ones",
    check: "each gateway has them, and no connection uses them",
    undo: "addresses, rules and settings are as the snapshot has them",
    resumes: again,
    disruptive: true,
    choices: canGoBack,
  },
  publish: {
    title: "Publish the new addresses as planned",
    check: "the list is read as it was written",
    undo: "the list has the old addresses alone",
    resumes: again,
    choices: ["retry", "skip", "roll back", "abort"],
  },
  "verify-1": {
    title: "Ask every customer from the new addresses",
    check: "each has a class",
    resumes: "batches that were asked are not asked again",
    readOnly: true,
    choices: canGoBack,
  },
  "verify-2": {
    title: "Ask every customer once more, at another hour",
    check: "each has a class",
    resumes: "batches that were asked are not asked again",
    readOnly: true,
    choices: canGoBack,
  },
  exceptions: {
    title: "Know who does not let the new addresses in",
    check: "every customer is ready, or a person has read who is not",
    resumes: again,
    readOnly: true,
    resumable: "all customers are asked twice more",
    choices: canBeAccepted,
  },
  order: {
    title: "Put destinations in their order",
    check: "none of them belongs to a customer who is not ready",
    resumes: again,
    readOnly: true,
    choices: canGoBack,
  },
  canary: stage("our own test sites"),
  "ramp-10": stage("10 % of the destinations"),
  "ramp-25": stage("25 % of the destinations"),
  "ramp-50": stage("50 % of the destinations"),
  "ramp-100": stage("all destinations"),
  flip: {
    title: "Call the new addresses the default",
    check:
      "every gateway has the rules of the last stage, and the list calls the old addresses retiring",
    resumes: again,
    choices: ["retry", "roll back", "abort"],
  },
  drain: {
    title: "Wait until nothing uses the old addresses",
    check: "no connection is open on them",
    resumes: goesOn,
    readOnly: true,
    resumable: "they get as many days once more",
    choices: canBeAccepted,
  },
  quarantine: {
    title: "Keep the old addresses, silent",
    check: "they are on no interface, and nobody misses them",
    undo: "they are on their interfaces again, and the neighbours know it",
    resumes: goesOn,
    disruptive: true,
    choices: canGoBack,
  },
  release: {
    title: "Release the old addresses",
    check: "the list calls them retired; nothing brings them back",
    resumes: again,
    choices: ["retry", "mark done"],
  },
} as const satisfies Record<EgressStepId, Facts>;

/** The steps of a run in their order; a target without a list publishes nothing. */
export const egressSteps = ({
  hasList,
}: {
  readonly hasList: boolean;
}): EgressStep[] =>
  egressStepIds
    .filter((id) => hasList || id !== "publish")
    .map((id) => ({ id, ...(steps[id] as Facts) }));
