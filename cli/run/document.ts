import { exitCodes } from "../exit-codes";
import type { Observation } from "./observation";
import { countsOf, decideCommand } from "./words";

/** An observation as `--json` gives it. */
export function observationDocument(seen: Observation): object {
  const { live, end, published, startedAt, closedAt, ...base } = seen;
  return {
    ...base,
    startedAt: new Date(startedAt).toISOString(),
    ...(closedAt && { closedAt: new Date(closedAt).toISOString() }),
    ...(live === undefined
      ? { published }
      : {
          step: live.step,
          holding: live.isHolding,
          allowedFailures: live.allowedFailures,
          counts: countsOf(live),
          ...(live.progress && { progress: live.progress }),
          ...(live.procedure && { procedure: live.procedure }),
          hosts: live.hosts,
          failures: live.failures,
          gates: live.gates.map((gate) => ({
            ...gate,
            commands: gate.choices.map((choice) =>
              decideCommand(seen.workflowId, gate, choice),
            ),
          })),
        }),
    ...(end && { end: { ...end, exit: exitCodes[end.exit].code } }),
  };
}
