import { defineQuery } from "@temporalio/workflow";
import type { CustomerBook } from "../../activities/customers/port";

/** Where a run keeps its customers, and what is known of them. */
export interface CustomersSight {
  readonly book: CustomerBook;
  /** Passes over all of them that have ended. */
  readonly passes: number;
}

/** Undefined while the run still prepares. */
export const customersQuery = defineQuery<CustomersSight | undefined>(
  "customers",
);
