import { z } from "zod";
import { referenceSchema } from "../reference-schema";

/** One word list, filled in as the host contract's are. */
const argvSchema = z.array(z.string().min(1)).min(1).max(256);

const durations = {
  /** Sessions may last this long after the drain began; then the host leaves all the same, and the report says so. */
  drainTimeoutS: z.number().min(0).max(86_400).default(300),
  /** From "ready" until the balancer's own health check calls the server up. */
  upTimeoutS: z.number().min(1).max(86_400).default(120),
  /** Servers of the backend out at once, counted at the balancer: a number, or a share such as "25%". */
  maxOut: z
    .union([z.int().min(1), z.string().regex(/^(100|[1-9]?\d)%$/)])
    .default("25%"),
};

export const balancerSchema = z.union([
  z.strictObject({
    haproxy: z.strictObject({
      /** Runtime API of each balancer in front of the backend: a Unix socket's path, or `host:port`. */
      sockets: z.array(z.string().min(1)).min(1).max(16),
      backend: z.string().min(1),
      /** Name of the host's server in the backend; filled in per host. */
      server: z.string().min(1).default("{{host.id}}"),
      ...durations,
    }),
  }),
  z.strictObject({
    /** Commands run on the worker. Repeatable: a retried visit calls them again. */
    command: z.strictObject({
      drain: argvSchema,
      undrain: argvSchema,
      /** Prints one JSON object `{"total": n, "out": n}` of the host's backend; without it nothing is counted. */
      count: argvSchema.optional(),
      env: z.record(z.string(), referenceSchema).optional(),
      ...durations,
    }),
  }),
]);
/** How a target's hosts leave and rejoin their load balancer. */
export type Balancer = z.infer<typeof balancerSchema>;

export interface BalancerCall {
  readonly balancer: Balancer;
  /** Values of the placeholders, as `hostValues` makes them. */
  readonly values: Readonly<Record<string, string | undefined>>;
  readonly hostId: string;
  readonly signal: AbortSignal;
  readonly report: (line: string) => void;
}

/** A load balancer's side of a visit. Both calls may be repeated: each brings the balancer to the state it names. */
export interface LoadBalancer {
  /**
   * Takes the host out and waits until its sessions have ended, or the drain's deadline. Waits first while as many
   * servers are out as may be.
   *
   * @returns sessions that were still open at the deadline
   * @throws balancer.*
   */
  drain(call: BalancerCall): Promise<{ readonly sessionsLeft: number }>;
  /** Puts the host back and waits until the balancer's own health check calls it up. @throws balancer.* */
  undrain(call: BalancerCall): Promise<void>;
}
