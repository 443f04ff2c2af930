import { isIPv4 } from "node:net";
import type { Fault } from "../faults";
import { oneOf } from "../fault-words";
import type { Host } from "../inventory/port";
import type { SshAccess } from "../ssh/port";
import { addressFaults, type NamedAddress } from "./address-faults";
import type { HostGateway, UsableAddresses } from "./port";
import type { EgressSettings } from "./schema";

interface Place {
  readonly settings: EgressSettings;
  readonly access: SshAccess;
  /** All hosts of the target. */
  readonly hosts: readonly Host[];
}

type Written = EgressSettings["gateways"];

/** The gateways of a target as the configuration has them now; those that are wrong are left out, see `egressFaults`. */
export const productionOf = (place: Place): readonly HostGateway[] =>
  gatewaysOf(place.settings.gateways, place);

export const stagingOf = (place: Place): readonly HostGateway[] =>
  gatewaysOf(place.settings.staging?.gateways ?? {}, place);

export const usableOf = ({
  usable,
}: Pick<EgressSettings, "usable">): readonly UsableAddresses[] =>
  usable.map(({ destination: tuple, addresses }) => ({ tuple, addresses }));

function gatewaysOf(written: Written, place: Place): readonly HostGateway[] {
  return Object.entries(written).flatMap(([id, own]): HostGateway[] => {
    const host = place.hosts.find((one) => one.id === id);
    if (host === undefined) return [];
    const { settings, access } = place;
    const any = {
      ...{ id, old: own.old, new: own.new, ssh: { host, access } },
      ports: own.ports ?? settings.ports,
    };
    if (settings.kind === "application")
      return [{ ...any, kind: "application", command: settings.command ?? [] }];
    return [
      {
        ...{ ...any, kind: "linux-nat" },
        interface: own.interface ?? settings.interface ?? "",
        workFolder: own.workFolder ?? settings.workFolder,
      },
    ];
  });
}

/** Everything that is wrong with the section, by its paths in the configuration. */
export function egressFaults(place: Place): Fault[] {
  const { settings, hosts } = place;
  const { gateways, staging, allowsPrivate } = settings;
  const whole = {
    "egress.gateways": gateways,
    ...(staging && { "egress.staging.gateways": staging.gateways }),
  };
  return [
    ...kindFaults(settings),
    ...Object.entries(whole).flatMap(([path, written]) => [
      ...hostFaults(path, Object.keys(written), hosts),
      ...interfaceFaults(path, written, settings),
    ]),
    ...hostFaults("egress.staging.hosts", staging?.hosts ?? [], hosts),
    ...Object.entries(singleHosts(settings)).flatMap(([path, id]) =>
      id === undefined ? [] : hostFaults(path, [id], hosts),
    ),
    ...addressFaults(
      Object.entries(whole).flatMap(([path, written]) =>
        namedIn(path, written),
      ),
      { allowsPrivate },
    ),
    ...Object.entries(whole).flatMap(([path, written]) =>
      rangeFaults(path, written, settings),
    ),
    ...usableFaults(settings),
    ...twiceFaults(
      "egress.usable",
      settings.usable.map(({ destination }) => destination),
    ),
  ];
}

/** Hosts that are named one by one. */
const singleHosts = ({ staging, publishedList }: EgressSettings) => ({
  "egress.staging.application.host": staging?.application?.host,
  "egress.publishedList.host": publishedList?.host,
});

/** Only the first word about a destination would count. */
export const twiceFaults = (
  path: string,
  destinations: readonly string[],
): Fault[] =>
  destinations.flatMap((one, at): Fault[] => {
    const first = destinations.indexOf(one);
    return first === at
      ? []
      : [
          {
            path: `${path}[${at}].destination`,
            found: `${one}, which is ${path}[${first}] already`,
            expected: "each destination once",
          },
        ];
  });

function kindFaults({ kind, command, staging }: EgressSettings): Fault[] {
  return [
    ...(kind === "aws"
      ? [
          {
            path: "egress.kind",
            found: "aws",
            expected: "linux-nat or application for a whole migration",
            hint: "nobody can ask customers from an address of a NAT gateway before it is used: docs/egress-aws.md says what there is",
          },
        ]
      : []),
    ...(kind === "application" && command === undefined
      ? [
          {
            path: "egress.command",
            found: "nothing",
            expected: "the command that steers the software on its hosts",
          },
        ]
      : []),
    ...(kind === "application" &&
    staging !== undefined &&
    staging.application === undefined
      ? [
          {
            path: "egress.staging.application",
            found: "nothing",
            expected: "the software's own load on staging",
            hint: "no storm takes the addresses that the software chooses: docs/egress-application.md says what the load is told",
          },
        ]
      : []),
    ...(staging === undefined
      ? [
          {
            path: "egress.staging",
            found: "nothing",
            expected:
              "gateways, hosts and sinks that carry more than the peak first",
            hint: "what fails only at peak is found there, or by customers",
          },
        ]
      : []),
  ];
}

const hostFaults = (
  path: string,
  ids: readonly string[],
  hosts: readonly Host[],
): Fault[] =>
  ids
    .filter((id) => !hosts.some((host) => host.id === id))
    .map((id) => ({
      ...{ path: `${path}.${id}`, found: "a host that the inventory lacks" },
      expected:
        hosts.length === 0
          ? "a host of the target, but it has none"
          : oneOf(hosts.map((host) => host.id).slice(0, 12)),
    }));

const interfaceFaults = (
  path: string,
  written: Written,
  { kind, interface: common }: EgressSettings,
): Fault[] =>
  kind !== "linux-nat"
    ? []
    : Object.entries(written)
        .filter(([, own]) => (own.interface ?? common) === undefined)
        .map(([id]) => ({
          path: `${path}.${id}.interface`,
          found: "nothing",
          expected: "the gateway's interface towards customers",
          hint: "say it for all of them under egress.interface",
        }));

const namedIn = (path: string, written: Written): NamedAddress[] =>
  Object.entries(written).flatMap(([id, own]) =>
    (["old", "new"] as const).flatMap((which) =>
      own[which].map((address, at) => ({
        ...{ path: `${path}.${id}.${which}[${at}]`, address },
      })),
    ),
  );

/** nftables takes a range from one address to another, so that none in between may be somebody else's. */
function rangeFaults(
  path: string,
  gateways: Written,
  { spread }: EgressSettings,
): Fault[] {
  if (spread !== "range") return [];
  return Object.entries(gateways)
    .filter(([, own]) => own.new.every(isIPv4) && !isRange(own.new))
    .map(([id, own]) => ({
      path: `${path}.${id}.new`,
      found: own.new.join(", "),
      expected: "addresses that follow one another, for spread is range",
      hint: "set spread to connection",
    }));
}

function isRange(addresses: readonly string[]): boolean {
  const numbers = addresses.map((address) =>
    address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0),
  );
  return numbers.every((one, at) => at === 0 || one === numbers[at - 1]! + 1);
}

function usableFaults({ usable, gateways }: EgressSettings): Fault[] {
  const known = Object.values(gateways).flatMap((own) => own.new);
  return usable.flatMap(({ destination, addresses }, at) => [
    ...addresses
      .filter((address) => !known.includes(address))
      .map((address) => ({
        path: `egress.usable[${at}].addresses`,
        found: address,
        expected: `one of the new addresses, ${oneOf(known.slice(0, 12))}`,
      })),
    ...Object.entries(gateways)
      .filter(([, own]) => !own.new.some((one) => addresses.includes(one)))
      .map(([id]) => ({
        path: `egress.usable[${at}].addresses`,
        found: `none of ${id}`,
        expected: `a new address of every gateway for ${destination}`,
        hint: "what goes through that gateway could not reach it",
      })),
  ]);
}
