import { isIPv4 } from "node:net";
import { z } from "zod";
import { idSchema } from "../inventory/port";

/** What is wrong with addresses themselves is told together, by `gateways.ts`. */
const addressesSchema = z.array(z.string().min(1)).max(64);

const portSchema = z.int().min(1).max(65_535);

/** Both ends included; Linux itself takes 1024 to 65535 for ports above 1023. */
const portsSchema = z
  .strictObject({ from: portSchema, to: portSchema })
  .refine(({ from, to }) => from <= to, "expected from at or below to");

const absoluteSchema = z
  .string()
  .regex(/^(\/[A-Za-z0-9._@+-]+)+$/, "expected an absolute path");

/** Of Linux: at most 15 characters, no slash. */
const interfaceSchema = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,15}$/, "expected the name of an interface");

const tupleExpected =
  "expected an address with its port, such as 198.51.100.7:443";

function isTuple(text: string): boolean {
  const [address = "", port] = text.split(":");
  return isIPv4(address) && Number(port) >= 1 && Number(port) <= 65_535;
}

export const tupleSchema = z
  .string()
  .regex(/^\d{1,3}(\.\d{1,3}){3}:\d{1,5}$/, tupleExpected)
  .refine(isTuple, tupleExpected);

const commandSchema = z.array(z.string().min(1)).min(1).max(64);

const gatewaySchema = z.strictObject({
  /** Towards customers, as they are now. */
  old: addressesSchema.min(1),
  /** Reserved, and on no interface yet. */
  new: addressesSchema.min(1),
  interface: interfaceSchema.optional(),
  workFolder: absoluteSchema.optional(),
  ports: portsSchema.optional(),
});
const gatewaysSchema = z
  .record(idSchema, gatewaySchema)
  .refine(
    (gateways) => Object.keys(gateways).length > 0,
    "expected at least one gateway",
  );

/** The customer's own client, at the load that production has. */
const applicationLoadSchema = z.strictObject({
  host: idSchema,
  /** Prints one JSON object as its last line: docs/egress.md. */
  command: commandSchema,
  env: z.record(z.string(), z.string()).default({}),
  timeoutS: z.int().min(1).max(86_400).default(900),
  /** Connections that it may open for each request. */
  mostPerRequest: z.number().min(0).max(1).default(0.2),
});

/** A second, smaller network with gateways of its own, which has to carry more than the peak first. */
const stagingSchema = z.strictObject({
  gateways: gatewaysSchema,
  /** Hosts behind these gateways from which load is put on. */
  hosts: z.array(idSchema).min(1).max(100),
  /** What holds connections there; the hottest destination is played by the first. */
  sink: z.array(tupleSchema).min(1).max(16),
  application: applicationLoadSchema.optional(),
});

const publishedListSchema = z.strictObject({
  /** Host of the target whose web server serves the file. */
  host: idSchema,
  path: absoluteSchema,
  url: z.url().optional(),
  name: z
    .strictObject({ name: z.string().min(1), server: z.string().optional() })
    .optional(),
});

/** How a fleet goes out to its customers, and from which addresses. */
export const egressSchema = z.strictObject({
  kind: z.enum(["linux-nat", "application", "aws"]).default("linux-nat"),
  /** Only in a lab: addresses of private networks and of documentation, and times that are too short for customers. */
  allowsPrivate: z.boolean().default(false),
  interface: interfaceSchema.optional(),
  workFolder: absoluteSchema.default("/var/lib/upgrade-runbooks/egress"),
  ports: portsSchema.prefault({ from: 1_024, to: 65_535 }),
  spread: z.enum(["connection", "range"]).default("connection"),
  /** Of `application`: what steers the software on each of its hosts. */
  command: commandSchema.optional(),
  gateways: gatewaysSchema,
  /** Destinations that let only some of the new addresses in. */
  usable: z
    .array(
      z.strictObject({
        destination: tupleSchema,
        addresses: addressesSchema.min(1),
      }),
    )
    .max(200)
    .default([]),
  staging: stagingSchema.optional(),
  publishedList: publishedListSchema.optional(),
});
export type EgressSettings = z.output<typeof egressSchema>;
