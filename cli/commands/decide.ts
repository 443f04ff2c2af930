import { setTimeout } from "node:timers/promises";
import type { Client } from "@temporalio/client";
import type { Answer, OpenGate } from "../../workflows/gate/gate";
import { decide } from "../../workflows/gate/messages";
import type { Context, Program } from "../context";
import { cliError } from "../errors";
import { answer as print } from "../output";
import { gateNamed } from "../run/gate-named";
import { observerOf, type RunObserver } from "../run/observe";
import { signed } from "../run/signed";
import { answerOf } from "../run/update";
import { withClient } from "../temporal";
import { addByOption, whoSays } from "../who";

interface DecideFlags {
  readonly by?: string;
  readonly cause?: string;
  readonly comment?: string;
  readonly hosts?: readonly string[];
  readonly nonce?: string;
  readonly signal?: boolean;
  readonly sign?: boolean;
  readonly key?: string;
}

const example = `
Example:
  $ runbook decide fleet-upgrade:prod-eu:2026-11 canary approve --by ada`;

/** `runbook decide`: answers one question of one run, bound to what is asked now. */
export function registerDecide({ root, run }: Program): void {
  const command = addByOption(root.command("decide"))
    .summary("answer a question of a run")
    .description(
      "Answers an open gate. The answer is bound to the gate's nonce and to the digest of the plan; --nonce, as watch prints it, refuses a question that was asked anew meanwhile.",
    )
    .argument("<id>", "workflow id")
    .argument("<gate>", "such as canary, failed-hosts, budget")
    .argument("<choice>", "one of the gate's choices")
    .option("--comment <text>", "why, or the evidence; stands in the report")
    .option("--cause <id>", "only the failed hosts of this cause")
    .option("--hosts <ids>", "only these failed hosts, comma separated", list)
    .option("--nonce <nonce>", "only this asking of the question")
    .option(
      "--signal",
      "send a signal instead, as a gate does that must know its sender from the server",
    )
    .option(
      "--sign",
      "prove by your SSH key who says so, as a gate wants that takes signed answers",
    )
    .option("--key <file>", "sign with it instead of RUNBOOK_SIGNING_KEY")
    .addHelpText("after", example)
    .action((id: string, gate: string, choice: string, flags: DecideFlags) =>
      run(command, async (context) => {
        requireOneScope(flags);
        const by = whoSays(context, flags.by, "runbook decide");
        await withClient(context, (client) =>
          answerGate(context, client, { id, gate, choice, by, flags }),
        );
      }),
    );
}

interface Request {
  readonly id: string;
  readonly gate: string;
  readonly choice: string;
  readonly by: string;
  readonly flags: DecideFlags;
}

async function answerGate(
  context: Context,
  client: Client,
  { id, gate: gateId, choice, by, flags }: Request,
): Promise<void> {
  const observer = observerOf(context, client, id);
  const gate = gateNamed(await observer.gates(), gateId, id);
  const words = answerTo(gate, choice, by, flags);
  if (!context.json)
    context.err(
      `${gate.title}\n  ${choice}, for the plan ${gate.digest}, asked as ${gate.nonce}\n`,
    );
  const { handle } = observer;
  const answer = isSigned(gate, flags)
    ? await signed(context, client, handle, words, { key: flags.key })
    : words;
  const isSignal = flags.signal === true || gate.policy?.level === "server";
  const recorded = isSignal
    ? await sendSignal(observer, gate, answer)
    : await answerOf(client, id, "answerRefused", () =>
        handle.executeUpdate(decide, { args: [answer] }),
      );
  print(context, { id, ...answer, recorded }, [recorded]);
}

function answerTo(
  gate: OpenGate,
  choice: string,
  by: string,
  { cause, comment, hosts, nonce = gate.nonce }: DecideFlags,
): Answer {
  return {
    gate: gate.id,
    nonce,
    choice,
    by,
    digest: gate.digest,
    ...(comment !== undefined && { comment }),
    ...(hosts !== undefined && { hosts }),
    ...(cause !== undefined && { cause }),
  };
}

const isSigned = ({ policy }: OpenGate, { sign, key }: DecideFlags): boolean =>
  sign === true || key !== undefined || policy?.level === "signed";

/** Looking up who answered takes this long at most; the roster may be a command. */
const LOOK_UP_MS = 12_000;
const LOOK_AGAIN_MS = 300;

/**
 * A signal has no answer, but a query sees all signals before it: the question is closed, the vote is counted, or it was not
 * answered. A gate with a policy looks up who answered before it judges.
 *
 * @throws cli.answerRefused
 */
async function sendSignal(
  observer: RunObserver,
  { id, nonce, policy, votes = [] }: OpenGate,
  answer: Answer,
): Promise<string> {
  const { choice } = answer;
  await observer.handle.signal("answer", answer);
  const until = Date.now() + (policy === undefined ? 0 : LOOK_UP_MS);
  for (;;) {
    const gate = (await observer.gates()).find((one) => one.nonce === nonce);
    if (gate === undefined) return `${choice} sent; gate "${id}" is closed`;
    if ((gate.votes ?? []).length > votes.length)
      return `${choice} sent and counted; gate "${id}" waits for more`;
    if (Date.now() >= until) break;
    await setTimeout(LOOK_AGAIN_MS);
  }
  throw refused(
    observer.handle.workflowId,
    `${choice} was sent, and gate "${id}" is still open; the run's details list refused answers with their reasons`,
  );
}

function refused(id: string, seen: string) {
  return cliError("answerRefused", { seen, facts: { id } });
}

function requireOneScope({ cause, hosts }: DecideFlags): void {
  if (cause === undefined || hosts === undefined) return;
  throw cliError("usage", {
    seen: "both --cause and --hosts",
    expected: "one of them, or neither for all failed hosts",
    facts: { command: "runbook decide" },
  });
}

function list(text: string): readonly string[] {
  return text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
}
