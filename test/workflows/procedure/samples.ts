import { reduce } from "../../../workflows/procedure/reduce";
import type { StepSpec } from "../../../workflows/procedure/spec";
import {
  newProcedure,
  type ProcedureEvent,
  type ProcedureState,
} from "../../../workflows/procedure/state";

/** The state after these events, a second apart from the epoch on. */
export const after = (...events: readonly ProcedureEvent[]): ProcedureState =>
  events.reduce(
    (state, event, index) => reduce(state, event, (index + 1) * 1_000),
    newProcedure(0),
  );

export const begun = (id: string): ProcedureEvent => ({
  kind: "step started",
  id,
});

export const failed = (id: string): ProcedureEvent => ({
  ...{ kind: "step failed", id },
  failure: { type: "trial.full", message: "disk is full\nhint: Make room." },
});

export const done = (id: string, result?: unknown): ProcedureEvent => ({
  ...{ kind: "step done", id, result },
});

export const answered = (
  id: string,
  choice: "retry" | "skip" | "mark done" | "give up",
): ProcedureEvent => ({
  ...{ kind: "step answered", id },
  how: { choice, by: "ada", comment: "why" },
});

export const turned = (
  kind: "aborted" | "rolling back" | "stopped",
): ProcedureEvent => ({
  kind: "turned",
  course: { kind, by: "ada", at: 0 },
});

export const spec = (id: string, rest: Partial<StepSpec> = {}): StepSpec => ({
  ...{ id, title: id },
  choices: ["retry", "skip", "roll back", "abort"],
  ...rest,
});

export const freeze = (id: string) => ({
  ...{ id, scope: "all", by: "ada", reason: "sale", at: 0 },
});
