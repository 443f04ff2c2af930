import { describeFaults, type Fault } from "../faults";
import { jumpOfSshArgs } from "./ssh-args";
import { idOf, isRecord, numberOf, tagsFrom } from "./names";

/** What `ansible-inventory --list` prints; `--export` keeps the variables of groups apart. */
export interface AnsibleList {
  readonly _meta: { readonly hostvars: Readonly<Record<string, unknown>> };
}

type Variables = Readonly<Record<string, unknown>>;

interface Group {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly children: readonly string[];
  readonly vars: Variables;
}

interface PlacedGroup extends Group {
  readonly depth: number;
}

const sshConnections: readonly unknown[] = [
  undefined,
  "ssh",
  "smart",
  "paramiko",
  "paramiko_ssh",
];
const noPool: readonly string[] = ["all", "ungrouped"];

export function isAnsible(data: unknown): data is AnsibleList {
  return (
    isRecord(data) &&
    isRecord(data["_meta"]) &&
    isRecord(data["_meta"]["hostvars"])
  );
}

/**
 * Hosts as an inventory file has them, not yet validated; those that Ansible does not reach over SSH are left out.
 *
 * @param source for messages
 * @throws inventory.invalid for a way to a host that only Ansible understands
 */
export function hostsOfAnsible(list: AnsibleList, source: string): Variables[] {
  const groups = placedGroups(groupsOf(list));
  const faults: Fault[] = [];
  const names = new Set([
    ...groups.flatMap(({ hosts }) => hosts),
    ...Object.keys(list._meta.hostvars),
  ]);
  const groupsByHost = groupsOfHosts(groups);
  const hosts = [...names].flatMap((name) => {
    const own = list._meta.hostvars[name];
    const member = groupsByHost.get(name) ?? [];
    const vars = variablesOf(member, isRecord(own) ? own : {});
    if (!sshConnections.includes(vars["ansible_connection"])) return [];
    faults.push(...templateFaults(name, vars));
    const jump = jumpOf(name, vars, faults);
    return [toHost(name, vars, poolOf(member), jump)];
  });
  if (faults.length === 0) return hosts;
  throw describeFaults(faults, {
    system: "inventory",
    what: `inventory of ${source}`,
  });
}

function groupsOf(list: AnsibleList): Map<string, Group> {
  const groups = Object.entries(list).flatMap(([name, group]) =>
    name === "_meta" || !isRecord(group)
      ? []
      : [[name, toGroup(name, group)] as const],
  );
  return new Map(groups);
}

function toGroup(name: string, group: Variables): Group {
  const { vars } = group;
  return {
    name,
    hosts: textsOf(group["hosts"]),
    children: textsOf(group["children"]),
    vars: isRecord(vars) ? vars : {},
  };
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value)
    ? value.filter((item): item is string => typeof item === "string")
    : [];
}

/** In the order of the tree below `all`; a group's depth is that of its longest way, as Ansible counts it. */
function placedGroups(groups: ReadonlyMap<string, Group>): PlacedGroup[] {
  const depths = new Map<string, number>();
  const visit = (name: string, depth: number, above: readonly string[]) => {
    if (above.includes(name) || depth <= (depths.get(name) ?? -1)) return;
    depths.set(name, depth);
    for (const child of groups.get(name)?.children ?? [])
      visit(child, depth + 1, [...above, name]);
  };
  visit("all", 0, []);
  for (const name of groups.keys()) if (!depths.has(name)) visit(name, 1, []);
  return [...depths].flatMap(([name, depth]) => {
    const group = groups.get(name);
    return group === undefined ? [] : [{ ...group, depth }];
  });
}

/** The groups of each host, its own and those above, in the order of the tree. */
function groupsOfHosts(
  groups: readonly PlacedGroup[],
): ReadonlyMap<string, (PlacedGroup & { readonly isDirect: boolean })[]> {
  const byName = new Map(groups.map((group) => [group.name, group]));
  const below = new Map<string, ReadonlySet<string>>();
  const hostsBelow = (group: PlacedGroup): ReadonlySet<string> => {
    const known = below.get(group.name);
    if (known !== undefined) return known;
    // Stands for the group itself while it is looked through: a circle ends here.
    below.set(group.name, new Set(group.hosts));
    const all = new Set(group.hosts);
    for (const child of group.children) {
      const inner = byName.get(child);
      if (inner) for (const host of hostsBelow(inner)) all.add(host);
    }
    below.set(group.name, all);
    return all;
  };
  const found = new Map<
    string,
    (PlacedGroup & { readonly isDirect: boolean })[]
  >();
  for (const group of groups) {
    const direct = new Set(group.hosts);
    for (const host of hostsBelow(group)) {
      const entry = { ...group, isDirect: direct.has(host) };
      const list = found.get(host);
      if (list === undefined) found.set(host, [entry]);
      else list.push(entry);
    }
  }
  return found;
}

/** As Ansible merges: from the top down, groups of one depth by name, the host's own last. */
function variablesOf(
  groups: readonly PlacedGroup[],
  own: Variables,
): Variables {
  const order = groups
    .filter(({ vars }) => Object.keys(vars).length > 0)
    .sort((a, b) => a.depth - b.depth || (a.name < b.name ? -1 : 1));
  return Object.assign({}, ...order.map(({ vars }) => vars), own) as Variables;
}

/** The first group that has no groups below and is no catch-all. */
function poolOf(
  groups: readonly (PlacedGroup & { readonly isDirect: boolean })[],
): string | undefined {
  const named = groups.filter(
    ({ name, isDirect }) => isDirect && !noPool.includes(name),
  );
  const leaf = named.find(({ children }) => children.length === 0);
  return (leaf ?? named[0])?.name;
}

function toHost(
  name: string,
  vars: Variables,
  group: string | undefined,
  jump: readonly string[],
): Variables {
  const port = vars["ansible_port"] ?? vars["ansible_ssh_port"];
  const user = vars["ansible_user"] ?? vars["ansible_ssh_user"];
  const pool = vars["runbook_pool"] ?? group;
  const { runbook_zone: zone, runbook_site: site } = vars;
  return {
    id: idOf(name),
    name,
    address: vars["ansible_host"] ?? vars["ansible_ssh_host"] ?? name,
    ...(port === undefined ? {} : { port: numberOf(port) }),
    ...(user === undefined ? {} : { user }),
    ...(pool === undefined ? {} : { pool }),
    ...(zone === undefined ? {} : { zone }),
    ...(site === undefined ? {} : { site }),
    ...(jump.length === 0 ? {} : { jump }),
    tags: tagsFrom(vars, isTag),
  };
}

function isTag(name: string): boolean {
  return (
    !name.startsWith("ansible_") &&
    !["runbook_pool", "runbook_zone", "runbook_site"].includes(name)
  );
}

function jumpOf(name: string, vars: Variables, faults: Fault[]): string[] {
  const args = ["ansible_ssh_common_args", "ansible_ssh_extra_args"];
  return args.flatMap((variable) => {
    const value = vars[variable];
    if (typeof value !== "string") return [];
    const jump = jumpOfSshArgs(value);
    if (jump !== undefined) return jump;
    faults.push({
      path: `${name}.${variable}`,
      found: "a ProxyCommand",
      expected: "-o ProxyJump=[user@]address[:port]",
    });
    return [];
  });
}

/** Ansible fills templates in when it connects; whoever reads the list sees only the template. */
function templateFaults(name: string, vars: Variables): Fault[] {
  return Object.entries(vars)
    .filter(([key]) =>
      /^(ansible_(ssh_)?(host|port|user)|ansible_ssh_(common|extra)_args|runbook_(pool|zone|site))$/.test(
        key,
      ),
    )
    .filter(([, value]) => typeof value === "string" && value.includes("{{"))
    .map(([key]) => ({
      path: `${name}.${key}`,
      found: "a template",
      expected: "a value",
      hint: "ansible-inventory does not fill templates in",
    }));
}
