import type { Client } from "@temporalio/client";
import { approvalsFor } from "../../activities/approvals/approvals";
import type { ConfigurationSource } from "../../activities/configuration/port";
import { isRunbookError } from "../../activities/errors";
import { personCalled } from "../../activities/roster/people";
import type { Roster } from "../../activities/roster/port";
import { decide } from "../../workflows/gate/messages";
import type { Context } from "../context";
import { cliError } from "../errors";
import { answerOf } from "../run/update";
import { runFacts, signed } from "../run/signed";
import type { Reply } from "./endpoint";
import { escaped } from "./message";
import type { Press } from "./press";

export interface ChatParts {
  readonly context: Pick<Context, "env" | "err">;
  readonly client: Client;
  readonly configuration: ConfigurationSource;
  readonly roster: Roster;
  /** As the roster names it; its key signs for whom it heard. */
  readonly channel: string;
  /** File of the channel's private key. */
  readonly key: string;
}

/** Carries a press into its run, and says what became of it. Never rejects. */
export function decideByChat(
  parts: ChatParts,
): (press: Press) => Promise<Reply> {
  return async (press) => {
    try {
      const recorded = await carry(parts, press);
      const text = escaped(`${recorded} of ${press.button.run}`);
      return { text: `<@${press.user}>: ${text}`, isForAll: true };
    } catch (error) {
      const text = isRunbookError(error) ? error.message : String(error);
      return { text: escaped(`Not taken: ${text}`), isForAll: false };
    }
  };
}

/** @throws cli.noRun, cli.notMapped, cli.answerRefused, cli.noWorker, config.*, roster.* */
async function carry(
  { context, client, configuration, roster, channel, key }: ChatParts,
  { user, button, request }: Press,
): Promise<string> {
  const { run: id, ...words } = button;
  const handle = client.workflow.getHandle(id);
  const { target } = await runFacts(client, handle);
  const approvals = approvalsFor(await configuration.read(), target);

  const people = approvals && (await roster.read(approvals.roster));
  if (people === undefined || personCalled(people, user) === undefined)
    throw cliError("notMapped", {
      seen: `${user} is nobody on the roster of ${target}`,
      facts: { alias: user },
    });
  const answer = await signed(
    ...([context, client, handle, { ...words, by: user }] as const),
    { key, channel },
  );
  return answerOf(client, id, "answerRefused", () =>
    handle.executeUpdate(decide, { args: [answer], updateId: request }),
  );
}
