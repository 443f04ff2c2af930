import { openArtifacts } from "../../activities/artifacts/client";
import type { Environment } from "../../activities/references";
import { readWorkerConfig } from "../../workers/config";
import { artifactsOf } from "../settings";
import { type Check, check, fail, pass } from "./check";

const OLDEST_NODE = "20.19.0";

/** What has to be right on this machine, whatever is upgraded. */
export function machineChecks(env: Environment): Promise<readonly Check[]> {
  return Promise.all([
    check("Node.js", () => nodeVersion(process.versions.node)),
    check("worker's environment", () => {
      const { taskQueue, slots } = readWorkerConfig(env);
      return pass(`queue ${taskQueue}, ${slots} activities at once`);
    }),
    check("artifact store", () => writesArtifacts(env)),
  ]);
}

export function nodeVersion(version: string): Omit<Check, "name"> {
  const isOlder =
    version.localeCompare(OLDEST_NODE, "en", { numeric: true }) < 0;
  return isOlder
    ? fail(version, `Install Node.js ${OLDEST_NODE} or later.`)
    : pass(version);
}

/** Written and read back under one key, so that it leaves one small file however often it is asked. */
async function writesArtifacts(env: Environment): Promise<Omit<Check, "name">> {
  const place = artifactsOf(env);
  const store = openArtifacts(place);
  try {
    await store.get(await store.put("doctor/check", "written and read\n"));
    return pass(`${place.location} can be written and read`);
  } finally {
    await store.close();
  }
}
