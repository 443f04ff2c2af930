import { type Command, InvalidArgumentError } from "commander";
import { instantMs } from "../../activities/calendar/durations";
import { ruleWarnings } from "../../activities/calendar/oddities";
import { stateOf } from "../../activities/calendar/state";
import { upcomingOf } from "../../activities/calendar/upcoming";
import { type ChoiceFlags, chosenCalendars } from "../calendar/chosen";
import { stateWords, upcomingDocument, upcomingWords } from "../calendar/words";
import type { Context, Program } from "../context";
import type { ExitName } from "../exit-codes";
import { answer } from "../output";

interface NextFlags extends ChoiceFlags {
  readonly from?: number;
}

interface StateFlags extends ChoiceFlags {
  readonly at?: number;
}

const MOST = 100;

const example = `
Example:
  $ runbook calendar next 10 --target prod-eu
  $ runbook calendar next --calendar weeknights --from 2026-12-20T00:00:00Z --json
  $ runbook calendar state --target prod-eu && ./upgrade.sh`;

/** `runbook calendar`: when work may start, as a worker would say it. */
export function registerCalendar(program: Program): void {
  const calendar = program.root
    .command("calendar")
    .summary("when work may start: next, state")
    .description(
      "Asks the maintenance calendars of the configuration. Asks no server, but reads the ICS files that they name.",
    )
    .addHelpText("after", example);
  registerNext(program, calendar);
  registerState(program, calendar);
}

function registerNext({ run }: Program, calendar: Command): void {
  const next = calendar
    .command("next")
    .summary("the next windows, in UTC and by the zone's clocks")
    .description(
      "Prints the next windows and those that are skipped among them, why one is skipped or shortened, and what is unlike its neighbours.",
    )
    .argument("[n]", "how many windows", countOf, 5);
  addChoice(next)
    .option("--from <instant>", "default: now", instantOf)
    .addHelpText("after", example)
    .action((most: number, flags: NextFlags) =>
      run(next, (context) => showNext(context, most, flags)),
    );
}

function registerState({ run }: Program, calendar: Command): void {
  const state = calendar
    .command("state")
    .summary("whether work may start; exit 7 when it may not")
    .description(
      "Says whether work may start, why not, and when that changes. Exit 7 when nothing may start, so that a script can ask.",
    );
  addChoice(state)
    .option("--at <instant>", "default: now", instantOf)
    .addHelpText("after", example)
    .action((flags: StateFlags) =>
      run(state, (context) => showState(context, flags)),
    );
}

function addChoice(command: Command): Command {
  return command
    .option("--target <name>", "all its calendars; default: the only target")
    .option(
      "--calendar <name>",
      "instead of a target; may be repeated",
      (one: string, before: readonly string[] = []) => [...before, one],
    );
}

/** @throws cli.usage, calendar.*, config.*, reference.* */
async function showNext(
  context: Context,
  most: number,
  { from = Date.now(), ...flags }: NextFlags,
): Promise<void> {
  const { what, calendars, zone } = await chosenCalendars(
    context,
    flags,
    "runbook calendar next",
  );
  const upcoming = upcomingOf(calendars, { from, most });
  const shown = upcoming.filter(({ kind }) => kind === "window").length;
  const warnings = calendars.flatMap(({ name, document }) =>
    ruleWarnings(document).map((warning) => `${name}: ${warning}`),
  );
  const names = calendars.map(({ name }) => name);
  const document = {
    calendars: names,
    zone,
    from: new Date(from).toISOString(),
    upcoming: upcoming.map((one) => upcomingDocument(one, zone)),
    warnings,
  };
  answer(context, document, [
    `${what}; UTC, then the clocks of ${zone}`,
    ...upcoming.flatMap((one) => upcomingWords(one, zone)),
    ...(shown < most ? ["No further window in the next 400 days."] : []),
    ...warnings.map((warning) => `warning: ${warning}`),
  ]);
}

/** @throws cli.usage, calendar.*, config.*, reference.* */
async function showState(
  context: Context,
  { at = Date.now(), ...flags }: StateFlags,
): Promise<ExitName> {
  const chosen = await chosenCalendars(
    context,
    flags,
    "runbook calendar state",
  );
  const state = stateOf(chosen.calendars, { at });
  answer(context, state, stateWords(state, chosen));
  return state.open && state.reasons.length === 0 ? "ok" : "checkFailed";
}

function countOf(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= MOST) return value;
  throw new InvalidArgumentError(`Expected a whole number from 1 to ${MOST}.`);
}

function instantOf(text: string): number {
  const ms = instantMs(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError(
    "Expected an instant such as 2026-11-22T03:00:00Z.",
  );
}
