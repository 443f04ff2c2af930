import { continueAsNew } from "@temporalio/workflow";
import { acrossRuns } from "../hand-over";
import type { CarriedProcedure } from "./carried";
import type { Ears } from "./handlers";
import type { RunParts } from "./parts";
import { quiet } from "./quiet";
import type { PreparedProcedure } from "./spec";
import { isOver } from "./state";

interface Hopping<Prepared extends PreparedProcedure> {
  readonly prepared: Prepared;
  readonly ears: Ears;
  readonly parts: RunParts;
}

/** Does the work in as many runs as its history needs; each begins with what the former one has carried. */
export function inRuns<Input, Result, Prepared extends PreparedProcedure>(
  hopping: Hopping<Prepared>,
  input: Input,
  work: () => Promise<Result>,
): Promise<Result> {
  const { core, runner } = hopping.parts;
  return acrossRuns(
    {
      inFlight: () => runner.inFlight,
      // A successor would not be cancelled, and would not know what is being stopped; and the little that is left fits.
      mayHandOver: () =>
        core.state.course.kind !== "cancelled" &&
        !runner.mustStay &&
        !isOver(core.state),
      handOver: async () => {
        await quiet(hopping.ears.ledger);
        return continueAsNew<
          (input: Input, carried: CarriedProcedure<Prepared>) => Promise<Result>
        >(input, carriedOf(hopping));
      },
    },
    work,
  );
}

function carriedOf<Prepared extends PreparedProcedure>({
  prepared,
  ears: { desk, ledger, freezes },
  parts: { core, window, overrides },
}: Hopping<Prepared>): CarriedProcedure<Prepared> {
  return {
    ...{ prepared, state: core.state },
    ...{ desk: desk.packed(), ledger: ledger.packed() },
    window: window?.packed(),
    overrides: overrides.packed(),
    freezes: freezes.latest,
  };
}
