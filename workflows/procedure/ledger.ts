/** What the report of a procedure is made from, in order. Pure data; no Temporal here. */

import type { Decision, RefusedAnswer, Vote } from "../gate/gate";
import type { PackedLedger } from "../rollout/ledger";
import type { Override } from "../window/override";
import type { Milestone } from "./spec";

export type ProcedureEntry =
  | { readonly kind: "milestone"; readonly milestone: Milestone }
  | { readonly kind: "event"; readonly at: number; readonly text: string }
  | { readonly kind: "override"; readonly override: Override }
  | { readonly kind: "vote"; readonly vote: Vote }
  | { readonly kind: "decision"; readonly decision: Decision }
  | { readonly kind: "refused"; readonly refused: RefusedAnswer };

export type PackedEntries = PackedLedger<ProcedureEntry>;
