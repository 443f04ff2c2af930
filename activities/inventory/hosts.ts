import { z } from "zod";
import { describeFaults, faultsOf, type Fault } from "../faults";
import { inventoryError } from "./errors";
import { addressFaults } from "./addresses";
import { withLines } from "./lines";
import { hostSchema, type Host } from "./port";

/** What every host of a file may share. Identity is never shared. */
const defaultsSchema = z.strictObject({
  port: hostSchema.shape.port.optional(),
  user: hostSchema.shape.user,
  pool: hostSchema.shape.pool.optional(),
  zone: hostSchema.shape.zone,
  site: hostSchema.shape.site,
  tags: hostSchema.shape.tags.optional(),
  jump: hostSchema.shape.jump,
  bootIdProbe: hostSchema.shape.bootIdProbe,
});
const listSchema = z.array(hostSchema);
const fileSchema = z.strictObject({
  defaults: defaultsSchema.optional(),
  hosts: listSchema,
});

export interface InventoryText {
  readonly text: string;
  /** The parsed text. */
  readonly data: unknown;
  /** For messages. */
  readonly file: string;
}

/**
 * The hosts of a file: a list of hosts, or `{hosts, defaults}`.
 *
 * @throws inventory.empty, inventory.invalid with every fault and its line
 */
export function readHosts({ text, data, file }: InventoryText): Host[] {
  if (isEmpty(data))
    throw inventoryError("empty", {
      seen: `${file} lists no host`,
      facts: { file },
    });
  const isList = Array.isArray(data);
  const schema = isList ? listSchema : fileSchema;
  const value: unknown = isList ? data : withDefaults(data);
  const result = schema.safeParse(value);
  const faults = [
    ...(result.success ? [] : faultsOf(result.error, { schema, value })),
    ...(isList
      ? hostFaults(data, "")
      : hostFaults(isRecord(value) ? value["hosts"] : undefined, "hosts")),
  ];
  if (!result.success || faults.length > 0)
    throw describeFaults(withLines(faults, text), {
      system: "inventory",
      what: `inventory ${file}`,
    });
  return Array.isArray(result.data) ? result.data : result.data.hosts;
}

function isEmpty(data: unknown): boolean {
  const list = isRecord(data) && "hosts" in data ? data["hosts"] : data;
  return list === null || list === undefined || isEmptyList(list);
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** A host's own word goes before the default; tags are merged one by one. */
function withDefaults(data: unknown): unknown {
  if (!isRecord(data) || !isRecord(data["defaults"])) return data;
  // A wrong default is told once, where it stands, not again at every host.
  const { defaults, hosts } = data;
  const sound = Object.fromEntries(
    Object.entries(defaults).filter(
      ([key, value]) => defaultsSchema.safeParse({ [key]: value }).success,
    ),
  );
  const merge = (host: unknown): unknown => {
    if (!isRecord(host)) return host;
    const tags = isRecord(sound["tags"])
      ? { tags: mergeTags(sound["tags"], host["tags"]) }
      : {};
    return { ...sound, ...host, ...tags };
  };
  return { ...data, hosts: Array.isArray(hosts) ? hosts.map(merge) : hosts };
}

function mergeTags(shared: object, own: unknown): unknown {
  if (own === undefined) return shared;
  return isRecord(own) ? { ...shared, ...own } : own;
}

/** What no schema of one host can see; a host that is wrong in itself is compared by its id alone. */
function hostFaults(hosts: unknown, prefix: string): Fault[] {
  if (!Array.isArray(hosts)) return [];
  const firstWith = new Map<unknown, string>();
  return hosts.flatMap((raw: unknown, index) => {
    const path = `${prefix}[${index}]`;
    const host = hostSchema.safeParse(raw);
    const addresses = host.success ? addressFaults(host.data, path) : [];
    const id = isRecord(raw) ? raw["id"] : undefined;
    if (typeof id !== "string") return addresses;
    const first = firstWith.get(id);
    if (first !== undefined) return [repeatedId(id, path, first), ...addresses];
    firstWith.set(id, path);
    return addresses;
  });
}

function repeatedId(id: string, path: string, first: string): Fault {
  return {
    path: `${path}.id`,
    found: JSON.stringify(id),
    expected: "an id that no other host has",
    hint: `${first} has it too`,
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
