import { once } from "node:events";
import type { Command } from "commander";
import { configurationFile } from "../../activities/configuration/client";
import { resolveReference } from "../../activities/references";
import { createRoster } from "../../activities/roster/client";
import { decideByChat } from "../chat/decide";
import { type Endpoint, startEndpoint } from "../chat/endpoint";
import { gateMessage } from "../chat/message";
import type { Context, Program } from "../context";
import { cliError } from "../errors";
import { line } from "../output";
import { gateNamed } from "../run/gate-named";
import { observerOf } from "../run/observe";
import { signStatement } from "../sign";
import { withClient } from "../temporal";

interface ServeFlags {
  readonly listen: string;
  readonly secret: string;
  readonly key?: string;
  readonly channel: string;
  readonly replies: string;
}

const example = `
Example:
  $ runbook chat message fleet-upgrade:prod-eu:2026-11 canary | curl --json @- "$SLACK_WEBHOOK_URL"
  $ runbook chat serve --secret file:/etc/runbooks/slack-secret --key /etc/runbooks/slack-key`;

/** `runbook chat`: questions as messages of Slack, and the presses of their buttons as answers. */
export function registerChat({ root, run }: Program): void {
  const chat = root
    .command("chat")
    .summary("answer by Slack: serve, message")
    .description("Asks in Slack, and takes the answer from there.")
    .addHelpText("after", example);
  const serve = addServeOptions(
    chat
      .command("serve")
      .summary("take presses of buttons, until Ctrl-C")
      .description(
        "Listens for Slack's signed requests, and answers for whoever pressed a button, signed by the channel's key. The roster says who they are: the id of the chat is one of their aliases.",
      ),
  );
  serve.action((flags: ServeFlags) =>
    run(serve, (context) => serveUntilInterrupted(context, flags)),
  );
  const message = chat
    .command("message")
    .summary("print a question as a message with buttons")
    .description("Prints JSON for a webhook of Slack, or chat.postMessage.")
    .argument("<id>", "workflow id")
    .argument("<gate>", "such as canary");
  message.action((id: string, gate: string) =>
    run(message, (context) =>
      withClient(context, async (client) => {
        const gates = await observerOf(context, client, id).gates();
        const asked = gateMessage(id, gateNamed(gates, gate, id));
        line(context, JSON.stringify(asked, undefined, 2));
      }),
    ),
  );
}

function addServeOptions(command: Command): Command {
  return command
    .option(
      "--listen <host:port>",
      "loopback, behind a proxy with TLS",
      "127.0.0.1:8787",
    )
    .option(
      "--secret <reference>",
      "Slack's signing secret",
      "env:SLACK_SIGNING_SECRET",
    )
    .option(
      "--key <file>",
      "the channel's SSH key, instead of RUNBOOK_SIGNING_KEY",
    )
    .option("--channel <name>", "as the roster names it", "slack")
    .option(
      "--replies <origin>",
      "of Slack's response_url",
      "https://hooks.slack.com",
    )
    .addHelpText("after", example);
}

async function serveUntilInterrupted(
  context: Context,
  flags: ServeFlags,
): Promise<void> {
  const key = await requireKey(context, flags);
  const secret = (): Promise<string> =>
    resolveReference(flags.secret, context.env);
  await secret();
  await withClient(context, async (client) => {
    const endpoint = await listen(flags, {
      secret,
      replies: new URL(flags.replies).origin,
      decide: decideByChat({
        ...{ context, client, key, channel: flags.channel },
        configuration: configurationFile(context.env["RUNBOOK_CONFIG"]),
        roster: createRoster(),
      }),
      log: (text) => context.err(`${new Date().toISOString()} ${text}\n`),
    });
    line(context, `Takes presses at ${endpoint.url}; Ctrl-C ends it.`);
    if (!context.interrupted.aborted) await once(context.interrupted, "abort");
    await endpoint.stop();
  });
}

/** A key that cannot sign is found out before anybody presses a button. @throws cli.usage, cli.notSigned */
async function requireKey(
  context: Context,
  { key = context.env["RUNBOOK_SIGNING_KEY"] ?? "", channel }: ServeFlags,
): Promise<string> {
  if (key === "")
    throw cliError("usage", {
      seen: "no key of the channel",
      expected: "--key <file>, or RUNBOOK_SIGNING_KEY",
      facts: { command: "runbook chat serve" },
    });
  const at = new Date().toISOString();
  const nothing = {
    workflowId: "",
    runId: "",
    gate: "",
    nonce: "",
    choice: "",
  };
  await signStatement(context, { ...nothing, by: "", at, channel }, key);
  return key;
}

/** @throws cli.usage */
async function listen(
  { listen: place }: ServeFlags,
  options: Omit<Parameters<typeof startEndpoint>[0], "host" | "port">,
): Promise<Endpoint> {
  const [, bracketed, plain, port] =
    /^(?:\[([\da-f:]+)\]|([\w.-]+)):(\d{1,5})$/i.exec(place) ?? [];
  const host = bracketed ?? plain;
  const facts = { command: "runbook chat serve" };
  if (host === undefined)
    throw cliError("usage", {
      seen: `--listen ${place}`,
      expected: "an address such as 127.0.0.1:8787",
      facts,
    });
  try {
    return await startEndpoint({ ...options, host, port: Number(port) });
  } catch (cause) {
    const { code = "no code" } = cause as NodeJS.ErrnoException;
    const seen = `cannot listen on ${place} (${code})`;
    throw cliError("usage", { seen, facts, cause });
  }
}
