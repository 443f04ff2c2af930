import type { Client } from "@temporalio/client";
import type { Answer, OpenGate } from "../../workflows/gate/gate";
import { decide } from "../../workflows/gate/messages";
import type { Context, Program } from "../context";
import { cliError } from "../errors";
import { answer as print } from "../output";
import { observerOf, type RunObserver } from "../run/observe";
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
    .option("--signal", "send the signal approve or deny instead")
    .addHelpText("after", example)
    .action((id: string, gate: string, choice: string, flags: DecideFlags) =>
      run(command, async (context) => {
        if (flags.signal === true) requireSignal(choice);
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
  const answer = answerTo(gate, choice, by, flags);
  if (!context.json)
    context.err(
      `${gate.title}\n  ${choice}, for the plan ${gate.digest}, asked as ${gate.nonce}\n`,
    );
  const recorded =
    flags.signal === true
      ? await sendSignal(observer, gate, answer)
      : await answerOf(client, id, "answerRefused", () =>
          observer.handle.executeUpdate(decide, { args: [answer] }),
        );
  print(context, { id, ...answer, recorded }, [recorded]);
}

/** @throws cli.answerRefused, naming the gates that are open */
function gateNamed(
  gates: readonly OpenGate[],
  gateId: string,
  id: string,
): OpenGate {
  const found = gates.find((gate) => gate.id === gateId);
  if (found !== undefined) return found;
  const open = gates.map((gate) => gate.id).join(", ") || "none";
  throw cliError("answerRefused", {
    seen: `gate ${gateId} is not open; open gates: ${open}`,
    facts: { id },
  });
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

/**
 * A signal has no answer, but a query sees all signals before it: the question is closed, or it was not answered.
 *
 * @throws cli.answerRefused
 */
async function sendSignal(
  observer: RunObserver,
  { id, nonce }: OpenGate,
  { choice, ...payload }: Answer,
): Promise<string> {
  await observer.handle.signal(choice, payload);
  const open = await observer.gates();
  if (!open.some((gate) => gate.nonce === nonce))
    return `${choice} sent; gate "${id}" is closed`;
  throw refused(
    observer.handle.workflowId,
    `${choice} was sent, and gate "${id}" is still open; the run's details list refused answers with their reasons`,
  );
}

function refused(id: string, seen: string) {
  return cliError("answerRefused", { seen, facts: { id } });
}

function requireSignal(choice: string): void {
  if (choice === "approve" || choice === "deny") return;
  throw cliError("usage", {
    seen: `--signal with ${choice}`,
    expected: "approve or deny; other choices have no signal",
    facts: { command: "runbook decide" },
  });
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
