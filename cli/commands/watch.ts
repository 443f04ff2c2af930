import { setTimeout as pause } from "node:timers/promises";
import { isGrpcServiceError } from "@temporalio/client";
import { InvalidArgumentError } from "commander";
import { type Context, isColored, type Program } from "../context";
import type { ExitName } from "../exit-codes";
import { line } from "../output";
import { changesBetween } from "../run/changes";
import { observationDocument } from "../run/document";
import type { Observation } from "../run/observation";
import { observerOf, type RunObserver } from "../run/observe";
import { endWords, runScreen } from "../run/words";
import { openScreen } from "../screen";
import { withClient } from "../temporal";

const LEAST_SECONDS = 0.05;

const example = `
Example:
  $ runbook watch fleet-upgrade:prod-eu:2026-11

Ends with the run, and with its exit code. Ctrl-C ends the watching only.`;

/** `runbook watch`: a picture drawn in place on a terminal, lines for a log anywhere else. */
export function registerWatch({ root, run }: Program): void {
  const command = root
    .command("watch")
    .summary("follow a run to its end")
    .description(
      "Follows a run: progress, a grid of the hosts, failures, and each question with the command that answers it.",
    )
    .argument("<id>", "workflow id, as start printed it")
    .option("--every <seconds>", "how often to look", seconds, 1)
    .addHelpText("after", example)
    .action((id: string, { every }: { readonly every: number }) =>
      run(command, (context) =>
        withClient(context, (client) =>
          watch(context, observerOf(context, client, id), every * 1_000),
        ),
      ),
    );
}

/** Shows what is seen; each kind of output is one of these. */
interface View {
  show(seen: Observation): void;
  /** The server itself does not answer. */
  trouble(words: string): void;
  close(): void;
}

/** Returns the exit of the run, or `ok` as soon as `isEnough`. @throws cli.noRun */
export async function watch(
  context: Context,
  observer: RunObserver,
  everyMs: number,
  isEnough: (seen: Observation) => boolean = () => false,
): Promise<ExitName> {
  const view = viewFor(context);
  try {
    for (;;) {
      const seen = await lookOrSay(observer, view);
      if (seen !== undefined) view.show(seen);
      if (seen?.end !== undefined) return seen.end.exit;
      if (seen !== undefined && isEnough(seen)) return "ok";
      await pause(everyMs, undefined, { signal: context.interrupted });
    }
  } catch (error) {
    if (!context.interrupted.aborted) throw error;
    const { workflowId } = observer.handle;
    context.err(
      `The run goes on. Watch it again: runbook watch ${workflowId}\n`,
    );
    return "interrupted";
  } finally {
    view.close();
  }
}

/** Whoever watches a run through the night must not lose it to a restart of the server. */
async function lookOrSay(
  observer: RunObserver,
  view: View,
): Promise<Observation | undefined> {
  try {
    return await observer.observe();
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const grpc = [error, cause].find(isGrpcServiceError);
    if (grpc === undefined) throw error;
    view.trouble(`the Temporal server does not answer: ${grpc.details}`);
    return undefined;
  }
}

function viewFor(context: Context): View {
  if (context.json) return documentView(context);
  return context.isTerminal ? screenView(context) : lineView(context);
}

function screenView(context: Context): View {
  const screen = openScreen(context);
  let last: readonly string[] = [];
  return {
    show: (seen) => {
      const size = { ...context.size(), isColored: isColored(context) };
      last = runScreen(seen, size, Date.now());
      screen.draw(last);
    },
    trouble: (words) => screen.draw([...last, "", words]),
    close: () => screen.end(),
  };
}

function lineView(context: Context): View {
  let before: Observation | undefined;
  let said = "";
  const say = (text: string): void =>
    line(context, `${new Date().toISOString().slice(11, 19)}  ${text}`);
  return {
    show: (seen) => {
      said = "";
      if (before === undefined) say([seen.workflowId, seen.summary].join("  "));
      changesBetween(before, seen).forEach(say);
      if (seen.end !== undefined) endWords(seen, seen.end).forEach(say);
      before = seen;
    },
    trouble: (words) => {
      if (words !== said) say(words);
      said = words;
    },
    close: () => undefined,
  };
}

/** One document a line, each time that something has changed. */
function documentView(context: Context): View {
  let last = "";
  return {
    show: (seen) => {
      const text = JSON.stringify(observationDocument(seen));
      if (text !== last) line(context, text);
      last = text;
    },
    trouble: (words) => line(context, JSON.stringify({ trouble: words })),
    close: () => undefined,
  };
}

function seconds(text: string): number {
  const value = Number(text);
  if (value >= LEAST_SECONDS) return value;
  throw new InvalidArgumentError(`Expected at least ${LEAST_SECONDS} seconds.`);
}
