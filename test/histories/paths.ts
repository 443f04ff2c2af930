import type { FleetUpgradeResult } from "../../runbooks/fleet-upgrade/contract";

/** How the path ends, and words of its history without which it would be another path. */
interface Path {
  readonly outcome: FleetUpgradeResult["outcome"];
  readonly tells: readonly string[];
}

/**
 * Every way that a run of fleet-upgrade can take has a recording: a lost file is a lost promise. A name stands for
 * `<name>.json`.
 */
export const paths = {
  "plan-only": { outcome: "planned", tells: ['"mode":"plan"'] },
  happy: {
    outcome: "completed",
    tells: [
      "soak after canaries",
      '"gate":"canary"',
      "soak after stage 2",
      '"gate":"stage-3"',
    ],
  },
  restarted: { outcome: "completed", tells: ['"action":"restart"'] },
  "canary-denied": { outcome: "denied", tells: ['"nonce":"stale"'] },
  "approved-by-two": {
    outcome: "completed",
    tells: ['"name":"attest"', '"person":"ben"', "nobody called"],
  },
  "begin-denied": {
    outcome: "denied",
    tells: ['"gate":"start"', '"name":"approvers"'],
  },
  "gate-expired": {
    outcome: "completed",
    tells: ["EVENT_TYPE_TIMER_FIRED", '"gate":"canary"'],
  },
  "stage-soak-aborted": { outcome: "aborted", tells: ["soak after canaries"] },
  "newcomers-caught-up": { outcome: "completed", tells: ['"added":2'] },
  "stale-caught-up": { outcome: "completed", tells: ['"differ":[[0,'] },
  "late-host-not-attempted": { outcome: "denied", tells: ['"added":1'] },
  "failed-retried": { outcome: "completed", tells: ['"choice":"retry"'] },
  "failed-redone": { outcome: "completed", tells: ['"choice":"redo"'] },
  "failed-skipped-by-cause": {
    outcome: "completed with failures",
    tells: ['"choice":"skip"', '"cause":"', '"skipped":["precheck"]'],
  },
  "failed-excluded": {
    outcome: "completed with failures",
    tells: ['"choice":"exclude"'],
  },
  "marked-done": { outcome: "completed", tells: ['"choice":"mark done"'] },
  "host-rolled-back": {
    outcome: "completed",
    tells: ['"choice":"roll back host"', '"work":"undo"'],
  },
  "host-gone": { outcome: "completed", tells: ['"outcome":"gone"'] },
  "host-deadline": {
    outcome: "completed with failures",
    tells: ["rollout.hostDeadline"],
  },
  "progress-deadline-continued": {
    outcome: "completed",
    tells: ['"gate":"progress"'],
  },
  "budget-continued": { outcome: "completed", tells: ['"gate":"budget"'] },
  "budget-aborted": {
    outcome: "aborted",
    tells: ['"gate":"budget"', '"work":"put back"'],
  },
  "budget-rolled-back": {
    outcome: "rolled back",
    tells: ['"gate":"budget"', '"work":"undo"'],
  },
  "paused-retuned-resumed": {
    outcome: "completed",
    tells: ["a graph looks odd", '"slots":4', '"signalName":"resume"'],
  },
  "aborted-put-back": {
    outcome: "aborted",
    tells: ['"outcome":"put back"', '"outcome":"left out"'],
  },
  "rolled-back": { outcome: "rolled back", tells: ['"work":"undo"'] },
  "emergency-stopped": { outcome: "stopped", tells: ["smoke"] },
  cancelled: {
    outcome: "cancelled",
    tells: ["EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED", "unsettled"],
  },
  "lock-waited": {
    outcome: "completed",
    tells: ['"position":1', '"signalName":"yourTurn"'],
  },
  "lock-not-awaited": { outcome: "aborted", tells: ['"position":2'] },
  "frozen-lifted": {
    outcome: "completed",
    tells: ["peak sale", '"signalName":"freezesChanged"'],
  },
  "window-moved": {
    outcome: "completed",
    tells: ['"gate":"window-moved"', '"signalName":"calendarChanged"'],
  },
  "window-moved-denied": {
    outcome: "denied",
    tells: ['"gate":"window-moved"', '"choice":"deny"'],
  },
  "window-overridden": {
    outcome: "completed",
    tells: ['"gate":"window-override"', "the hole is being used"],
  },
  "window-closed-asked": {
    outcome: "rolled back",
    tells: ['"gate":"window-close"', '"work":"undo"'],
  },
  "window-closed-rolled-back": {
    outcome: "rolled back",
    tells: ["abort-with-rollback", '"work":"undo"'],
  },
  "window-closed-parked": {
    outcome: "completed",
    tells: ['"signalName":"calendarChanged"', '"atClose":'],
  },
  "worker-killed": { outcome: "completed", tells: ['"attempt":2'] },
  built: { outcome: "completed", tells: ['"artifact":{'] },
  "build-failed-retried": {
    outcome: "completed",
    tells: ['"gate":"build"', '"generation":2'],
  },
  "build-aborted": { outcome: "aborted", tells: ['"gate":"build"'] },
} as const satisfies Record<string, Path>;

/** Continued as new: each run of the chain is a file of its own, `<name>-1.json`, `<name>-2.json` ... */
export const chains = {
  "handed-over": { outcome: "completed", tells: ['"letters":"uuuvvv"'] },
  "handed-over-paused": {
    outcome: "completed",
    tells: ["lunch", '"gate":"failed-hosts"'],
  },
  "handed-over-soaking": {
    outcome: "aborted",
    tells: ['"kind":"soaking"'],
  },
  "handed-over-catching-up": {
    outcome: "completed",
    tells: ['"kind":"catching up"', '"added":2'],
  },
  "handed-over-denied": { outcome: "denied", tells: ['"choice":"deny"'] },
  "handed-over-out-of-window": {
    outcome: "completed",
    tells: ['"kind":"closed"', '"gate":"window-moved"'],
  },
  "handed-over-rolling-back": {
    outcome: "rolled back",
    tells: ['"course":"rolling back"', '"work":"undo"'],
  },
} as const satisfies Record<string, Path>;

export type PathName = keyof typeof paths;
export type ChainName = keyof typeof chains;
