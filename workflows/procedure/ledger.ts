/** What the report of a procedure is made from, in order. Pure data; no Temporal here. */

import type { SaidEntry } from "../gate/said";
import type { PackedLedger } from "../rollout/ledger";
import type { Milestone } from "./spec";

export type ProcedureEntry =
  { readonly kind: "milestone"; readonly milestone: Milestone } | SaidEntry;

export type PackedEntries = PackedLedger<ProcedureEntry>;
