import type { ArtifactStore } from "../artifacts/port";
import { createBackupActivities } from "./backup/activities";
import type { PostgresPorts } from "./port";
import { createPreflightActivities } from "./preflight/activities";
import { createSlotActivities } from "./slot/activities";
import { createStandbyActivities } from "./standby/activities";
import { createSwitchoverActivities } from "./switchover/activities";
import { createVerifyActivities } from "./verify/activities";

/** Everything that runbooks do to PostgreSQL servers. */
export const createPostgresActivities = ({
  postgres,
  artifacts,
}: {
  readonly postgres: PostgresPorts;
  readonly artifacts: ArtifactStore;
}) => ({
  ...createSlotActivities(postgres),
  ...createBackupActivities(postgres),
  ...createStandbyActivities(postgres),
  ...createPreflightActivities(postgres),
  ...createSwitchoverActivities(postgres),
  ...createVerifyActivities({ ...postgres, artifacts, now: Date.now }),
});
