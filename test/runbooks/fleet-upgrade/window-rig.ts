import { readFileSync, writeFileSync } from "node:fs";
import { parse, stringify } from "yaml";
import { workflowId } from "../../../runbooks/fleet-upgrade/ids";
import type { FleetUpgradeInput } from "../../../runbooks/fleet-upgrade/contract";
import type { fleetUpgrade } from "../../../runbooks/fleet-upgrade/workflow";
import type { Rig } from "../../harness/rig";
import { startSkipping, uniqueId } from "../../harness/temporal";

export type Calendars = Readonly<Record<string, object>>;

interface Sections {
  readonly targets: { readonly lab: object };
}

/** Makes the lab keep to calendars, from each call on. */
export function calendarsOf({ lab }: Rig): (calendars: Calendars) => void {
  const plain = parse(readFileSync(lab.configFile, "utf8")) as Sections;
  return (calendars) => {
    const target = { ...plain.targets.lab, calendars: Object.keys(calendars) };
    const sections = { ...plain, targets: { lab: target }, calendars };
    writeFileSync(lab.configFile, stringify(sections));
  };
}

/** Every night from 02:00 UTC, for a few seconds. */
export const nightly = {
  tz: "Etc/UTC",
  dtstart: "2026-01-01T02:00",
  rrule: "FREQ=DAILY",
  duration: "PT4S",
};

/** Opened an hour ago, for so many minutes: of 30, it is over. */
export function openFor(minutes: number): object {
  const start = new Date(Date.now() - 3_600_000).toISOString().slice(0, 19);
  return { tz: "Etc/UTC", dtstart: start, duration: `PT${minutes}M` };
}

/** One night in so many days, from 22:00 UTC for six hours. */
export function nightIn(days: number): {
  readonly opens: string;
  readonly calendars: Calendars;
} {
  const day = new Date(Date.now() + days * 86_400_000).toISOString();
  const dtstart = `${day.slice(0, 10)}T22:00`;
  return {
    opens: `${dtstart}:00.000Z`,
    calendars: { nights: { tz: "Etc/UTC", dtstart, duration: "PT6H" } },
  };
}

/** What the tests of windows start: no gate, nothing looked at before, one host after the other, which is thought to be quick. */
export const oneByOne = {
  ...{ canary: { gate: false }, checks: { hosts: "none" } },
  ...{ slots: 1, slowStart: false, estimateHostS: 0.1 },
} as const satisfies Partial<FleetUpgradeInput>;

/** Days pass in moments, since the run's clock jumps wherever it only waits. */
export async function startInSkippedTime(
  rig: Rig,
  input: Partial<FleetUpgradeInput>,
) {
  const full: FleetUpgradeInput = {
    ...{ target: "lab", change: uniqueId("chg"), component: "app" },
    ...{ version: "2.0.0", mode: "execute", ...oneByOne },
    ...input,
  };
  return startSkipping<typeof fleetUpgrade>(
    rig.server.client,
    "fleetUpgrade",
    {
      taskQueue: rig.taskQueue,
      workflowId: workflowId(full),
      args: [full],
    },
    { maxSkips: 1_000 },
  );
}

export type Handle = Awaited<ReturnType<typeof startInSkippedTime>>;

/** When each visit was admitted, by the run's own clock, but for those that found their window closed meanwhile and did nothing. */
export async function admissionsOf(handle: Handle): Promise<readonly Date[]> {
  const { events } = await handle.fetchHistory();
  const turnedAway = new Set(
    (events ?? []).flatMap(({ activityTaskFailedEventAttributes: failed }) =>
      failed?.failure?.applicationFailureInfo?.type === "hold.outOfWindow"
        ? [String(failed.scheduledEventId)]
        : [],
    ),
  );
  return (events ?? []).flatMap(({ eventId, eventTime, ...event }) => {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled?.activityType?.name !== "visitHost") return [];
    if (turnedAway.has(String(eventId))) return [];
    return [new Date(Number(eventTime?.seconds ?? 0) * 1_000)];
  });
}
