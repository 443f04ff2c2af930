import { z } from "zod";
import { parse } from "../../activities/faults";

const whole = (from: number, to: number) =>
  z
    .string()
    .refine(
      (text) =>
        /^\d+$/.test(text) && Number(text) >= from && Number(text) <= to,
      `expected a whole number from ${from} to ${to}`,
    )
    .transform(Number);

const schema = z.strictObject({
  rounds: whole(1, 1_000).prefault("5"),
  writers: whole(1, 64).prefault("4"),
  sizeMb: whole(1, 100_000).prefault("20"),
  json: z.boolean().default(false),
});
export type SwitchOptions = z.output<typeof schema>;

/** @throws input.invalid, one error for all that is wrong */
export function switchOptions(flags: Record<string, unknown>): SwitchOptions {
  return parse(schema, flags, { system: "input", what: "bench switchover" });
}
