import { createLoad } from "../../../activities/load/load";
import type { LoadHost, StormOrder } from "../../../activities/load/port";
import { createSsh } from "../../../activities/ssh/ssh";
import { accessTo, hostAt } from "../../harness/ssh-servers";
import { startSshd, type SshdOptions } from "../../harness/sshd";

/** A host behind a real sshd, and the load that is put on from it. */
export async function startLoadHost(options: SshdOptions = {}) {
  const sshd = await startSshd(options);
  const ssh = createSsh();
  const host: LoadHost = {
    id: "app-1",
    ssh: { host: hostAt(sshd, { id: "app-1" }), access: accessTo(sshd) },
  };
  let orders = 0;
  return {
    host,
    load: createLoad(ssh),
    isRunning: (key: string) => ssh.isJobRunning(host.ssh, key),
    /** With a key of its own. */
    storm: (
      destinations: StormOrder["destinations"],
      more: Partial<StormOrder> = {},
    ): StormOrder => ({
      ...{ host, key: `run/app-1/stress/${++orders}` },
      ...{ destinations, holdS: 1, lifeS: 60, ...more },
    }),
    nextKey: () => `run/app-1/application/${++orders}`,
    stop: async () => {
      await ssh.close();
      await sshd.stop();
    },
  };
}

export type TestedHost = Awaited<ReturnType<typeof startLoadHost>>;
