import type { Command } from "commander";
import type { Program } from "../context";
import {
  addInputOptions,
  type InputFlags,
  readInput,
  withMode,
} from "../input";
import { answer } from "../output";
import { runbookNamed } from "../runbook-named";
import { changeSchedule, createSchedule } from "../schedule/change";
import { listSchedules } from "../schedule/list";
import { scheduleOrder, type TimeFlags } from "../schedule/order";
import { taskQueueOf } from "../settings";
import { withClient } from "../temporal";
import { addByOption, whoSays } from "../who";

interface CreateFlags extends InputFlags, TimeFlags {
  readonly execute?: boolean;
}

interface ChangeFlags {
  readonly by?: string;
  readonly reason?: string;
}

const ID = "fleet-upgrade:prod-eu:weekly";
const example = `
Example:
  $ runbook schedule create -f upgrade.yaml --at "FRI 22:00" --tz Europe/Sofia --window PT7H --execute
  $ runbook schedule list
  $ runbook schedule pause ${ID} --reason "change freeze"`;

/** `runbook schedule`: Temporal Schedules that open a run for each maintenance window. */
export function registerSchedule(program: Program): void {
  const schedule = program.root
    .command("schedule")
    .summary("open a run for each window: create, list, pause, unpause, delete")
    .description(
      "Schedules that the Temporal server keeps; each opens a run of a runbook at its times, and none while the former one goes on.",
    )
    .addHelpText("after", example);
  registerCreate(program, schedule);
  registerList(program, schedule);
  registerChange(program, schedule, "pause", "open no more runs until unpause");
  registerChange(program, schedule, "unpause", "open runs again");
  registerChange(program, schedule, "delete", "remove it; its runs go on");
}

function registerCreate({ run }: Program, schedule: Command): void {
  const create = schedule
    .command("create")
    .summary("a run for each window from now on")
    .description(
      "Creates a Schedule whose id follows from target and change; each run has a change of its own, which ends with its time. A run that was missed is opened late only while its window lasts.",
    )
    .argument("[runbook]", "name or workflow type");
  addInputOptions(create)
    .option(
      "--at <time>",
      'such as "FRI 22:00", "MON-THU 01:30", "TUE#2 22:00", "daily 03:00"; may be repeated',
      (one: string, before: readonly string[] = []) => [...before, one],
    )
    .option("--tz <zone>", "of these times, such as Europe/Sofia")
    .option("--window <duration>", "its length, such as PT7H")
    .option("--execute", "carry each plan out (mode: execute; of sweep: free)")
    .option("--task-queue <name>", "instead of RUNBOOK_TASK_QUEUE (runbooks)")
    .addHelpText("after", example)
    .action((word: string | undefined, flags: CreateFlags) =>
      run(create, async (context) => {
        const runbook = runbookNamed(word);
        const isNothing = flags.file === undefined && flags.set === undefined;
        // Nothing at all is judged with the times, so that all that is missing is told at once.
        const raw = isNothing
          ? {}
          : await readInput(context, runbook, flags, "runbook schedule create");
        const input =
          flags.execute === true ? withMode(raw, runbook.modes.acts) : raw;
        const order = scheduleOrder(runbook, input, flags);
        const taskQueue = taskQueueOf(context.env);
        await withClient(context, (client) =>
          createSchedule(context, client, {
            ...{ ...order, taskQueue, input },
            ...{ window: flags.window ?? "", runbook },
          }),
        );
      }),
    );
}

function registerList({ run }: Program, schedule: Command): void {
  const list = schedule
    .command("list")
    .summary("next times, last runs and how they ended")
    .description(
      "Lists each Schedule of a runbook with its next times, in UTC and on the clocks of its zone, and its last runs.",
    )
    .addHelpText("after", example)
    .action(() =>
      run(list, (context) =>
        withClient(context, (client) => listSchedules(context, client)),
      ),
    );
}

function registerChange(
  { run }: Program,
  schedule: Command,
  name: "pause" | "unpause" | "delete",
  summary: string,
): void {
  const command = addByOption(
    schedule
      .command(name)
      .summary(summary)
      .description(`${summary[0]?.toUpperCase()}${summary.slice(1)}.`)
      .argument("<id>", "of the Schedule, as create and list print it"),
  )
    .option("--reason <text>", "why; stands in the Schedule's note")
    .addHelpText("after", example)
    .action((id: string, { by, reason }: ChangeFlags) =>
      run(command, async (context) => {
        const who = whoSays(context, by, `runbook schedule ${name}`);
        const why = reason === undefined ? "" : `: ${reason}`;
        await withClient(context, async (client) => {
          const said = await changeSchedule(client, id, name, `${who}${why}`);
          answer(context, { id, said }, [said]);
        });
      }),
    );
}
