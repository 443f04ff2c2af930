import { readFile, stat } from "node:fs/promises";
import { configurationFile } from "../../activities/configuration/client";
import type { Configuration } from "../../activities/configuration/port";
import { createInventory } from "../../activities/inventory/client";
import type { Host } from "../../activities/inventory/port";
import {
  type Environment,
  expandHome,
  resolveReference,
} from "../../activities/references";
import {
  type KnownHosts,
  listedKeyTypes,
  mergeKnownHosts,
  parseKnownHosts,
} from "../../activities/ssh/known-hosts";
import type { SshAccess } from "../../activities/ssh/port";
import { knowsServers } from "./balancer";
import { type Check, check, fail, pass, unsure } from "./check";
import { egressChecks } from "./egress";
import { databaseChecks } from "./postgres";

const SHOWN_HOSTS = 5;
/** Bits of group and others. */
const NOT_OWNER = 0o077;

export interface TargetChecks {
  readonly checks: readonly Check[];
  /** Sites that hosts name: each needs workers of its own. */
  readonly sites: readonly string[];
}

type Target = Configuration["targets"][string];

/** The configuration file, and for each of its targets: hosts, keys to log in with, keys to know them by. */
export async function targetChecks(env: Environment): Promise<TargetChecks> {
  let configuration: Configuration | undefined;
  const first = await check("configuration", async () => {
    const path = env["RUNBOOK_CONFIG"] || undefined;
    configuration = await configurationFile(path).read();
    const { targets, components } = configuration;
    return pass(
      `targets ${namesOf(targets)}; components ${namesOf(components)}`,
    );
  });
  if (configuration === undefined) return { checks: [first], sites: [] };
  const [{ checks, sites }, databases, gateways, secrets] = await Promise.all([
    checksOfTargets(configuration, env),
    databaseChecks(configuration),
    egressChecks(configuration),
    secretChecks(configuration, env),
  ]);
  const all = [first, ...checks, ...databases, ...gateways, ...secrets];
  return { checks: all, sites };
}

/** For each target: its inventory asked, keys to log in with, keys to know the hosts by. */
export async function checksOfTargets(
  { targets }: Configuration,
  env: Environment,
): Promise<TargetChecks> {
  const each = await Promise.all(
    Object.entries(targets).map(([name, target]) =>
      checksOf(name, target, env),
    ),
  );
  return {
    checks: each.flatMap(({ checks }) => checks),
    sites: [...new Set(each.flatMap(({ sites }) => sites))],
  };
}

async function checksOf(
  name: string,
  { inventory, ssh, balancer }: Target,
  env: Environment,
): Promise<TargetChecks> {
  let hosts: readonly Host[] = [];
  const found = await check(`inventory of ${name}`, async () => {
    hosts = await createInventory({ baseDir: "." }).resolve(inventory);
    const pools = new Set(hosts.map(({ pool }) => pool));
    return pass(
      `${counted(hosts.length, "host")} in ${counted(pools.size, "pool")}`,
    );
  });
  const login = await check(`login to ${name}`, () => canLogIn(ssh, env));
  const known = await check(`known hosts of ${name}`, () =>
    knowsHosts(name, ssh, hosts),
  );
  const balanced =
    balancer === undefined
      ? []
      : [
          await check(`balancer of ${name}`, () =>
            knowsServers(balancer, hosts),
          ),
        ];
  const ofHosts = hosts.length === 0 ? [] : [known, ...balanced];
  return {
    checks: [found, login, ...ofHosts],
    sites: hosts.flatMap(({ site }) => (site === undefined ? [] : [site])),
  };
}

async function canLogIn(
  { identities, agent }: SshAccess,
  env: Environment,
): Promise<Omit<Check, "name">> {
  if (agent !== false) {
    const socket = agent === true ? env["SSH_AUTH_SOCK"] : agent;
    const isThere = await exists(socket);
    if (!isThere)
      return fail(
        `no ssh-agent at ${socket ?? "SSH_AUTH_SOCK, which is not set"}`,
        "Start one with: eval $(ssh-agent) && ssh-add; or name key files in ssh.identities.",
      );
  } else if (identities.length === 0) {
    return fail(
      "neither keys nor an agent",
      "Add ssh.identities: [{ key: ~/.ssh/id_ed25519 }] or ssh.agent: true to the target.",
    );
  }
  for (const { key, passphrase } of identities) {
    const { mode } = await stat(key).catch(() => ({ mode: undefined }));
    if (mode === undefined)
      return fail(
        `cannot read ${key}`,
        `Put the key there, or correct ssh.identities.`,
      );
    if ((mode & NOT_OWNER) !== 0)
      return fail(`others can read ${key}`, `chmod 600 ${key}`);
    await readFile(key);
    if (passphrase !== undefined) await resolveReference(passphrase, env);
  }
  const count = identities.length;
  return pass(
    `${count} ${count === 1 ? "key" : "keys"}${agent === false ? "" : " and an agent"}`,
  );
}

async function knowsHosts(
  name: string,
  { knownHosts }: SshAccess,
  hosts: readonly Host[],
): Promise<Omit<Check, "name">> {
  const files = await Promise.all(knownHosts.map(readKnownHosts));
  const known = mergeKnownHosts(files.map(({ entries }) => entries));
  const unread = files.flatMap(({ fault = [] }) => fault);
  const strangers = hosts.filter((host) => !isKnown(host, known));
  if (strangers.length === 0) return pass(`the keys of all ${hosts.length}`);
  const ids = strangers.slice(0, SHOWN_HOSTS).map(({ id }) => id);
  const rest = strangers.length - ids.length;
  return fail(
    [
      `no key for ${strangers.length} of ${counted(hosts.length, "host")}: ${ids.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`,
      ...unread,
    ].join("; "),
    `runbook trust --target ${name} ${ids.join(" ")}${rest > 0 ? " ..." : ""}`,
  );
}

function isKnown(
  { address, port, fingerprint, name }: Host,
  known: KnownHosts,
): boolean {
  const alias = name === undefined ? {} : { alias: name };
  return (
    fingerprint !== undefined ||
    listedKeyTypes({ address, port, ...alias }, known).length > 0
  );
}

/** A file that cannot be read lists nobody, and its fault says why. */
async function readKnownHosts(
  file: string,
): Promise<{ readonly entries: KnownHosts; readonly fault?: string }> {
  try {
    const text = await readFile(expandHome(file), "utf8");
    return { entries: parseKnownHosts(text, file) };
  } catch (error) {
    const { code = "no code" } = error as NodeJS.ErrnoException;
    const fault = `cannot read ${file} (${code})`;
    return { entries: parseKnownHosts("", file), fault };
  }
}

/** Read where the worker runs, which may be another machine: missing here is no proof. */
async function secretChecks(
  configuration: Configuration,
  env: Environment,
): Promise<readonly Check[]> {
  return Promise.all(
    referencesOf(configuration).map((reference) =>
      check(`secret ${reference}`, async () => {
        try {
          await resolveReference(reference, env);
          return pass("is there");
        } catch {
          return unsure(
            "is not there for this user on this machine",
            "It must be where the workers run: ask runbook doctor there.",
          );
        }
      }),
    ),
  );
}

/** Each reference of commands, of calendars' files and of databases, once. */
export function referencesOf({
  targets,
  components,
  calendars,
}: Configuration): string[] {
  const ofBalancers = Object.values(targets).flatMap(({ balancer }) =>
    balancer !== undefined && "command" in balancer
      ? Object.values(balancer.command.env ?? {})
      : [],
  );
  const ofSteps = Object.values(components)
    .flatMap(({ steps, extra }) => [...Object.values(steps), ...extra])
    .flatMap((step) =>
      step !== undefined && "secretEnv" in step
        ? Object.values(step.secretEnv ?? {})
        : [],
    );
  const ofCalendars = Object.values(calendars)
    .flatMap(({ exclusions }) => exclusions)
    .flatMap((one) =>
      typeof one === "string" || one.token === undefined ? [] : [one.token],
    );
  const ofDatabases = Object.values(targets).flatMap(({ postgres }) =>
    [postgres?.password, postgres?.pgbouncer?.password].filter(
      (reference) => reference !== undefined,
    ),
  );
  const all = [...ofSteps, ...ofBalancers, ...ofCalendars, ...ofDatabases];
  return [...new Set(all)];
}

const counted = (count: number, what: string): string =>
  `${count} ${count === 1 ? what : `${what}s`}`;

async function exists(path: string | undefined): Promise<boolean> {
  if (path === undefined) return false;
  return stat(path).then(
    () => true,
    () => false,
  );
}

export const namesOf = (named: object): string =>
  Object.keys(named).join(", ") || "none";
