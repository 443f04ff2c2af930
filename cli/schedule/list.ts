import type {
  Client,
  ScheduleDescription,
  ScheduleExecutionResult,
} from "@temporalio/client";
import { runbooks } from "../../runbooks/registry";
import type { Context } from "../context";
import { forEachAtOnce } from "../each";
import { modeOf } from "../input";
import { answer, durationText } from "../output";
import { endOf } from "../run/end";
import { localTime, utcTime } from "./times";

const atOnce = 8;
const shown = 3;

interface PastRun {
  readonly at: string;
  readonly workflowId: string;
  readonly outcome: string;
}

/** A Schedule as `--json` gives it. */
interface ListedSchedule {
  readonly id: string;
  readonly at: readonly string[];
  readonly timezone: string;
  readonly window: string;
  readonly mode: string;
  readonly paused: boolean;
  readonly note?: string;
  readonly next: readonly { readonly utc: string; readonly local: string }[];
  readonly last: readonly PastRun[];
  /** Windows that passed without a run of their own: one went on, or the server was away. */
  readonly skipped: number;
}

/** Each Schedule that opens runs of a runbook, whoever made it. */
export async function listSchedules(
  context: Context,
  client: Client,
): Promise<void> {
  const ids: string[] = [];
  const types = runbooks.map(({ workflowType }) => workflowType);
  for await (const { scheduleId, action } of client.schedule.list())
    if (types.includes(action?.workflowType ?? "")) ids.push(scheduleId);
  const found = await forEachAtOnce(ids.sort(), atOnce, (id) =>
    look(client, id),
  );
  const schedules = found.filter((one) => one !== undefined);
  const words = schedules.flatMap(wordsOf);
  answer(
    context,
    { schedules },
    words.length > 0
      ? words
      : ["No Schedule opens runs. Create one: runbook schedule create --help"],
  );
}

/** Undefined when it was deleted a moment ago, and the list did not know yet. */
async function look(
  client: Client,
  id: string,
): Promise<ListedSchedule | undefined> {
  const description = await described(client, id);
  if (description === undefined) return undefined;
  const { spec, state, info, memo, policies, action } = description;
  const timezone = spec.timezone ?? "UTC";
  const past = info.recentActions.slice(-shown).reverse();
  const window = memo?.["window"];
  return {
    id,
    at: (spec.calendars ?? []).map(({ comment }) => comment ?? "as specified"),
    timezone,
    window:
      typeof window === "string"
        ? window
        : durationText(policies.catchupWindow),
    mode: modeIn(action),
    paused: state.paused,
    ...(state.note ? { note: state.note } : {}),
    next: info.nextActionTimes
      .slice(0, shown)
      .map((at) => ({ utc: utcTime(at), local: localTime(at, timezone) })),
    last: await Promise.all(past.map((one) => pastRun(client, one))),
    skipped: info.numActionsSkippedOverlap + info.numActionsMissedCatchupWindow,
  };
}

function modeIn({
  workflowType,
  args = [],
}: ScheduleDescription["action"]): string {
  const runbook = runbooks.find((one) => one.workflowType === workflowType);
  const { looks = "", acts = "" } = runbook?.modes ?? {};
  return modeOf(args[0]) === acts ? acts : looks;
}

async function described(
  client: Client,
  id: string,
): Promise<ScheduleDescription | undefined> {
  try {
    return await client.schedule.getHandle(id).describe();
  } catch (error) {
    if ((error as Error).name === "ScheduleNotFoundError") return undefined;
    throw error;
  }
}

async function pastRun(
  client: Client,
  { scheduledAt, action }: ScheduleExecutionResult,
): Promise<PastRun> {
  const { workflowId } = action.workflow;
  const at = utcTime(scheduledAt);
  return { at, workflowId, outcome: await outcomeOf(client, workflowId) };
}

async function outcomeOf(client: Client, workflowId: string): Promise<string> {
  const handle = client.workflow.getHandle(workflowId);
  try {
    const end = await endOf(handle, await handle.describe());
    return end === undefined ? "goes on" : end.outcome;
  } catch (error) {
    // Ended runs are kept for the namespace's retention.
    if ((error as Error).name === "WorkflowNotFoundError") return "not kept";
    throw error;
  }
}

function wordsOf(schedule: ListedSchedule): string[] {
  const { id, at, timezone, window, mode, paused, note, skipped } = schedule;
  const times = `${at.join(", ")} ${timezone}, window ${window}, mode ${mode}`;
  return [
    paused ? `${id}  PAUSED` : id,
    `  ${times}`,
    ...(note === undefined ? [] : [`  Note:  ${note}`]),
    ...titled(
      "Next:",
      schedule.next.map(({ utc, local }) => `${utc}  ${local} ${timezone}`),
    ),
    ...titled(
      "Last:",
      schedule.last.map(
        (run) => `${run.at}  ${run.outcome}  ${run.workflowId}`,
      ),
    ),
    ...(skipped === 0
      ? []
      : [`  Skipped: ${skipped}, while a run went on or the server was away`]),
    "",
  ];
}

const titled = (title: string, lines: readonly string[]): string[] =>
  lines.map(
    (text, index) => `  ${(index === 0 ? title : "").padEnd(7)}${text}`,
  );
