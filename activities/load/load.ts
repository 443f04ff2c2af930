import type { Ssh } from "../ssh/port";
import { application } from "./application";
import type { LoadPort } from "./port";
import { storm } from "./storm";

/** Load from hosts that are reached by SSH. */
export function createLoad(ssh: Ssh): LoadPort {
  return {
    storm: (order, signal) => storm(ssh, order, signal),
    application: (order, signal) => application(ssh, order, signal),
    stop: async (host, key) => {
      await ssh.cancelJob(host.ssh, key);
    },
  };
}
