import { randomUUID } from "node:crypto";
import { freezesType, type FreezeUpdates } from "../../activities/freeze/port";
import { createRuns } from "../../activities/runs/client";
import { configurationFile } from "../../activities/configuration/client";
import { nearest } from "../../activities/known-keys";
import { freezesQuery } from "../../workflows/freeze/messages";
import { freezeFaults } from "../../workflows/freeze/order-shape";
import { freezeInWords } from "../../workflows/freeze/words";
import type { Context, Program } from "../context";
import { cliError } from "../errors";
import { untilIn } from "../instant";
import { answer } from "../output";
import { tellEntity } from "../run/entity";
import { withClient } from "../temporal";
import { addByOption, whoSays } from "../who";

interface FreezeFlags {
  readonly by?: string;
  readonly reason?: string;
  readonly until?: string;
  readonly blocksUndo?: boolean;
}

const examples = {
  freeze: `
Example:
  $ runbook freeze all --reason "peak sale"
  $ runbook freeze prod-eu/web --until 6h --reason "the CDN is down"`,
  unfreeze: `
Example:
  $ runbook unfreeze freeze-1f0c9a2b`,
} as const;

/** `runbook freeze`, `unfreeze` and `freezes`: stops of all disruptive work, set and lifted by people. */
export function registerFreezes(program: Program): void {
  registerFreeze(program);
  registerUnfreeze(program);
  registerList(program);
}

function registerFreeze({ root, run }: Program): void {
  const command = addByOption(
    root
      .command("freeze")
      .summary("stop disruptive work: everywhere, on a target, pool or host")
      .description(
        "Sets a freeze. Within seconds no run starts a host within the scope any more; hosts in work finish, and all other hosts go on. A run that has nothing else left parks, and goes on by itself when every freeze is lifted or has ended.",
      )
      .argument("<scope>", "all, target, target/pool or target/pool/host"),
  )
    .option("--reason <text>", "why; whoever waits reads it")
    .option("--until <when>", "ends by itself: 90m, 6h, 2d, or an instant")
    .option("--blocks-undo", "hold rollbacks, too")
    .addHelpText("after", examples.freeze);
  command.action((scope: string, flags: FreezeFlags) =>
    run(command, (context) => freeze(context, scope, flags)),
  );
}

/** @throws cli.usage with every fault, cli.noWorker, temporal.* */
async function freeze(
  context: Context,
  scope: string,
  { by, reason = "", until, blocksUndo }: FreezeFlags,
): Promise<void> {
  const command = "runbook freeze";
  const now = Date.now();
  const order: FreezeUpdates["freeze"]["payload"] = {
    id: `freeze-${randomUUID().slice(0, 8)}`,
    ...{ scope, reason, by: whoSays(context, by, command) },
    ...(until === undefined ? {} : { until: untilIn(until, now, command) }),
    ...(blocksUndo === true ? { blocksUndo } : {}),
  };
  const faults = freezeFaults(order, now);
  if (faults.length > 0)
    throw cliError("usage", { seen: faults.join("; "), facts: { command } });
  await requireTarget(context, scope, command);
  await withClient(context, async (client) => {
    const runs = createRuns(() => client);
    const { runs: watching } = (await tellEntity(context, client, {
      entity: { workflowType: freezesType, workflowId: freezesType },
      update: "freeze",
      payload: order,
    })) as FreezeUpdates["freeze"]["answer"];
    const held: string[] = [];
    for (const one of watching)
      if ((await runs.standing(one)) === "open") held.push(one.workflowId);
    answer(context, { ...order, at: now, held }, [
      freezeInWords({ ...order, at: now }),
      held.length === 0
        ? "No run is held by it now; those that start meanwhile will be."
        : `Holds ${held.join(", ")}`,
      `Lift it with: runbook unfreeze ${order.id}`,
    ]);
  });
}

/** A freeze of a misspelt target would hold nothing, and nobody would know. Without a configuration nobody can tell. */
async function requireTarget(
  { env }: Context,
  scope: string,
  command: string,
): Promise<void> {
  const file = env["RUNBOOK_CONFIG"] ?? "";
  const [target = ""] = scope.split("/");
  if (scope === "all" || file === "") return;
  const { targets } = await configurationFile(file).read();
  if (Object.hasOwn(targets, target)) return;
  const meant = nearest(target, Object.keys(targets));
  throw cliError("usage", {
    seen: `no target ${target}${meant === undefined ? "" : `; did you mean ${meant}?`}`,
    expected: `all, or one of ${Object.keys(targets).join(", ") || "no targets"}`,
    facts: { command },
  });
}

function registerUnfreeze({ root, run }: Program): void {
  const command = addByOption(
    root
      .command("unfreeze")
      .summary("lift a freeze")
      .description(
        "Lifts one freeze. Runs go on when no other one holds them, with a slow start.",
      )
      .argument("<id>", "as runbook freezes lists it"),
  )
    .option("--reason <text>", "why")
    .addHelpText("after", examples.unfreeze);
  command.action(
    (id: string, { by, reason }: Pick<FreezeFlags, "by" | "reason">) =>
      run(command, async (context) => {
        const told = {
          ...{ id, by: whoSays(context, by, "runbook unfreeze") },
          ...(reason === undefined ? {} : { reason }),
        };
        await withClient(context, async (client) => {
          const said = await tellEntity(context, client, {
            entity: { workflowType: freezesType, workflowId: freezesType },
            update: "unfreeze",
            payload: told,
          });
          answer(context, { ...told, said }, [String(said)]);
        });
      }),
  );
}

function registerList({ root, run }: Program): void {
  const command = root
    .command("freezes")
    .summary("list what is frozen, by whom and why")
    .description("Lists every freeze that is set.");
  command.action(() =>
    run(command, (context) =>
      withClient(context, async (client) => {
        const handle = client.workflow.getHandle(freezesType);
        const set = await handle.query(freezesQuery).catch(noneYet);
        answer(
          context,
          { freezes: set },
          set.length === 0 ? ["Nothing is frozen."] : set.map(freezeInWords),
        );
      }),
    ),
  );
}

/** Nobody has set a freeze or started a run yet. */
function noneYet(error: unknown): readonly never[] {
  if ((error as Error).name === "WorkflowNotFoundError") return [];
  throw error;
}
