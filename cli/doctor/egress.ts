import type { Configuration } from "../../activities/configuration/port";
import {
  egressFaults,
  productionOf,
  stagingOf,
} from "../../activities/egress/gateways";
import type { EgressPort, HostGateway } from "../../activities/egress/port";
import type { EgressSettings } from "../../activities/egress/schema";
import { createInventory } from "../../activities/inventory/client";
import type { Host } from "../../activities/inventory/port";
import type { Ssh, SshAccess } from "../../activities/ssh/port";
import { createSsh } from "../../activities/ssh/ssh";
import { createNetworkPorts } from "../../workers/network-ports";
import { type Check, check, fail, pass } from "./check";

/** For each target with gateways. An inventory that cannot be read is told by its own check. */
export async function egressChecks({
  targets,
}: Configuration): Promise<readonly Check[]> {
  const inventories = createInventory({ baseDir: "." });
  const ssh = createSsh();
  const ports = { ssh, ...createNetworkPorts(ssh) };
  try {
    const each = await Promise.all(
      Object.entries(targets).map(
        async ([name, { inventory, ssh: access, egress }]) => {
          if (egress === undefined) return [];
          const hosts = await inventories
            .resolve(inventory)
            .catch(() => undefined);
          if (hosts === undefined) return [];
          const target = { name, settings: egress, access, hosts };
          return checksOfEgress(target, ports);
        },
      ),
    );
    return each.flat();
  } finally {
    await ssh.close();
  }
}

/** A target with gateways. */
export interface EgressTarget {
  readonly name: string;
  readonly settings: EgressSettings;
  readonly access: SshAccess;
  readonly hosts: readonly Host[];
}

interface Ports {
  readonly ssh: Pick<Ssh, "exec">;
  readonly egress: Pick<EgressPort, "inspect">;
}

/** Each gateway and host is looked at by itself, so that the fault of one hides nothing of another. Reads only. */
export async function checksOfEgress(
  target: EgressTarget,
  ports: Ports,
): Promise<readonly Check[]> {
  const gateways = [...productionOf(target), ...stagingOf(target)];
  const { staging } = target.settings;
  return [
    sectionCheck(target),
    ...(await Promise.all([
      ...gateways.map((gateway) => gatewayCheck(gateway, ports)),
      ...gateways.map((gateway) => curlCheck(gateway, ports)),
      ...(staging?.hosts ?? []).map((id) => pythonCheck(id, target, ports)),
      ...listChecks(target, ports),
    ])),
  ];
}

function sectionCheck(target: EgressTarget): Check {
  const name = `egress of ${target.name}`;
  const faults = egressFaults(target);
  if (faults.length === 0) {
    const { gateways } = target.settings;
    const fresh = Object.values(gateways).flatMap((one) => one.new);
    return { name, ...pass(`to ${fresh.length} addresses`) };
  }
  const lines = faults.map(
    ({ path, found, expected }) =>
      `${path}: found ${found}, expected ${expected}`,
  );
  return { name, ...fail(lines.join("\n"), "Correct the configuration.") };
}

const gatewayCheck = (gateway: HostGateway, { egress }: Ports) =>
  check(`gateway ${gateway.id}`, async () => {
    const { kernel, faults, portHoldS } = await egress.inspect(gateway);
    return faults.length === 0
      ? pass(`kernel ${kernel}, holds a closed port for ${portHoldS} s`)
      : fail(faults.join("\n"), "Mend what is named on that gateway.");
  });

/** `%{exitcode}` of its write-out, by which answers are told apart: curl 7.75. */
const oldestCurl = [7, 75] as const;

const curlCheck = (gateway: HostGateway, { ssh }: Ports) =>
  check(`curl on ${gateway.id}`, async () => {
    const { stdout } = await ssh.exec(gateway.ssh, {
      argv: ["sh", "-c", "curl --version 2>/dev/null || :"],
      timeoutMs,
    });
    const [, major, minor] = /^curl (\d+)\.(\d+)/.exec(stdout) ?? [];
    const hint = "Install curl 7.75 or newer: it asks customers from there.";
    if (major === undefined) return fail("not installed", hint);
    const isNew =
      Number(major) > oldestCurl[0] ||
      (Number(major) === oldestCurl[0] && Number(minor) >= oldestCurl[1]);
    const seen = `${major}.${minor}`;
    return isNew ? pass(seen) : fail(seen, hint);
  });

function pythonCheck(
  id: string,
  { hosts, access }: EgressTarget,
  { ssh }: Ports,
): Promise<Check> {
  return check(`python3 on ${id}`, async () => {
    const host = hosts.find((one) => one.id === id);
    if (host === undefined)
      return fail("not in the inventory", "Correct egress.staging.hosts.");
    const { exitCode, stdout } = await ssh.exec(
      { host, access },
      { argv: ["sh", "-c", "python3 --version"], timeoutMs },
    );
    return exitCode === 0
      ? pass(stdout.trim())
      : fail("not installed", "Install python3: it puts load on from there.");
  });
}

function listChecks(
  { name, settings, hosts, access }: EgressTarget,
  { ssh }: Ports,
): Promise<Check>[] {
  const list = settings.publishedList;
  if (list === undefined) return [];
  return [
    check(`published list of ${name}`, async () => {
      const host = hosts.find(({ id }) => id === list.host);
      if (host === undefined)
        return fail("not in the inventory", "Correct publishedList.host.");
      const folder = list.path.replace(/\/[^/]+$/, "") || "/";
      const script = '[ -d "$1" ] && [ -w "$1" ]';
      const { exitCode } = await ssh.exec(
        { host, access },
        { argv: ["sh", "-c", script, "doctor", folder], timeoutMs },
      );
      return exitCode === 0
        ? pass(`${folder} on ${list.host} can be written`)
        : fail(
            `${folder} on ${list.host} is missing or cannot be written`,
            "Make the folder, and let the user of SSH write to it.",
          );
    }),
  ];
}

const timeoutMs = 20_000;
