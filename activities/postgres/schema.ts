import { z } from "zod";
import { idSchema } from "../inventory/port";
import { referenceSchema } from "../reference-schema";

const portSchema = z.int().min(1).max(65_535);

/** Folders that no run may own or remove, whatever else is wrong. */
const systemFolders =
  /^\/(bin|boot|dev|etc|home|lib|lib64|opt|proc|root|run|sbin|srv|sys|tmp|usr|var)?$/;

/** An absolute path of at least two parts, without `.`, `..`, doubled or trailing slashes. */
export const folderSchema = z
  .string()
  .regex(
    /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._@+-]+)+$/,
    "expected an absolute path of letters, digits and . _ @ + -, without .. and without a slash at its end",
  )
  .refine(
    (path) => !systemFolders.test(path),
    "expected a folder of PostgreSQL's own\nhint: this one belongs to the system",
  );

const tlsModes = ["disable", "require", "verify-ca", "verify-full"] as const;

const tlsSchema = z.strictObject({
  mode: z.enum(tlsModes).default("verify-full"),
  /** PEM file on the worker. */
  ca: z.string().min(1).optional(),
});

const replicationSchema = z.strictObject({
  user: z.string().min(1),
  /** libpq's password file on the replica's host. */
  passfile: folderSchema.optional(),
  sslmode: z.enum([...tlsModes, "allow", "prefer"]).default("verify-full"),
});

const serverShape = {
  port: portSchema,
  osUser: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]*$/, "expected a user's name")
    .refine(
      (name) => name !== "root",
      "expected a user other than root\nhint: PostgreSQL refuses to run as root",
    ),
  dataDirectory: folderSchema,
  workFolder: folderSchema,
  binDirectory: folderSchema.optional(),
};

/** PgBouncer in front of the servers: paused, pointed elsewhere and resumed by a switchover. */
export const pgbouncerSchema = z.strictObject({
  /** Its host in the target's inventory. */
  host: idSchema,
  /** Of its admin console. */
  address: z.string().min(1),
  port: portSchema.default(6432),
  user: z.string().min(1),
  password: referenceSchema.optional(),
  tls: tlsSchema.prefault({ mode: "disable" }),
  /** Entries that lead to the primary. */
  databases: z.array(idSchema).min(1),
  /** A file that `pgbouncer.ini` includes below `[databases]`, and that holds these entries alone; a switchover writes it. */
  databasesFile: z.string().regex(/^\/\S+$/, "expected an absolute path"),
  /** Owner of that file. */
  osUser: z.string().min(1).default("postgres"),
});

/** The PostgreSQL servers of a target. Every secret is a reference. */
export const postgresSchema = z.strictObject({
  /** Superuser, or a role with pg_monitor, pg_checkpoint and REPLICATION that may create the extension amcheck. */
  user: z.string().min(1),
  password: referenceSchema.optional(),
  database: z.string().min(1).default("postgres"),
  tls: tlsSchema.prefault({}),
  ...serverShape,
  port: serverShape.port.default(5432),
  osUser: serverShape.osUser.default("postgres"),
  replication: replicationSchema,
  /** What differs on a host of the inventory. */
  servers: z
    .record(
      idSchema,
      z
        .strictObject({
          ...serverShape,
          /** Where SQL is spoken; default: the host's address in the inventory. */
          address: z.string().min(1),
        })
        .partial(),
    )
    .default({}),
  pgbouncer: pgbouncerSchema.optional(),
});
export type PostgresSettings = z.output<typeof postgresSchema>;
export type PgBouncerSettings = z.output<typeof pgbouncerSchema>;
