import type { Desk } from "../../workflows/gate/desk";
import type { Rollout } from "../../workflows/rollout/engine";
import type { FleetRow } from "../../workflows/rollout/fleet";
import type { Ledger } from "../../workflows/rollout/ledger";
import type { Calls } from "./calls";
import type { FleetUpgradeResult, PreparedFleetUpgrade } from "./contract";
import type { Keepers } from "./locking";
import { type Ending, outcomeOfRun, type Position } from "./state";

/** How far the procedure has come. */
export interface Progress {
  readonly startedAt: number;
  readonly position: Position;
  /** Stages that are done, soaked and approved. */
  readonly passed: number;
  /** Census waves that were taken. */
  readonly waves: number;
  readonly ending: Ending;
  /** Whether the run has what it changes to itself; before it has, it changes nothing. */
  readonly lock: "none" | "held" | "left";
}

/** What a step of the run works with. */
export interface RunParts {
  readonly prepared: PreparedFleetUpgrade;
  readonly rollout: Rollout;
  readonly desk: Desk;
  readonly ledger: Ledger;
  readonly calls: Calls;
  readonly keepers: Keepers;
  readonly progress: Progress;
  advance(progress: Partial<Progress>): void;
  /** Says where the procedure is. */
  enter(position: Position): void;
  /** A line of the timeline. */
  note(text: string): void;
}

export const rowOf = ({ rollout }: RunParts, index: number): FleetRow =>
  rollout.fleet.rows[index] ?? { id: "", pool: "" };

/** Nobody has aborted, stopped or turned back. */
export const isRolling = ({ rollout }: Pick<RunParts, "rollout">): boolean =>
  rollout.state.course === "rolling";

/** Whether the run ever had its hosts to itself, and may have changed them. */
export const hasBegun = ({ progress }: Pick<RunParts, "progress">): boolean =>
  progress.lock !== "none";

export const isOver = ({ progress }: Pick<RunParts, "progress">): boolean =>
  progress.position.kind === "reporting" || progress.position.kind === "ended";

/** How the run ends, as things stand. */
export const endOf = ({
  rollout,
  progress,
}: Pick<RunParts, "rollout" | "progress">): FleetUpgradeResult["outcome"] =>
  outcomeOfRun(rollout.state, progress.ending);
