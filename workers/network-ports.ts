import { createApplicationGateways } from "../activities/egress/application/gateway";
import { createLinuxGateways } from "../activities/egress/nat/gateway";
import type {
  ApplicationGateway,
  EgressPort,
  Gateway,
  LinuxGateway,
} from "../activities/egress/port";
import { createProbe } from "../activities/customers/probe";
import { createLoad } from "../activities/load/load";
import type { Ssh } from "../activities/ssh/port";
import type { Ports } from "./compose";

/** What speaks to gateways, to hosts that put load on, and to customers' sites, all of it by SSH. */
export const createNetworkPorts = (
  ssh: Ssh,
): Pick<Ports, "egress" | "load" | "probe"> => ({
  egress: ofEachKind({
    "linux-nat": createLinuxGateways(ssh),
    application: createApplicationGateways({ ssh }),
  }),
  load: createLoad(ssh),
  probe: createProbe(ssh),
});

/** A plan has no gateway of AWS: nobody could ask customers from there. */
function ofEachKind(kinds: {
  readonly "linux-nat": EgressPort<LinuxGateway>;
  readonly application: EgressPort<ApplicationGateway>;
}): EgressPort {
  const of = (gateway: Gateway): EgressPort => {
    if (gateway.kind === "aws")
      throw new TypeError("a plan refuses gateways of kind aws");
    return kinds[gateway.kind];
  };
  return {
    inspect: (gateway, ...rest) => of(gateway).inspect(gateway, ...rest),
    look: (gateway, ...rest) => of(gateway).look(gateway, ...rest),
    provision: (gateway, ...rest) => of(gateway).provision(gateway, ...rest),
    steer: (gateway, ...rest) => of(gateway).steer(gateway, ...rest),
    reload: (gateway, ...rest) => of(gateway).reload(gateway, ...rest),
    retire: (gateway, ...rest) => of(gateway).retire(gateway, ...rest),
    bringBack: (gateway, ...rest) => of(gateway).bringBack(gateway, ...rest),
    restore: (gateway, ...rest) => of(gateway).restore(gateway, ...rest),
    release: (gateway, ...rest) => of(gateway).release(gateway, ...rest),
  };
}
