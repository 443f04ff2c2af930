import { z } from "zod";
import { referenceSchema } from "../reference-schema";

/** One word list, filled in as the host contract's are. */
const argvSchema = z.array(z.string().min(1)).min(1).max(256);

/** What HAProxy allows in a name, and placeholders that a host fills in. */
const nameSchema = z
  .string()
  .regex(
    /^([A-Za-z0-9_.:-]|\{\{\s*[A-Za-z][A-Za-z0-9_.-]*\s*\}\})+$/,
    "expected a name as HAProxy has them: letters, digits, and . _ : -",
  );

/** How long what may take, and how many may be out. */
const limits = {
  /** How long a host waits for its turn while as many servers are out as may be. */
  turnTimeoutS: z.number().min(1).max(86_400).default(900),
  /** Sessions may last this long after the drain began; then the host leaves all the same, and the report says so. */
  drainTimeoutS: z.number().min(0).max(86_400).default(300),
  /** From "ready" until the balancer's own health check calls the server up. */
  upTimeoutS: z.number().min(1).max(86_400).default(120),
  /** Servers of the backend out at once, counted at the balancer: a number, or a share such as "25%". */
  maxOut: z
    .union([
      z.int().min(1),
      z
        .string()
        .regex(
          /^(100|[1-9]?\d)%$/,
          'expected a number from 1, or a share from "0%" to "100%"',
        ),
    ])
    .default("25%"),
};

export const balancerSchema = z.union([
  z.strictObject({
    haproxy: z.strictObject({
      /** Runtime API of each balancer in front of the backend: a Unix socket's path, or `host:port`; filled in per host. */
      sockets: z
        .array(
          z
            .string()
            .regex(/^[^\s;]+$/, "expected a path or host:port, without spaces"),
        )
        .min(1)
        .max(16),
      backend: nameSchema,
      /** Name of the host's server in the backend; filled in per host, as the backend is. */
      server: nameSchema.default("{{host.id}}"),
      ...limits,
    }),
  }),
  z.strictObject({
    /** Commands run on the worker. Repeatable: a retried visit calls them again. */
    command: z.strictObject({
      drain: argvSchema,
      undrain: argvSchema,
      /**
       * Prints one JSON object: `{"total": n, "out": n}`, servers of the host's backend and those of them, this host left
       * out, that take no traffic. Without it nothing is counted.
       */
      count: argvSchema.optional(),
      env: z.record(z.string(), referenceSchema).optional(),
      ...limits,
    }),
  }),
]);
/** How a target's hosts leave and rejoin their load balancer. */
export type Balancer = z.infer<typeof balancerSchema>;

/** `host:port` has no slash; a path has one, or no port. */
export function isSocketPath(socket: string): boolean {
  return socket.includes("/") || !/:\d+$/.test(socket);
}

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
   * Takes the host out and waits until its sessions have ended, or the drain's deadline. Waits first, for its turn's
   * limit, while as many servers are out as may be.
   *
   * @returns sessions that were still open at the deadline
   * @throws balancer.*
   */
  drain(call: BalancerCall): Promise<{ readonly sessionsLeft: number }>;
  /** Puts the host back and waits until the balancer's own health check calls it up. @throws balancer.* */
  undrain(call: BalancerCall): Promise<void>;
}
