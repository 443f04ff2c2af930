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
import { type Check, check, fail, pass, unsure } from "./check";

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
  const targets = Object.entries(configuration?.targets ?? {});
  const each = await Promise.all(
    targets.map(([name, target]) => checksOf(name, target, env)),
  );
  return {
    checks: [
      first,
      ...each.flatMap(({ checks }) => checks),
      ...(await secretChecks(configuration, env)),
    ],
    sites: [...new Set(each.flatMap(({ sites }) => sites))],
  };
}

async function checksOf(
  name: string,
  { inventory, ssh }: Target,
  env: Environment,
): Promise<TargetChecks> {
  let hosts: readonly Host[] = [];
  const found = await check(`inventory of ${name}`, async () => {
    hosts = await createInventory({ baseDir: "." }).resolve(inventory);
    const pools = new Set(hosts.map(({ pool }) => pool));
    return pass(`${hosts.length} hosts in ${pools.size} pools`);
  });
  const login = await check(`login to ${name}`, () => canLogIn(ssh, env));
  const known = await check(`known hosts of ${name}`, () =>
    knowsHosts(name, ssh, hosts),
  );
  return {
    checks: [found, login, ...(hosts.length === 0 ? [] : [known])],
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
  const known = mergeKnownHosts(
    await Promise.all(knownHosts.map(readKnownHosts)),
  );
  const strangers = hosts.filter((host) => !isKnown(host, known));
  if (strangers.length === 0) return pass(`the keys of all ${hosts.length}`);
  const ids = strangers.slice(0, SHOWN_HOSTS).map(({ id }) => id);
  const rest = strangers.length - ids.length;
  return fail(
    `no key for ${strangers.length} of ${hosts.length} hosts: ${ids.join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`,
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

async function readKnownHosts(file: string): Promise<KnownHosts> {
  const text = await readFile(expandHome(file), "utf8").catch(() => "");
  return parseKnownHosts(text, file);
}

/** Read where the worker runs, which may be another machine: missing here is no proof. */
async function secretChecks(
  configuration: Configuration | undefined,
  env: Environment,
): Promise<readonly Check[]> {
  const references = Object.values(configuration?.components ?? {})
    .flatMap(({ steps, extra }) => [...Object.values(steps), ...extra])
    .flatMap((step) =>
      step !== undefined && "secretEnv" in step
        ? Object.values(step.secretEnv ?? {})
        : [],
    );
  return Promise.all(
    [...new Set(references)].map((reference) =>
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

async function exists(path: string | undefined): Promise<boolean> {
  if (path === undefined) return false;
  return stat(path).then(
    () => true,
    () => false,
  );
}

const namesOf = (named: object): string =>
  Object.keys(named).join(", ") || "none";
