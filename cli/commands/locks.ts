import type { Client } from "@temporalio/client";
import { type LockEntry, lockType } from "../../activities/lock/port";
import { locksQuery } from "../../workflows/lock/messages";
import { releaseFaults } from "../../workflows/lock/release-shape";
import { entryInWords } from "../../workflows/lock/words";
import type { Context, Program } from "../context";
import { cliError } from "../errors";
import { answer } from "../output";
import { tellEntity } from "../run/entity";
import { withClient } from "../temporal";
import { addByOption, whoSays } from "../who";

interface ReleaseFlags {
  readonly by?: string;
  readonly reason?: string;
}

const example = `
Example:
  $ runbook locks list
  $ runbook locks release prod-eu/web/web-07 --reason "looked at it: 2.4.1, in the balancer"`;

/** `runbook locks`: who may change what, who waits for it, and what is kept for a person to look at. */
export function registerLocks({ root, run }: Program): void {
  const locks = root
    .command("locks")
    .summary("who changes what, and who waits: list, release")
    .description(
      "A run locks what it changes. Hosts that it leaves in doubt stay locked until a person releases them.",
    )
    .addHelpText("after", example);
  const list = locks
    .command("list")
    .summary("list the locks of every target")
    .description("Lists locks that are held or kept, and who waits.")
    .addHelpText("after", example);
  list.action(() =>
    run(list, (context) =>
      withClient(context, async (client) => {
        const entries = await allLocks(client);
        const words = entries.map(entryInWords);
        answer(
          context,
          { locks: entries },
          words.length === 0
            ? ["Nobody holds a lock, and nobody waits."]
            : words,
        );
      }),
    ),
  );
  const release = addByOption(
    locks
      .command("release")
      .summary("let others change what is kept")
      .description(
        "Says that a person has looked at the hosts that a run left in doubt: what is kept at the resource or below it is free again.",
      )
      .argument("<resource>", "target, target/pool or target/pool/host"),
  )
    .option("--reason <text>", "what you looked at")
    .addHelpText("after", example);
  release.action((resource: string, flags: ReleaseFlags) =>
    run(release, (context) => releaseKept(context, resource, flags)),
  );
}

/** @throws cli.usage with every fault, cli.keeperRefused, cli.noWorker */
async function releaseKept(
  context: Context,
  resource: string,
  { by, reason = "" }: ReleaseFlags,
): Promise<void> {
  const command = "runbook locks release";
  const payload = { resource, by: whoSays(context, by, command), reason };
  const faults = releaseFaults(payload);
  if (faults.length > 0)
    throw cliError("usage", { seen: faults.join("; "), facts: { command } });
  const [target = ""] = resource.split("/");
  await withClient(context, async (client) => {
    const said = await tellEntity(context, client, {
      entity: { workflowType: lockType, workflowId: `${lockType}:${target}` },
      update: "release",
      payload,
    });
    answer(context, { ...payload, said }, [String(said)]);
  });
}

/** Of every target that was ever locked. */
async function allLocks(client: Client): Promise<LockEntry[]> {
  const query = `WorkflowType = '${lockType}' AND ExecutionStatus = 'Running'`;
  const entries: LockEntry[] = [];
  for await (const { workflowId } of client.workflow.list({ query })) {
    const handle = client.workflow.getHandle(workflowId);
    entries.push(...(await handle.query(locksQuery)));
  }
  return entries;
}
