import type { Command } from "commander";
import { controlFaults } from "../../workflows/controls/control-shape";
import {
  type ControlName,
  controlUpdates,
} from "../../workflows/controls/messages";
import type { Overriding, Told } from "../../workflows/controls/words";
import type { Context, Program } from "../context";
import { cliError } from "../errors";
import { answer } from "../output";
import { observerOf } from "../run/observe";
import { type RetuneFlags, retuningOf } from "../run/retuning";
import { answerOf } from "../run/update";
import { withClient } from "../temporal";
import { addByOption, whoSays } from "../who";

interface ControlFlags {
  readonly by?: string;
  readonly reason?: string;
}

interface Words {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly example: string;
}

const ID = "fleet-upgrade:prod-eu:2026-11";

const words = {
  pause: {
    name: "pause",
    summary: "start nothing new; hosts in work finish",
    description:
      "Holds a run: nothing new starts within two seconds, and the hosts in work finish. Deadlines stand still meanwhile.",
    example: `runbook pause ${ID} --reason "errors at the CDN"`,
  },
  resume: {
    name: "resume",
    summary: "go on after a pause",
    description: "Lets a paused run go on, with a slow start.",
    example: `runbook resume ${ID}`,
  },
  retune: {
    name: "retune",
    summary: "other slots, limits or budget, from now on",
    description:
      "Changes how a run moves. Hosts in work finish; what is not named stays as it is, but a budget is replaced whole.",
    example: `runbook retune ${ID} --slots 40 --pool-limit 25% --failures 12`,
  },
  override: {
    name: "override",
    summary: "ask to work out of window for some hours",
    description:
      "Asks that a run may start work for so many hours, whatever its calendars say. It opens gate window-override, at which another person must approve with a comment. Freezes, locks and pauses still hold.",
    example: `runbook override ${ID} --hours 4 --reason "the hole is being exploited"`,
  },
  abort: {
    name: "abort",
    summary: "start nothing new, report and end",
    description:
      "Ends a run early: nothing new starts, hosts in work finish, the run reports and ends. With --rollback the touched hosts are taken back first.",
    example: `runbook abort ${ID} --rollback --reason "slow queries"`,
  },
  rollback: {
    name: "rollback",
    summary: "abort, and take every touched host back",
    description:
      "Ends a run early and takes each host that it touched back to the version before, in the order in which they were upgraded. Needs a component with undo.",
    example: `runbook rollback ${ID} --reason "slow queries"`,
  },
  emergencyStop: {
    name: "stop",
    summary: "emergency: stop the commands in work on their hosts",
    description:
      "Stops the commands in work on their hosts, at once. The hosts stay as they are, half-way or out of service: prefer pause or abort where seconds do not count.",
    example: `runbook stop ${ID} --yes --reason "it deletes data"`,
  },
} as const satisfies Record<ControlName, Words>;

/** `runbook pause`, `resume`, `retune`, `override`, `abort`, `rollback` and `stop`: said to a run at any moment. */
export function registerControls(program: Program): void {
  registerPlain(program, "pause");
  registerPlain(program, "resume");
  registerRetune(program);
  registerOverride(program);
  registerAbort(program);
  registerPlain(program, "rollback");
  registerStop(program);
}

function controlCommand({ root }: Program, control: ControlName): Command {
  const { name, summary, description, example } = words[control];
  return addByOption(
    root
      .command(name)
      .summary(summary)
      .description(description)
      .argument("<id>", "workflow id, as start printed it"),
  )
    .option("--reason <text>", "why; stands in the report")
    .addHelpText("after", `\nExample:\n  $ ${example}`);
}

function registerPlain(program: Program, control: ControlName): void {
  const command = controlCommand(program, control);
  command.action((id: string, flags: ControlFlags) =>
    program.run(command, (context) => say(context, control, id, flags)),
  );
}

function registerRetune(program: Program): void {
  const command = controlCommand(program, "retune")
    .option("--slots <n>", "hosts in work at once")
    .option("--pool-limit <n|%>", "in one pool: 4, or 25% of it")
    .option("--zone-limit <n|%>", "in one zone")
    .option("--site-limit <n|%>", "at one site")
    .option("--jump-limit <n|%>", "behind one jump host")
    .option("--failures <n>", "failed hosts allowed")
    .option("--percent <p>", "the same as a share of the fleet")
    .option("--pool-failures <n>", "failed hosts allowed in each pool")
    .option("--pool-percent <p>", "the same as a share of the pool");
  command.action((id: string, flags: ControlFlags & RetuneFlags) =>
    program.run(command, (context) =>
      say(context, "retune", id, flags, retuningOf(flags)),
    ),
  );
}

function registerOverride(program: Program): void {
  const command = controlCommand(program, "override").option(
    "--hours <n>",
    "from now on; 24 at most",
  );
  command.action(
    (id: string, flags: ControlFlags & { readonly hours?: string }) =>
      program.run(command, (context) =>
        say(context, "override", id, flags, { hours: Number(flags.hours) }),
      ),
  );
}

function registerAbort(program: Program): void {
  const command = controlCommand(program, "abort").option(
    "--rollback",
    "take the touched hosts back first, as runbook rollback",
  );
  command.action(
    (id: string, flags: ControlFlags & { readonly rollback?: boolean }) =>
      program.run(command, (context) =>
        say(context, flags.rollback === true ? "rollback" : "abort", id, flags),
      ),
  );
}

function registerStop(program: Program): void {
  const command = controlCommand(program, "emergencyStop").option(
    "-y, --yes",
    "do not ask",
  );
  command.action(
    (id: string, flags: ControlFlags & { readonly yes?: boolean }) =>
      program.run(command, async (context) => {
        if (flags.yes !== true) await agree(context, id);
        await say(context, "emergencyStop", id, flags);
      }),
  );
}

/** @throws cli.usage with every fault, cli.noRun, cli.controlRefused, cli.noWorker */
async function say(
  context: Context,
  control: ControlName,
  id: string,
  { by, reason }: ControlFlags,
  more: Omit<Told, "by"> = {},
): Promise<void> {
  const command = `runbook ${words[control].name}`;
  const told: Told = {
    ...more,
    by: whoSays(context, by, command),
    ...(reason !== undefined && { reason }),
  };
  const faults = controlFaults(control, told);
  if (faults.length > 0)
    throw cliError("usage", { seen: faults.join("; "), facts: { command } });
  await withClient(context, async (client) => {
    const observer = observerOf(context, client, id);
    await observer.requireRunning();
    const said = await answerOf(client, id, "controlRefused", () =>
      observer.handle.executeUpdate(controlUpdates[control], {
        args: [told as Overriding],
      }),
    );
    answer(context, { id, control, ...told, said }, [said]);
  });
}

/** @throws cli.notAgreed */
async function agree(context: Context, id: string): Promise<void> {
  const typed = await context.ask(
    `Stop the commands of ${id} on their hosts, and leave the hosts as they are? [y/N] `,
  );
  if (/^y(es)?$/i.test(typed?.trim() ?? "")) return;
  throw cliError("notAgreed", {
    seen:
      typed === undefined
        ? `nobody is at the keyboard to agree to an emergency stop of ${id}`
        : "nothing was stopped",
  });
}
