import { z } from "zod";

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

/** Where hosts come from. Paths are relative to the configuration file. */
export const inventorySourceSchema = z.strictObject({
  file: z.string().min(1),
});
export type InventorySource = z.infer<typeof inventorySourceSchema>;

export interface Inventory {
  /** All hosts of the source, in its own order. @throws inventory.* */
  resolve(source: InventorySource): Promise<Host[]>;
  /** Asks the source again, at the moment of a failure. An inventory that cannot answer counts as "yes". */
  shouldBeAlive(source: InventorySource, hostId: string): Promise<boolean>;
}
