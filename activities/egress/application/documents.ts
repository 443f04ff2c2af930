import { z } from "zod";
import type { ApplicationGateway, Steering } from "../port";

/** What the command reads and what it prints: docs/egress-application.md. */

/** Of these documents. A field may be added under the same number; a command ignores what it does not know. */
const documentVersion = 1;

export type Verb =
  | "inspect"
  | "look"
  | "provision"
  | "steer"
  | "reload"
  | "retire"
  | "bring-back"
  | "restore"
  | "release";

export interface Order {
  readonly generation?: number;
  readonly steering?: Omit<Steering, "generation">;
  /** Of `retire`: connections that are open may be cut. */
  readonly cut?: true;
}

/** One line of JSON for its stdin. */
export function documentOf(
  { id, old, new: fresh, ports }: ApplicationGateway,
  verb: Verb,
  order: Order,
): string {
  const gateway = { id, old, new: fresh, ports };
  return `${JSON.stringify({ version: documentVersion, verb, gateway, ...order })}\n`;
}

/** Of stdout: a look at 10,000 destinations has room. */
export const maxOutputBytes = 1 << 20;

const count = z.int().min(0);
const address = z.ipv4();
const tuple = z.string().refine((text) => {
  const [host, port, ...more] = text.split(":");
  return (
    more.length === 0 &&
    z.ipv4().safeParse(host).success &&
    /^\d{1,5}$/.test(port ?? "") &&
    Number(port) <= 65_535
  );
}, "expected an address with its port, such as 198.51.100.7:443");

/** Software knows no connection tracking unless it asks the kernel: what it leaves out is 0. */
const tracking = { entries: count.default(0), mostEntries: count.default(0) };

export const factsSchema = z.object({
  kernel: z.string().min(1).max(200),
  ...tracking,
  portHoldS: z.number().min(0),
  faults: z.array(z.string().min(1).max(500)).max(50),
});

/** More than these say nothing that the hottest do not. */
const mostTuples = 50;

export const lookSchema = z.object({
  counters: z.object({
    opened: count,
    insertFailed: count.default(0),
    drop: count.default(0),
    earlyDrop: count.default(0),
    found: count.default(0),
  }),
  ...tracking,
  onOld: count,
  onNew: count,
  tuples: z
    .array(z.object({ tuple, old: count, new: count }))
    .max(10_000)
    .transform((all) =>
      all
        .sort((one, other) => other.old + other.new - one.old - one.new)
        .slice(0, mostTuples),
    ),
  rules: z.enum(["ours", "absent", "changed", "elsewhere"]),
  generation: count,
  lacks: z.array(address).max(64),
  lacksOld: z.array(address).max(64).default([]),
});

/** Of the verbs that load an order: the generation that stands there now. */
export const loadedSchema = z.object({ generation: count });

/** Of the others: whatever it likes to say. */
export const doneSchema = z.object({});
