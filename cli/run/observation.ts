import type { OpenGate } from "../../workflows/gate/gate";
import type { ProcedureProgress } from "../../workflows/procedure/progress";
import type { RolloutProgress } from "../../workflows/rollout/words";
import type { ItemFailure } from "../../workflows/rollout/state";
import type { ExitName } from "../exit-codes";
import type { HostStanding } from "../host-standing";

/** A run at one moment, as far as server and worker tell. */
export interface Observation {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  readonly summary: string;
  readonly startedAt: number;
  readonly closedAt?: number;
  readonly ui?: string;
  /** Absent when no worker answers, and when the run has ended. */
  readonly live?: Live;
  /** Why nobody answers for a run that goes on. */
  readonly silence?: string;
  /** What the server alone knows: the step and the gates, as last published. */
  readonly published: { readonly phase?: string; readonly waiting?: string };
  /** Calls that failed and are tried again, which the run itself does not see. */
  readonly retrying: readonly Retrying[];
  readonly end?: RunEnd;
}

export interface Retrying {
  readonly activity: string;
  readonly attempt: number;
  readonly message: string;
}

/** What the run itself answers. */
export interface Live {
  readonly step: string;
  /** Over budget: nothing new begins until somebody decides. */
  readonly isHolding: boolean;
  readonly allowedFailures: number;
  /** Counts, causes and pace; absent while the run plans. */
  readonly progress?: RolloutProgress;
  /** Steps and forecast, of a runbook that is a sequence of steps: then there are no hosts. */
  readonly procedure?: ProcedureProgress;
  /** Each host of a fleet that a screen can show; empty for a larger one. */
  readonly hosts: readonly HostStanding[];
  readonly failures: readonly HostFailure[];
  readonly gates: readonly OpenGate[];
}

export interface HostFailure extends ItemFailure {
  readonly host: string;
}

/** How a run ended, and what a script should make of it. */
export interface RunEnd {
  readonly outcome: string;
  readonly counts?: Readonly<Record<string, number>>;
  readonly text?: string;
  readonly exit: ExitName;
  readonly failure?: { readonly type: string; readonly message: string };
}
