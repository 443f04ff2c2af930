import { hostSchema } from "../../../activities/inventory/port";
import type {
  GatewayLook,
  LinuxGateway,
} from "../../../activities/egress/port";
import { sshAccessSchema } from "../../../activities/ssh/port";

export const gateway = (
  id: string,
  changes: Partial<LinuxGateway> = {},
): LinuxGateway => ({
  ...{ kind: "linux-nat", id, interface: "out", workFolder: `/srv/${id}` },
  ssh: {
    host: hostSchema.parse({ id, address: "127.0.0.1" }),
    access: sshAccessSchema.parse({}),
  },
  old: ["203.0.113.1"],
  new: ["203.0.113.101", "203.0.113.102", "203.0.113.103"],
  ports: { from: 20_000, to: 20_127 },
  ...changes,
});

export const counters = {
  ...{ opened: 0, insertFailed: 0, drop: 0, earlyDrop: 0, found: 0 },
};

export const look = (
  id: string,
  changes: Partial<GatewayLook> = {},
): GatewayLook => ({
  ...{ gateway: id, at: 1_000, counters, entries: 10, mostEntries: 10_000 },
  ...{ onOld: 0, onNew: 0, tuples: [], rules: "ours", generation: 1 },
  ...{ lacks: [], lacksOld: [] },
  ...changes,
});
