import type { Cluster } from "./cluster";
import {
  applicationUser,
  replicationUser,
  superuser,
  type Ground,
} from "./ground";

export interface ClusterOptions {
  /** Page checksums; default on. */
  readonly checksums?: boolean;
  /** Of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** Makes a cluster with the roles of a lab, and starts it. @throws Error with what the programs said */
export async function startCluster(
  { password }: Ground,
  cluster: Cluster,
  { checksums = true, settings = {} }: ClusterOptions = {},
): Promise<void> {
  await cluster.init({
    superuser,
    password,
    replicationUser,
    checksums,
    settings,
  });
  await cluster.start();
  await cluster.sql(`
    CREATE ROLE ${replicationUser} LOGIN REPLICATION PASSWORD '${password}';
    CREATE ROLE ${applicationUser} LOGIN PASSWORD '${password}';`);
}
