import { isIP } from "node:net";
import { z } from "zod";
import { referenceSchema } from "../reference-schema";

/** Letters, digits, dot, dash, underscore: ids stand in workflow ids, file names and job keys. */
export const idSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
    "expected 1 to 128 letters, digits, dots, dashes or underscores",
  );

/** One server, as an inventory knows it. Identity is `id`; names may repeat and addresses may change. */
export const hostSchema = z.strictObject({
  id: idSchema,
  name: z.string().min(1).optional(),
  address: z.string().min(1),
  port: z.int().min(1).max(65535).default(22),
  user: z.string().min(1).optional(),
  pool: idSchema.default("default"),
  zone: idSchema.optional(),
  /** A data centre with workers of its own: this host's activities go to the queue of that site. */
  site: idSchema.optional(),
  tags: z.record(z.string(), z.string()).default({}),
  /** `SHA256:...` of the host key; stands instead of a known_hosts entry. */
  fingerprint: z
    .string()
    .regex(
      /^SHA256:[A-Za-z0-9+/]{43}=?$/,
      "expected SHA256: and 43 base64 characters, as ssh-keygen -l prints",
    )
    .optional(),
  /** Jump hosts from near to far, each `[user@]address[:port]`. */
  jump: z.array(z.string().min(1)).max(4).optional(),
  /** Command that prints an identity which changes with each boot; default: Linux boot id, else kern.boottime. */
  bootIdProbe: z.array(z.string().min(1)).min(1).optional(),
});
export type Host = z.infer<typeof hostSchema>;

const dnsSchema = z.strictObject({
  /** Full names: no search domain is added. */
  names: z
    .array(
      z
        .string()
        .regex(
          /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252})$/,
          "expected a DNS name such as web.example.com",
        ),
    )
    .min(1),
  type: z.enum(["A", "AAAA", "SRV"]).default("A"),
  pool: idSchema.optional(),
  /** SSH port; default 22, and that of the record for SRV. */
  port: hostSchema.shape.port.unwrap().optional(),
  /** Asked instead of the machine's own resolvers. */
  server: z
    .string()
    .refine(isServer, "expected ip:port, such as 10.0.0.2:53 or [fd00::2]:53")
    .optional(),
});
export type DnsSource = z.infer<typeof dnsSchema>;

const prometheusSchema = z.strictObject({
  /** Answers HTTP service discovery: a list of `{targets, labels}`. */
  url: z
    .url({ protocol: /^https?$/, error: "expected a URL of http or https" })
    .refine(
      hasNoPassword,
      "expected a URL without user and password\nhint: name a bearer token under token",
    ),
  /** Reference to a bearer token. */
  token: referenceSchema.optional(),
});
export type PrometheusSource = z.infer<typeof prometheusSchema>;

/** Where hosts come from: exactly one of `file`, `command`, `dns` and `prometheus`. Paths are relative to the configuration file. */
export const inventorySourceSchema = z
  .strictObject({
    file: z.string().min(1).optional(),
    /** Words, never a shell line; prints JSON as a file has it, or what `ansible-inventory --list` prints. */
    command: z.array(z.string().min(1)).min(1).optional(),
    /** Of the command; default 60. */
    timeoutS: z.number().min(0.1).max(240).optional(),
    /** Folder the command runs in; default: that of the configuration file. */
    cwd: z.string().min(1).optional(),
    dns: dnsSchema.optional(),
    prometheus: prometheusSchema.optional(),
    /** Addresses may be aliases of `~/.ssh/config`, or of the file named. */
    sshConfig: z.union([z.boolean(), z.string().min(1)]).optional(),
  })
  .refine(
    (source) =>
      sourceKinds.filter((kind) => source[kind] !== undefined).length === 1,
    `expected exactly one of file, command, dns and prometheus`,
  )
  .refine(
    ({ command, timeoutS, cwd }) =>
      command !== undefined || (timeoutS === undefined && cwd === undefined),
    "expected timeoutS and cwd only beside command",
  );
export type InventorySource = z.infer<typeof inventorySourceSchema>;

const sourceKinds = ["file", "command", "dns", "prometheus"] as const;

function isServer(text: string): boolean {
  const [, v6, v4, port] =
    /^(?:\[([\da-f:]+)\]|([\d.]+)):(\d{1,5})$/i.exec(text) ?? [];
  return (
    isIP(v6 ?? v4 ?? "") !== 0 && Number(port) >= 1 && Number(port) < 65_536
  );
}

function hasNoPassword(text: string): boolean {
  // What is no URL at all has been told already.
  if (!URL.canParse(text)) return true;
  const { username, password } = new URL(text);
  return username === "" && password === "";
}

export interface Inventory {
  /** All hosts of the source, in its own order. @throws inventory.* */
  resolve(source: InventorySource): Promise<Host[]>;
  /** Asks the source again, at the moment of a failure. An inventory that cannot answer counts as "yes". */
  shouldBeAlive(source: InventorySource, hostId: string): Promise<boolean>;
}
