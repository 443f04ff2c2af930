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
  customers: whole(1, 1_000_000).prefault("2000"),
  hosts: whole(2, 100).prefault("12"),
  perSecond: whole(1, 10_000).prefault("100"),
  json: z.boolean().default(false),
});
export type EgressOptions = z.output<typeof schema>;

/** @throws input.invalid, one error for all that is wrong */
export function egressOptions(flags: Record<string, unknown>): EgressOptions {
  return parse(schema, flags, { system: "input", what: "bench egress" });
}
