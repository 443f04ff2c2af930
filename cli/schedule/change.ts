import type { Client } from "@temporalio/client";
import { defineSearchAttributeKey } from "@temporalio/common";
import type { Runbook } from "../../runbooks/registry";
import { partsOfRunId } from "../../workflows/run-id";
import type { Context } from "../context";
import { cliError } from "../errors";
import { answer } from "../output";
import { modeOf } from "../input";
import type { ScheduleOrder } from "./order";
import { localTime, utcTime } from "./times";

interface NewSchedule extends ScheduleOrder {
  readonly runbook: Runbook;
  readonly input: unknown;
  readonly taskQueue: string;
  /** As it was written. */
  readonly window: string;
}

const nameKey = defineSearchAttributeKey("RunbookName", "KEYWORD");
const targetKey = defineSearchAttributeKey("RunbookTarget", "KEYWORD");
const shownTimes = 3;

/** @throws cli.scheduleExists */
export async function createSchedule(
  context: Context,
  client: Client,
  schedule: NewSchedule,
): Promise<void> {
  const { id, summary, times, window, input, runbook } = schedule;
  const handle = await create(client, schedule);
  const { info } = await handle.describe();
  const next = info.nextActionTimes.slice(0, shownTimes);
  const { looks, acts } = runbook.modes;
  const isIdle = modeOf(input) !== acts;
  answer(
    context,
    { id, summary, timezone: times["--tz"], window, next: next.map(utcTime) },
    [
      `Created ${id}`,
      `  ${summary}`,
      ...next.map((at, index) => {
        const title = index === 0 ? "Next:  " : "       ";
        return `  ${title}${utcTime(at)}  ${localTime(at, times["--tz"])} ${times["--tz"]}`;
      }),
      ...(isIdle
        ? [
            `  Its runs only ${looks}; to have them ${acts} create it with --execute.`,
          ]
        : []),
      `  Watch:  runbook schedule list`,
    ],
  );
}

async function create(client: Client, schedule: NewSchedule) {
  const { id, summary, times, runbook, input, taskQueue, window } = schedule;
  const { target } = partsOfRunId(id);
  try {
    return await client.schedule.create({
      scheduleId: id,
      spec: { calendars: times["--at"], timezone: times["--tz"] },
      action: {
        type: "startWorkflow",
        workflowType: runbook.workflowType,
        workflowId: id,
        taskQueue,
        args: [input],
        staticSummary: summary,
      },
      policies: {
        // A run of days reaches into the next window, and goes on there.
        overlap: "SKIP",
        // The server's own is a year: a run that was missed would begin after its window.
        catchupWindow: times["--window"],
      },
      memo: { window },
      typedSearchAttributes: [
        { key: nameKey, value: runbook.name },
        { key: targetKey, value: target },
      ],
    });
  } catch (error) {
    if ((error as Error).name !== "ScheduleAlreadyRunning") throw error;
    throw cliError("scheduleExists", {
      seen: `there is a Schedule ${id} already`,
      facts: { id },
    });
  }
}

/** What was done, in one line. @param why who, and the reason. @throws cli.noSchedule */
export async function changeSchedule(
  client: Client,
  id: string,
  change: "pause" | "unpause" | "delete",
  why: string,
): Promise<string> {
  const handle = client.schedule.getHandle(id);
  try {
    switch (change) {
      case "pause":
        await handle.pause(`paused by ${why}`);
        return `${id} opens no more runs until: runbook schedule unpause ${id}`;
      case "unpause":
        await handle.unpause(`unpaused by ${why}`);
        return `${id} opens runs again`;
      case "delete":
        await handle.delete();
        return `${id} is gone; a run that it has opened goes on`;
    }
  } catch (error) {
    if ((error as Error).name !== "ScheduleNotFoundError") throw error;
    throw cliError("noSchedule", { seen: `no Schedule ${id}` });
  }
}
