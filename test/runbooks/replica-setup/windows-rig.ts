import { Context } from "@temporalio/activity";
import { ApplicationFailure } from "@temporalio/common";
import type { BackupOrder } from "../../../activities/postgres/backup/port";
import type {
  SlotActivities,
  SlotWatch,
} from "../../../activities/postgres/slot/port";
import type { PostgresWorkerOptions } from "../../harness/postgres-worker";
import { fastForward, virtualNow } from "../../harness/temporal";
import { noise, Repository } from "../../activities/postgres/backup/repository";
import { SlowLink } from "../../activities/postgres/backup/slow-link";
import {
  type ReplicaHandle,
  type ReplicaRig,
  startReplicaRig,
} from "./replica-rig";

const dayMs = 86_400_000;
const iso = (at: number): string => new Date(at).toISOString().slice(0, 19);

/** Three evenings at 22:00 UTC, of which the first is some hours from now, and how long work may go on in the first two. */
export function evenings(...openMs: readonly [number, number]) {
  const from = Date.now() + 2 * 3_600_000;
  const first = from - (from % dayMs) + 22 * 3_600_000;
  const [second, third] = [first + dayMs, first + 2 * dayMs];
  const [firstMs, secondMs] = openMs;
  const closed = (start: number, end: number) => ({
    ...{ tz: "Etc/UTC", default: "open", dtstart: iso(start) },
    duration: `PT${(end - start) / 1_000}S`,
  });
  return {
    windows: [
      { opens: first, closes: first + firstMs },
      { opens: second, closes: second + secondMs },
      { opens: third },
    ] as const,
    calendars: {
      before: closed(first - 2 * dayMs, first),
      between: closed(first + firstMs, second),
      again: closed(second + secondMs, third),
    },
  };
}

/**
 * Looks at the slot as it is, and then again in hours by the run's clock: that stands still while an activity works, and
 * this one would work all the time.
 */
const seldom: PostgresWorkerOptions["around"] = (activities) => ({
  ...activities,
  watchSlot: async (watch: SlotWatch) => {
    const { watchSlot } = activities as unknown as SlotActivities;
    const sight = await watchSlot({ ...watch, untilMs: 0 });
    const isNews = sight.level !== (watch.level ?? "ok");
    if (isNews || Context.current().info.attempt > 8) return sight;
    const nextRetryDelay = "6 hours";
    throw ApplicationFailure.create({ message: "no news", nextRetryDelay });
  },
});

/** A rig with a repository of pgBackRest that is reached over slow links, on a target that keeps to calendars. */
export interface WindowsRig extends ReplicaRig {
  readonly repository: Repository;
  readonly backup: SlowLink;
  readonly restore: SlowLink;
  /** A run that copies by pgBackRest, and has been approved; its clock goes as ours does, but for what is forwarded. */
  copying(): Promise<ReplicaHandle>;
  /** For the names of the jobs of a run. */
  orderOf(run: ReplicaHandle, generation: number): BackupOrder;
}

export async function startWindowsRig(
  calendars: Readonly<Record<string, object>>,
): Promise<WindowsRig> {
  const lab = { fill: { sizeMb: 1 } };
  const rig = await startReplicaRig({ lab, around: seldom, calendars });
  const backup = new SlowLink(rig.lab, "backup", 0);
  const restore = new SlowLink(rig.lab, "restore", 0);
  const repository = await Repository.of(rig.lab, { backup, restore });
  await rig.lab.primary.sql(noise(40), "shop");
  const { kind, ...rest } = repository.method();
  const method = { kind, ...rest, processMax: 1 };
  return {
    ...{ ...rig, repository, backup, restore },
    async copying() {
      const run = await rig.startForwarded({
        backup: { method: kind, ...rest, processMax: 1 },
      });
      await rig.answer(run, "begin", "approve");
      await rig.until(run, ({ holds }) =>
        holds.some((hold) => hold.kind === "closed"),
      );
      return run;
    },
    orderOf: ({ firstExecutionRunId: rootRunId, workflowId }, generation) => ({
      ...{ ...rig.lab.servers, method, attempt: 1, generation },
      run: { rootRunId, workflowId, short: "" },
      facts: { systemIdentifier: "", major: 0, bytes: 0, tablespaces: [] },
    }),
  };
}

/** Lets the run's clock pass until then. */
export const until = async (handle: ReplicaHandle, at: number): Promise<void> =>
  fastForward(handle, at - (await virtualNow(handle)).getTime());
