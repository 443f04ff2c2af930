import type { Desk } from "../../workflows/gate/desk";
import type { Rollout } from "../../workflows/rollout/engine";
import type { FleetRow } from "../../workflows/rollout/fleet";
import type { Ledger } from "../../workflows/rollout/ledger";
import type { Calls } from "./calls";
import type { PreparedFleetUpgrade } from "./contract";
import type { Position } from "./state";

/** What a step of the run works with. */
export interface RunParts {
  readonly prepared: PreparedFleetUpgrade;
  readonly rollout: Rollout;
  readonly desk: Desk;
  readonly ledger: Ledger;
  readonly calls: Calls;
  /** Says where the procedure is. */
  enter(position: Position): void;
  /** A line of the timeline. */
  note(text: string): void;
}

export const rowOf = ({ rollout }: RunParts, index: number): FleetRow =>
  rollout.fleet.rows[index] ?? { id: "", pool: "" };
