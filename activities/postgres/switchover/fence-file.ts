import type { PostgresServer, RunMark } from "../port";
import type { ServerLook } from "../server-look";
import type { Stopped } from "./port";

/** What a run leaves on a primary that may not come back as one. It lies beside the data directory: a copy has none of it. */
export interface Fence extends Stopped {
  readonly workflowId: string;
  readonly rootRunId: string;
}

export const fenceFolder = ({
  workFolder,
}: Pick<PostgresServer, "workFolder">): string => `${workFolder}/fence`;

export const fenceFile = (server: Pick<PostgresServer, "workFolder">): string =>
  `${fenceFolder(server)}/fence.json`;

export const fenceText = (
  { workflowId, rootRunId }: RunMark,
  stopped: Stopped,
): string => JSON.stringify({ workflowId, rootRunId, ...stopped });

export type FenceStanding = "none" | "ours" | "foreign";

export function fenceStanding(
  { fence }: Pick<ServerLook, "fence">,
  { workflowId, rootRunId }: RunMark,
): FenceStanding {
  if (fence === undefined) return "none";
  try {
    const known = JSON.parse(fence) as Partial<Fence>;
    return known.workflowId === workflowId && known.rootRunId === rootRunId
      ? "ours"
      : "foreign";
  } catch {
    return "foreign";
  }
}
