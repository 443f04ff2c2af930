import { getClient } from "@temporalio/activity";
import { createBuildActivities } from "../activities/build/activities";
import { createCustomerActivities } from "../activities/customers/activities";
import type { ProbePort } from "../activities/customers/port";
import { createEgressActivities } from "../activities/egress/activities";
import type { EgressPort } from "../activities/egress/port";
import { createEvidenceActivities } from "../activities/evidence/activities";
import type { Attest, Starts } from "../activities/evidence/port";
import { createCalendarActivities } from "../activities/calendar/activities";
import { askCalendars } from "../activities/calendar/client";
import { createFreezeActivities } from "../activities/freeze/activities";
import { createFreezes } from "../activities/freeze/client";
import { SharedHolds } from "../activities/hold/holds";
import { createHostActivities } from "../activities/host/activities";
import { createLedgerActivities } from "../activities/ledger/activities";
import { createLoadActivities } from "../activities/load/activities";
import type { LoadPort } from "../activities/load/port";
import { createLockActivities } from "../activities/lock/activities";
import { createPostgresActivities } from "../activities/postgres/activities";
import type { PostgresPorts } from "../activities/postgres/port";
import { createListActivities } from "../activities/published-list/activities";
import { createRuns } from "../activities/runs/client";
import { createSweepActivities } from "../activities/sweep/activities";
import type { ArtifactStore, FileStore } from "../activities/artifacts/port";
import type { ConfigurationSource } from "../activities/configuration/port";
import type { VisitDependencies } from "../activities/host/visit-context";
import type { Roster } from "../activities/roster/port";
import { runbooks } from "../runbooks/registry";
import { createReportingActivities } from "../workflows/procedure/reporting";

export interface Ports extends VisitDependencies {
  readonly artifacts: ArtifactStore & FileStore;
  readonly configuration: ConfigurationSource;
  readonly roster: Roster;
  readonly starts: Starts;
  readonly attest: Attest;
  readonly postgres: PostgresPorts;
  readonly egress: EgressPort;
  readonly load: LoadPort;
  readonly probe: ProbePort;
}

/**
 * Every activity that a worker offers, wired to its ports. Activity types share one flat name space per worker, so a
 * name that two systems claim is refused here instead of one silently hiding the other.
 */
export function composeActivities(
  ports: Ports,
): Record<string, (...args: never[]) => Promise<unknown>> {
  const runs = createRuns(getClient);
  const freezes = createFreezes(runs);
  const holds = new SharedHolds({
    calendarState: (question) => askCalendars(ports.configuration, question),
    freezes,
  });
  const parts = [
    createHostActivities({ ...ports, files: ports.artifacts, holds }),
    createBuildActivities({ ...ports, files: ports.artifacts }),
    createEvidenceActivities({ ...ports, freezes }),
    createCalendarActivities(ports),
    createLedgerActivities(ports),
    createLockActivities({ runs }),
    createFreezeActivities({ runs }),
    createSweepActivities({ ...ports, runs }),
    createPostgresActivities(ports),
    createEgressActivities(ports),
    createLoadActivities(ports),
    createCustomerActivities(ports),
    createListActivities(ports),
    createReportingActivities(ports),
    ...runbooks.map((runbook) => runbook.createActivities(ports)),
  ];
  const composed: Record<string, (...args: never[]) => Promise<unknown>> = {};
  for (const [name, activity] of parts.flatMap((part) =>
    Object.entries(part),
  )) {
    if (name in composed)
      throw new TypeError(`two activities are called ${name}; rename one`);
    composed[name] = activity as (...args: never[]) => Promise<unknown>;
  }
  return composed;
}
