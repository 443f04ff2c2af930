import { execFileSync } from "node:child_process";
import type { ReplicaRig } from "./replica-rig";

type Where = Pick<ReplicaRig, "lab">;

/** Of the primary: what a run that was rolled back has put back, each as it was. */
const asItWas = {
  slots: "select count(*) from pg_replication_slots",
  walsenders: "select count(*) from pg_stat_replication",
  cap: "show max_slot_wal_keep_size",
  synchronous: "show synchronous_standby_names",
  extensions: "select count(*) from pg_extension where extname = 'amcheck'",
} as const;

/** Everything that is left of runs: on the primary, and on the replica's host files and processes. */
export async function leftBehind({ lab }: Where) {
  const sizes = Object.entries(asItWas).map(
    async ([what, text]) => [what, await lab.primary.sql(text)] as const,
  );
  return {
    ...Object.fromEntries(await Promise.all(sizes)),
    files: await filesOnReplica({ lab }),
    processes: processesOf({ lab }),
  };
}

/** Nothing at all. */
export const nothing = {
  ...{ slots: "0", walsenders: "0", cap: "-1", synchronous: "" },
  ...{ extensions: "0", files: "", processes: [] },
};

async function filesOnReplica({ lab }: Where): Promise<string> {
  const { dataDirectory, workFolder } = lab.servers.replica;
  const script =
    'find "$@" -mindepth 1 -maxdepth 1 2>/dev/null | grep -v /sock; :';
  const folders = [`${workFolder}/attempts`, `${workFolder}/scratch`];
  const found = await lab.replica.run([
    ...(["sh", "-c", script, "sh"] as const),
    ...[...folders, dataDirectory],
  ]);
  return found.trim();
}

/** Programs at work on the replica's folders: a copy, a scratch instance, the standby. */
function processesOf({ lab }: Where): string[] {
  const { dataDirectory, workFolder } = lab.servers.replica;
  const out = execFileSync("ps", ["-A", "-ww", "-o", "pid=,stat=,args="], {
    encoding: "utf8",
  });
  return out
    .split("\n")
    .filter((line) => !/^\s*\d+ Z/.test(line))
    .filter((line) =>
      [dataDirectory, workFolder].some((folder) => line.includes(folder)),
    );
}
