import { z } from "zod";
import { parse } from "../../activities/faults";
import type { ReplicaBenchOptions } from "./bench";

const schema = z.object({
  sizeGb: z.coerce.number().min(0.01).max(1_000),
  rounds: z.coerce.number().int().min(1).max(50),
  forecast: z.boolean(),
});

/** What was typed, as numbers. @throws input.invalid with every fault */
export const replicaOptions = (flags: unknown): ReplicaBenchOptions =>
  parse(schema, flags, { system: "input", what: "bench replica" });
