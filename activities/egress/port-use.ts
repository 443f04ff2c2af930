/** How much of its ports a destination takes. Pure. */

import type {
  Gateway,
  GatewayLook,
  PortRange,
  Tuple,
  UsableAddresses,
} from "./port";

export const portsOf = ({ from, to }: PortRange): number => to - from + 1;

/** New addresses of a gateway that may be used for a destination. */
export function addressesFor(
  gateway: Pick<Gateway, "new">,
  tuple: Tuple,
  usable: readonly UsableAddresses[],
): readonly string[] {
  const only = usable.find((one) => one.tuple === tuple)?.addresses;
  return only === undefined
    ? gateway.new
    : gateway.new.filter((address) => only.includes(address));
}

/** Connections that a gateway can have open to a destination at once, from its new addresses. */
export const capacityOf = (
  gateway: Pick<Gateway, "new" | "ports">,
  tuple: Tuple,
  usable: readonly UsableAddresses[],
): number =>
  addressesFor(gateway, tuple, usable).length * portsOf(gateway.ports);

/** The destination that takes most of its ports, in percent; undefined while none is moved. */
export function mostUsed(
  { tuples }: Pick<GatewayLook, "tuples">,
  gateway: Pick<Gateway, "new" | "ports">,
  usable: readonly UsableAddresses[],
): { readonly tuple: Tuple; readonly percent: number } | undefined {
  return tuples
    .filter((use) => use.new > 0)
    .map(({ tuple, new: used }) => {
      const capacity = capacityOf(gateway, tuple, usable);
      const percent = capacity === 0 ? 100 : (used / capacity) * 100;
      return { tuple, percent };
    })
    .sort((one, other) => other.percent - one.percent)[0];
}
