import { proxyActivities } from "@temporalio/workflow";
import type { BackupActivities } from "../../activities/postgres/backup/port";
import type { PreflightActivities } from "../../activities/postgres/preflight/port";
import type { SlotActivities } from "../../activities/postgres/slot/port";
import type { StandbyActivities } from "../../activities/postgres/standby/port";
import type { VerifyActivities } from "../../activities/postgres/verify/port";
import { retryClasses } from "../../workflows/retry-classes";
import { changing, joining, looking, stopping } from "../server-calls";
import type { ReplicaSetupActivities } from "./activities";

/** Looks, and what is written once under one key. */
export const own = proxyActivities<ReplicaSetupActivities>(retryClasses.reads);

export const looks = proxyActivities<PreflightActivities>(looking);

type OnServers = SlotActivities & StandbyActivities & BackupActivities;

export const changes = proxyActivities<OnServers>(changing);

export const stops =
  proxyActivities<Pick<BackupActivities, "stopBackup">>(stopping);

export const jobs = proxyActivities<OnServers & VerifyActivities>(joining);
