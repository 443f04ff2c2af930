import { isIP } from "node:net";
import { z } from "zod";
import { parse } from "../faults";
import type { ApplicationOrder, StormOrder } from "./port";

/** The report is one line, of which a job keeps 64 KiB. */
const mostDestinations = 200;

/** A port of the host for each connection to one destination: there are no more. */
const mostConnections = 64_512;

const tuple = z.string().refine(isTuple, {
  message: "expected an address and a port, such as 198.51.100.7:443",
});

const peak = {
  destinations: z
    .array(
      z.object({
        tuple,
        connections: z.int().min(1).max(mostConnections),
      }),
    )
    .min(1)
    .max(mostDestinations),
  holdS: z.number().min(0),
  lifeS: z.number().positive(),
};

const stormSchema = z.object({
  key: z.string().min(1),
  ...peak,
  giveUpS: z.number().positive().optional(),
});

const applicationSchema = z.object({
  key: z.string().min(1),
  command: z.array(z.string()).min(1),
  timeoutMs: z.int().positive(),
  peak: z.object(peak).optional(),
});

const subjectOf = (host: string) => ({
  system: "input" as const,
  what: `the load of ${host}`,
});

/** @throws input.invalid with every fault */
export function checkStorm({ host, ...order }: StormOrder): void {
  parse(stormSchema, order, subjectOf(host.id));
}

/** @throws input.invalid with every fault */
export function checkApplication({ host, ...order }: ApplicationOrder): void {
  parse(applicationSchema, order, subjectOf(host.id));
}

function isTuple(text: string): boolean {
  const [, six, four, port] =
    /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const known = six === undefined ? isIP(four ?? "") === 4 : isIP(six) === 6;
  return known && Number(port) >= 1 && Number(port) <= 65_535;
}
