import { z } from "zod";
import {
  describeFaults,
  faultsOf,
  type Fault as InputFault,
} from "../../activities/faults";
import { idSchema } from "../../activities/inventory/port";
import { readFaults } from "./faults";
import { layout, MAX_POOLS } from "./layout";

/** Beyond this a machine is busy with the service's processes alone: three for each host. */
const MAX_HOSTS_WITH_SERVICE = 500;

export const labOptionsSchema = z.strictObject({
  /** A new or empty folder; everything of the lab lies in it. */
  dir: z
    .string()
    .regex(
      /^[^:\n]+$/,
      "expected a folder without a colon in its name, because it stands in the hosts' PATH",
    ),
  hosts: z.int().min(1).max(10_000).default(40),
  pools: z.int().min(1).max(MAX_POOLS).default(4),
  /** Names the hosts, a pool each; `hosts` is their number. */
  ids: z.array(idSchema).min(1).optional(),
  /** Variables of the commands on a host, by its id. */
  hostEnv: z.record(z.string(), z.record(z.string(), z.string())).default({}),
  faults: z.array(z.string()).default([]),
  /** Which hosts a share such as `1%` means. */
  seed: z.string().default("lab"),
  /** Whether each host runs the lab's service (three processes each). */
  service: z.boolean().default(true),
  serviceWorkers: z.int().min(1).max(16).default(2),
  /** What is installed and runs on every host at the start. */
  version: z
    .string()
    .regex(
      /^(?!.*broken)[A-Za-z0-9][A-Za-z0-9._+-]*$/,
      "expected a version that starts, such as 1.0.0",
    )
    .default("1.0.0"),
  /** First port in use; free ports by default. */
  basePort: z.int().min(1024).max(60_000).optional(),
  /** By default an address for each host where the system allows it. */
  addresses: z.enum(["loopback", "ports"]).optional(),
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]*$/, "expected a user name")
    .default("ops"),
  /** How long `app-ctl apply` takes; default LAB_APPLY_MS of the environment, else 300. */
  applyMs: z.int().min(0).max(600_000).optional(),
  /** How long a host refuses connections while it boots. */
  rebootMs: z.int().min(0).max(600_000).default(500),
  /** How long, by the lab's configuration, a host must be ready before it counts. */
  minReadyS: z.number().min(0).max(86_400).default(1),
});
export type LabOptions = z.input<typeof labOptionsSchema>;
export type LabSettings = z.output<typeof labOptionsSchema>;

/**
 * The options with their defaults.
 *
 * @throws input.invalid, one error for all that is wrong in options and faults
 */
export function labSettings(options: LabOptions): LabSettings {
  const result = labOptionsSchema.safeParse({
    ...options,
    hosts: options.ids?.length ?? options.hosts,
  });
  const wrong = result.success
    ? wrongTogether(result.data)
    : faultsOf(result.error, { schema: labOptionsSchema, value: options });
  if (result.success && wrong.length === 0) return result.data;
  throw describeFaults(wrong, { system: "input", what: "lab" });
}

function wrongTogether(settings: LabSettings): InputFault[] {
  const { hosts, service } = settings;
  const plans = layout({ ...settings, addresses: "ports", basePort: 0 });
  const ids = plans.map(({ id }) => id);
  const { wrong } = readFaults(settings.faults, ids);
  if (!service || hosts <= MAX_HOSTS_WITH_SERVICE) return [...wrong];
  return [
    ...wrong,
    {
      path: "hosts",
      found: String(hosts),
      expected: `at most ${MAX_HOSTS_WITH_SERVICE} hosts with their service`,
      hint: "a larger lab takes service: false",
    },
  ];
}
