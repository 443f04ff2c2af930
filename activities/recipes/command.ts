import { z } from "zod";
import { argvSchema } from "../host/port";
import type { RecipeParts } from "./expand";

export const commandSchema = z.strictObject({
  kind: z.literal("command"),
  precheck: argvSchema.optional(),
  drain: argvSchema.optional(),
  fetch: argvSchema.optional(),
  apply: argvSchema,
  restart: argvSchema.optional(),
  ready: argvSchema.optional(),
  version: argvSchema,
  undrain: argvSchema.optional(),
  undo: argvSchema.optional(),
  preview: argvSchema.optional(),
});

/** Commands of one's own, a list of words each, and nothing around them. */
export function commandParts({
  kind: _kind,
  apply,
  version,
  ...others
}: z.output<typeof commandSchema>): RecipeParts {
  const optional = Object.entries(others).map(
    ([name, run]) => [name, { run }] as const,
  );
  return {
    steps: {
      ...Object.fromEntries(optional),
      apply: { run: apply },
      version: { run: version },
    },
    extra: [],
  };
}
