import { proxyActivities } from "@temporalio/workflow";
import type { BackupActivities } from "../../activities/postgres/backup/port";
import type { VerifyActivities } from "../../activities/postgres/verify/port";
import { changing, looking } from "../server-calls";
import type { VerifyBackupActivities } from "./activities";

type Looks = VerifyBackupActivities & VerifyActivities;

/** Hundreds of thousands of files may be looked at. */
export const looks = proxyActivities<Looks>({
  ...looking,
  startToCloseTimeout: "1 hour",
});

export const changes = proxyActivities<BackupActivities>(changing);
