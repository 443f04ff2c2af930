/** What a runbook gives to a run of its steps. */

import type { Question } from "../gate/gate";
import type { CarriedProcedure } from "./carried";
import type { ReportSection } from "./report";
import type { StepDeeds } from "./runner";
import type { Milestone, PreparedProcedure, StepSpec } from "./spec";

export interface OpenOptions<
  Step extends string,
  Prepared extends PreparedProcedure,
> {
  /** As search attributes and the CLI name it. */
  readonly runbook: string;
  /** In the order in which people read them; which ones there are may follow from the input. */
  readonly steps: (prepared: Prepared) => readonly StepSpec<Step>[];
  /** The runbook's first activity: judges the input and freezes the plan. Its failure is bad input, and ends the run. */
  readonly prepare: () => Promise<Prepared>;
  /** Given by a former run of the same chain. */
  readonly carried: CarriedProcedure<Prepared> | undefined;
  /** Hears each milestone as it happens; must not block. */
  readonly onMilestone?: (milestone: Milestone) => void;
}

/** What is asked of people in the procedure itself; digest and expiry are the run's, unless another document is shown. */
export type Ask = Pick<Question, "id" | "title" | "choices"> &
  Partial<Pick<Question, "explain" | "expiresAfterMs" | "among" | "digest">>;

/** What is known of a step only where it runs. */
export type StepTerms = Pick<StepSpec, "needMs"> &
  Pick<StepDeeds<unknown>, "stop">;

export interface EndOptions {
  /** Where the runbook has a better word than `outcomeOf`. */
  readonly outcome?: string;
  readonly sections?: readonly ReportSection[];
}
