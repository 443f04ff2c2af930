import {
  CancellationScope,
  setCurrentDetails,
  setHandler,
} from "@temporalio/workflow";
import { askLeave } from "../../workflows/procedure/ask-leave";
import { isTemplate } from "../../workflows/template";
import type { EgressMigrationInput, EgressMigrationResult } from "./contract";
import { runbookName } from "./ids";
import { drain, flip, quarantine, release } from "./leave-old";
import { proveCapacity, takeCensus } from "./measure";
import { customersQuery } from "./messages";
import { provision, publishPlanned } from "./provision";
import { ramp } from "./ramp";
import {
  type CarriedEgressRun,
  customersOf,
  type EgressRun,
  endOf,
  openRun,
  planned,
  sightOf,
} from "./run";
import { Steering } from "./steering";
import { stress } from "./stress";
import { templateText } from "./template";
import { inverses } from "./undo";
import { knowExceptions, orderDestinations, verify } from "./verify";

/** From many changing addresses to a few fixed ones; the steps are those of this folder's README. */
export async function egressMigration(
  input?: EgressMigrationInput,
  /** Given by a former run of the same chain, never by a person. */
  carried?: CarriedEgressRun,
): Promise<EgressMigrationResult> {
  if (isTemplate(runbookName)) return template();
  // First, before any await: a query may come at any moment.
  const made: { run?: EgressRun } = {};
  setHandler(customersQuery, () => made.run && sightOf(made.run));
  const run = await openRun(input, carried);
  made.run = run;
  if (run.prepared.mode === "plan") return planned(run);
  return run.acrossRuns(input, async () => {
    const steering = new Steering(run);
    const course = await run.forward(() => migrate(run, steering));
    if (course.kind !== "forward") await run.rollBack(inverses(run, steering));
    const customers = await CancellationScope.nonCancellable(() =>
      customersOf(run),
    );
    const result = await run.end(endOf(run));
    return { ...result, ...(customers && { customers }) };
  });
}

/** Fills in the UI's form; looks at nothing, touches nothing. */
function template(): EgressMigrationResult {
  setCurrentDetails(templateText);
  return { outcome: "template", counts: {}, text: templateText };
}

async function migrate(run: EgressRun, steering: Steering): Promise<void> {
  const census = await takeCensus(run);
  const proof = await proveCapacity(run, census);
  const proven = await stress(run, proof);
  await askLeave(run, {
    id: "production",
    title: `${run.prepared.summary}: staging has carried more than the peak, may production begin?`,
    digest: proven.document.sha256,
  });
  await provision(run);
  await publishPlanned(run);
  await verify(run);
  await knowExceptions(run);
  const division = await orderDestinations(run);
  steering.begin({ census, division, spread: proven.spread });
  await ramp(run, steering, division);
  await flip(run, steering);
  await drain(run, steering);
  await quarantine(run, steering);
  await release(run);
}
