import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { WorkflowHandle } from "@temporalio/client";
import type { PostgresLab } from "../../lab/postgres/lab";
import type { ReplicaSetupInput } from "../../runbooks/replica-setup/contract";
import { workflowId } from "../../runbooks/replica-setup/ids";
import type { replicaSetup } from "../../runbooks/replica-setup/workflow";
import { procedureQuery } from "../../workflows/procedure/messages";
import type { ProcedureProgress } from "../../workflows/procedure/progress";
import { answer, openGates } from "../gates";
import { startOwnTemporal } from "../own-temporal";

type Handle = WorkflowHandle<typeof replicaSetup>;

export interface OwnTimes {
  readonly ms: number;
  /** Those that passed, by the run's own report. */
  readonly levels: readonly string[];
  /** Title and milliseconds of each step; some run side by side. */
  readonly steps: readonly (readonly [title: string, workedMs: number])[];
}

/** Server and worker, up and waiting. */
export interface OwnSide {
  /** From slot to page checksums; then everything is taken back. */
  run(): Promise<OwnTimes>;
  /** Percent by which the forecast after a quarter of a rate-limited copy missed its real end. */
  forecast(maxRateMiB: number): Promise<number>;
  stop(): Promise<void>;
}

export async function startOwnSide(lab: PostgresLab): Promise<OwnSide> {
  const { client, taskQueue, stop } = await startOwnTemporal(lab);
  const start = async (more: Partial<ReplicaSetupInput>): Promise<Handle> => {
    const input: ReplicaSetupInput = {
      ...{ target: "lab", change: `bench-${randomUUID().slice(0, 8)}` },
      ...{ mode: "execute", primary: "primary", replica: "replica" },
      preflight: { walRateOverS: 1 },
      verify: { policy: "full" },
      lag: { samples: 1, everyS: 0.2 },
      ...more,
    };
    const handle = await client.workflow.start<typeof replicaSetup>(
      "replicaSetup",
      { taskQueue, workflowId: workflowId(input), args: [input] },
    );
    await answer(handle, "begin", "approve");
    return handle;
  };
  return {
    run: async () => {
      const handle = await start({});
      // Each question costs the worker a task: times are read from the history, so it is asked as seldom as a person would.
      await until(handle, "ready", "in work", 2_000);
      const { began, ended } = await spanOf(handle);
      const progress = await handle.query(procedureQuery);
      await answer(handle, "ready", "roll back");
      const { report } = await handle.result();
      const text = await readFile(
        join(lab.dir, "artifacts", report?.markdown.key ?? ""),
        "utf8",
      );
      const steps = (progress?.steps ?? []).map(
        ({ title, workedMs = 0 }) => [title, workedMs] as const,
      );
      return { ms: ended - began, steps, levels: passedIn(text) };
    },
    forecast: async (maxRateMiB) => {
      const backup = { method: "basebackup" as const, maxRateMiB };
      const handle = await start({ backup });
      const told = await quarterOf(handle);
      const { at } = await until(handle, "sentinel-after", "done");
      await handle.executeUpdate("abort", {
        args: [{ by: "bench", reason: "measured" }],
      });
      await handle.result();
      return (Math.abs(told.endsAt - at) / (at - told.beganAt)) * 100;
    },
    stop,
  };
}

const passedIn = (report: string): readonly string[] =>
  [...report.matchAll(/^- (V\d) [^:]+: \*\*pass\*\*/gm)]
    .map(([, level]) => level ?? "")
    .sort();

/** Times of the report's own timeline would do; the history has them at once. */
async function spanOf(handle: Handle) {
  const { events = [] } = await handle.fetchHistory();
  const times = (events ?? []).map(
    ({
      eventTime,
      activityTaskScheduledEventAttributes: scheduled,
      activityTaskCompletedEventAttributes: completed,
      eventId,
    }) => ({
      at:
        Number(eventTime?.seconds ?? 0) * 1_000 + (eventTime?.nanos ?? 0) / 1e6,
      name: scheduled?.activityType?.name ?? undefined,
      id: String(eventId),
      ends:
        completed === null || completed === undefined
          ? undefined
          : String(completed.scheduledEventId),
    }),
  );
  const first = times.find(({ name }) => name === "createSlot");
  const pages = times.find(({ name }) => name === "checkPages");
  const end = times.find(
    ({ ends }) => ends !== undefined && ends === pages?.id,
  );
  if (first === undefined || end === undefined)
    throw new Error("the run has no slot or no page checksums");
  return { began: first.at, ended: end.at };
}

async function quarterOf(handle: Handle) {
  for (;;) {
    const progress = await handle.query(procedureQuery);
    const copy = progress?.steps.find(({ id }) => id === "copy");
    if (copy?.standing === "done") throw new Error("the copy was too quick");
    const { percent = 0, etaMs, workedMs = 0 } = copy ?? {};
    const now = Date.now();
    if (percent >= 25 && etaMs !== undefined)
      return { beganAt: now - workedMs, endsAt: now + etaMs };
    await pause();
  }
}

async function until(
  handle: Handle,
  step: string,
  standing: string,
  everyMs = 100,
) {
  for (;;) {
    const progress: ProcedureProgress | undefined =
      (await handle.query(procedureQuery)) ?? undefined;
    await openGates(handle);
    const row = progress?.steps.find(({ id }) => id === step);
    if (row?.standing === standing) return { at: Date.now() };
    await pause(everyMs);
  }
}

const pause = (ms = 100): Promise<void> =>
  new Promise((tick) => setTimeout(tick, ms));
