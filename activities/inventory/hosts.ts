import { z } from "zod";
import { describeFaults, faultsOf, type Fault } from "../faults";
import { inventoryError } from "./errors";
import { addressFaults } from "./addresses";
import { withLines } from "./lines";
import { isRecord } from "./names";
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

/** What an SSH configuration knows about an address. */
export interface AliasValues {
  readonly address?: string;
  readonly port?: number;
  readonly user?: string;
  readonly jump?: readonly string[];
}

export interface InventoryData {
  /** A list of hosts, or `{hosts, defaults}`. */
  readonly data: unknown;
  /** The text that `data` is, where there is one: its lines tell where a fault is; else the host's id does. */
  readonly text?: string;
  /** For messages. */
  readonly source: string;
  /** @throws what is wrong with the SSH configuration */
  readonly alias?: (address: string) => AliasValues;
}

/**
 * The hosts that a source tells: a list of hosts, or `{hosts, defaults}`.
 *
 * @throws inventory.empty, inventory.invalid with every fault and its line
 */
export function readHosts({
  data,
  text,
  source,
  alias,
}: InventoryData): Host[] {
  if (isEmpty(data))
    throw inventoryError("empty", {
      seen: `${source} lists no host`,
      facts: { file: source },
    });
  const isList = Array.isArray(data);
  const schema = isList ? listSchema : fileSchema;
  const value = withAliases(isList ? data : withDefaults(data), alias);
  const result = schema.safeParse(value);
  const faults = [
    ...(result.success ? [] : faultsOf(result.error, { schema, value })),
    ...(isList
      ? hostFaults(value, "")
      : hostFaults(isRecord(value) ? value["hosts"] : undefined, "hosts")),
  ];
  if (!result.success || faults.length > 0)
    throw describeFaults(
      text === undefined ? withIds(faults, value) : withLines(faults, text),
      { system: "inventory", what: `inventory ${source}` },
    );
  return Array.isArray(result.data) ? result.data : result.data.hosts;
}

/** Nobody sees the list that was made of an answer: `[412].port` is told as `web-7.port`. */
function withIds(faults: readonly Fault[], value: unknown): Fault[] {
  const hosts: readonly unknown[] = Array.isArray(value) ? value : [];
  return faults.map((fault) => {
    const [whole = "", index] = /^\[(\d+)\]/.exec(fault.path) ?? [];
    const host = hosts[Number(index)];
    if (!isRecord(host) || typeof host["id"] !== "string") return fault;
    return { ...fault, path: `${host["id"]}${fault.path.slice(whole.length)}` };
  });
}

/** What stands in the inventory goes before the SSH configuration, as the command line of ssh does. */
function withAliases(value: unknown, alias: InventoryData["alias"]): unknown {
  if (alias === undefined) return value;
  if (Array.isArray(value))
    return value.map((host: unknown) => {
      if (!isRecord(host) || typeof host["address"] !== "string") return host;
      const { address = host["address"], ...rest } = alias(host["address"]);
      return { ...rest, ...host, address };
    });
  return isRecord(value)
    ? { ...value, hosts: withAliases(value["hosts"], alias) }
    : value;
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
