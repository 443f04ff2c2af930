import { z } from "zod";

/** Only these stand in the gateways' paths. */
const folderPattern = /^(\/[A-Za-z0-9._@+-]+)+$/;

const portSchema = z.int().min(1_024).max(65_535);

export const networkOptionsSchema = z.strictObject({
  /** A new or empty folder; everything of the lab lies in it. */
  dir: z
    .string()
    .regex(folderPattern, "expected a folder of letters, digits and ._@+-"),
  /** Half of them behind each gateway. */
  appHosts: z.int().min(1).max(100).default(12),
  sites: z.int().min(2).max(250).default(30),
  oldAddresses: z.int().min(2).max(100).default(40),
  /** The first gateway has the odd one. */
  newAddresses: z.int().min(2).max(40).default(3),
  /** Of new addresses, by the configuration: few, so that limits are met. */
  ports: z
    .strictObject({ from: portSchema, to: portSchema })
    .refine(({ from, to }) => from <= to, "expected from at or below to")
    .default({ from: 20_000, to: 20_127 }),
});
export type NetworkLabOptions = z.input<typeof networkOptionsSchema>;
export type NetworkLabSettings = z.output<typeof networkOptionsSchema>;
