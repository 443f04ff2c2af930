import { z } from "zod";
import { parse } from "../../activities/faults";

/** In the order in which a round runs them. */
export const peerNames = ["ours", "bare", "pdsh", "ansible"] as const;
export type PeerName = (typeof peerNames)[number];

const whole = (from: number, to: number) =>
  z
    .string()
    .refine(
      (text) =>
        /^\d+$/.test(text) && Number(text) >= from && Number(text) <= to,
      `expected a whole number from ${from} to ${to}`,
    )
    .transform(Number);

const schema = z
  .strictObject({
    hosts: whole(2, 10_000).prefault("200"),
    rounds: whole(1, 100).prefault("3"),
    /** Hosts in work at once, for every peer. */
    concurrency: whole(1, 500).prefault("50"),
    peers: z
      .string()
      .transform((text) => text.split(","))
      .pipe(z.array(z.enum(peerNames)).min(1))
      .prefault(peerNames.join(",")),
    lab: z.boolean().default(false),
    resume: z.boolean().default(false),
    json: z.boolean().default(false),
  })
  .refine(
    ({ resume, hosts, concurrency }) => !resume || hosts >= 4 * concurrency,
    {
      path: ["hosts"],
      message:
        "expected four times as many hosts as are in work at once, so that some are left when the worker is killed",
    },
  );
export type FleetOptions = z.output<typeof schema>;

/** @throws input.invalid, one error for all that is wrong */
export function fleetOptions(flags: Record<string, unknown>): FleetOptions {
  return parse(schema, flags, { system: "input", what: "bench fleet" });
}
