/** A procedure whose steps do what a test wants, beside the keepers as they are. */
import {
  ActivityCancellationType,
  proxyActivities,
} from "@temporalio/workflow";
import { ProcedureRun } from "../../../../workflows/procedure/run";
import type { CarriedProcedure } from "../../../../workflows/procedure/carried";
import type { ProcedureResult } from "../../../../workflows/procedure/ending";
import type {
  Finding,
  PreparedProcedure,
  StepSpec,
} from "../../../../workflows/procedure/spec";

export { freezes } from "../../../../workflows/freeze/workflow";
export { lock } from "../../../../workflows/lock/workflow";

export interface TrialInput {
  readonly prepared?: Partial<PreparedProcedure>;
  readonly isWatched?: boolean;
  readonly isAsked?: boolean;
  /** Calls an activity outside of any step, after `slot`. */
  readonly isCareless?: boolean;
  /** `copy` and `publish` at once. */
  readonly isParallel?: boolean;
  /** After `copy`, nothing can be undone any more. */
  readonly isForwardOnly?: boolean;
  /** `copy` leaves something running when it is cancelled, which must be stopped. */
  readonly isDetached?: boolean;
  /** `copy` must not wait for anybody. */
  readonly isUrgent?: boolean;
}

export interface TrialCall {
  readonly id: string;
  readonly attempt: number;
  readonly part: number;
}

export interface TrialActivities {
  prepareTrial(input: TrialInput): Promise<PreparedProcedure>;
  workOn(call: TrialCall): Promise<string>;
  watchTrial(known: Finding | null): Promise<Finding>;
}

export type TrialStep = "look" | "slot" | "copy" | "publish";

const choices = ["retry", "roll back", "abort"] as const;

const trialSteps = [
  { id: "look", title: "1. Look", choices, readOnly: true },
  {
    ...{ id: "slot", title: "2. Slot" },
    choices: ["retry", "skip", "mark done", "roll back", "abort"],
  },
  {
    ...{ id: "copy", title: "3. Copy", choices, disruptive: true },
    ...{ needMs: 60_000, atClose: "stop", resumable: "copies all of it anew" },
  },
  {
    ...{ id: "publish", title: "4. Publish", choices, disruptive: true },
    needMs: 600_000,
  },
] as const satisfies readonly StepSpec<TrialStep>[];

const once = proxyActivities<TrialActivities>({
  startToCloseTimeout: "1 minute",
  retry: { maximumAttempts: 1 },
});
/** Tried again when its worker dies. */
const long = proxyActivities<TrialActivities>({
  startToCloseTimeout: "1 hour",
  heartbeatTimeout: "5 seconds",
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: "100 milliseconds", backoffCoefficient: 1 },
});

const work =
  (id: string) =>
  ({ attempt, part }: { attempt: number; part: number }): Promise<string> =>
    long.workOn({ id, attempt, part });

const undo =
  (id: string) =>
  async (tries: { attempt: number; part: number }): Promise<void> => {
    await work(`undo-${id}`)(tries);
  };

const stop = async (tries: {
  attempt: number;
  part: number;
}): Promise<void> => {
  await work("stop-copy")(tries);
};

const stepsOf = ({ isUrgent }: TrialInput): readonly StepSpec<TrialStep>[] =>
  trialSteps.map((spec) =>
    isUrgent === true && spec.id === "copy" ? { ...spec, urgent: true } : spec,
  );

export async function trial(
  input: TrialInput,
  carried?: CarriedProcedure<PreparedProcedure>,
): Promise<ProcedureResult & { readonly slot?: string }> {
  const run = await ProcedureRun.open<TrialStep, PreparedProcedure>({
    ...{ runbook: "trial", steps: () => stepsOf(input), carried },
    prepare: () => once.prepareTrial(input),
  });
  return run.acrossRuns(input, async () => {
    const course = await run.forward(() => forward(run, input));
    if (course.kind !== "forward")
      await run.rollBack({
        slot: undo("slot"),
        copy: undo("copy"),
        publish: undo("publish"),
      });
    const slot = run.resultOf<string>("slot");
    const result = await run.end();
    return { ...result, ...(slot === undefined ? {} : { slot }) };
  });
}

async function forward(
  run: ProcedureRun<TrialStep>,
  input: TrialInput,
): Promise<void> {
  const { isWatched, isAsked, isForwardOnly, isCareless, isDetached } = input;
  await run.step("look", work("look"));
  await run.step("slot", work("slot"));
  if (isCareless === true) await work("stray")({ attempt: 1, part: 1 });
  if (isWatched === true)
    run.watch("slot", async (tell, known) => {
      for (let found = known ?? null; ;) {
        found = await long.watchTrial(found);
        tell(found);
      }
    });
  if (input.isParallel === true) {
    await Promise.all([
      run.step("copy", work("copy")),
      run.step("publish", work("publish")),
    ]);
    return;
  }
  const terms = isDetached === true ? { stop } : {};
  await run.step("copy", work("copy"), terms);
  if (isForwardOnly === true) run.passPointOfNoReturn("the first write came");
  if (isAsked === true) {
    const choices = ["approve", "deny"];
    await run.ask({ id: "ready", title: "May it publish?", choices });
  }
  await run.step("publish", work("publish"));
}
