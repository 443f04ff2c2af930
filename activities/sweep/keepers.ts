import { freezesType, type FreezeUpdates, type Watcher } from "../freeze/port";
import { type LockEntry, lockType, type LockUpdates } from "../lock/port";
import type { Runs } from "../runs/port";
import type { Findings, Leftover, SweepOrder, Whose } from "./port";

/** The workflows that keep locks and freezes; `taskQueue` is where they are started, if they are not there. */
export interface Keepers {
  readonly runs: Runs;
  readonly taskQueue: string;
}

/**
 * What chains that are over hold, keep and wait for. The keepers know each by its first execution, so that a new run of the
 * same id is none of it.
 *
 * @throws the Temporal client's own errors
 */
export async function sweepKeepers(
  keepers: Keepers,
  order: SweepOrder,
): Promise<Findings> {
  const locks = await sweepLocks(keepers, order);
  const watchers = await sweepWatchers(keepers, order);
  return {
    leftovers: [...locks, ...watchers],
    silent: [],
    folders: { kept: 0, removed: 0 },
  };
}

async function sweepLocks(
  keepers: Keepers,
  { target, mode }: SweepOrder,
): Promise<Leftover[]> {
  const { runs, taskQueue } = keepers;
  const id = `${lockType}:${target}`;
  const asked = (await runs.ask(id, "locks", [])) as
    readonly LockEntry[] | undefined;
  const found: Leftover[] = [];
  for (const entry of asked ?? []) {
    const whose = await whoseOf(runs, entry.run);
    if (whose.end === "open") continue;
    const leftover = lockLeftover(entry, whose);
    if (mode === "look" || leftover.todo !== "free") found.push(leftover);
    else {
      const payload: LockUpdates["closed"]["payload"] = {
        run: entry.run,
        end: whose.end,
      };
      const keeper = { workflowType: lockType, workflowId: id, taskQueue };
      await runs.tell(keeper, "closed", payload);
      found.push(freed(entry, whose, leftover));
    }
  }
  return found;
}

const isInDoubt = ({ end }: Whose): boolean =>
  end !== "completed" && end !== "cancelled";

function lockLeftover(entry: LockEntry, whose: Whose): Leftover {
  const { standing, resources } = entry;
  const base = { where: inShort(resources), whose, since: standing.since };
  switch (standing.kind) {
    case "kept":
      return {
        ...{ ...base, kind: "kept", todo: "person" },
        note: `${standing.reason}; look at the hosts, then: ${releaseOf(resources)}`,
      };
    case "held":
      return {
        ...{ ...base, kind: "lock", todo: "free" },
        note: isInDoubt(whose)
          ? "is then kept until a person has looked at its hosts"
          : "is dropped",
      };
    case "waiting":
    case "called":
      return { ...base, kind: "waiting", todo: "free", note: "is dropped" };
  }
}

/** A lock whose hosts are in doubt is kept from now on. */
function freed(entry: LockEntry, whose: Whose, leftover: Leftover): Leftover {
  if (leftover.kind === "waiting" || !isInDoubt(whose))
    return { ...leftover, isFreed: true };
  return {
    ...leftover,
    ...{ kind: "kept", todo: "person" },
    note: `nobody waits for its run any more; look at the hosts, then: ${releaseOf(entry.resources)}`,
  };
}

const releaseOf = ([first = ""]: readonly string[]): string =>
  `runbook locks release ${first} --reason "..."`;

const inShort = ([first = "", ...more]: readonly string[]): string =>
  more.length === 0 ? first : `${first} and ${more.length} more`;

async function sweepWatchers(
  { runs, taskQueue }: Keepers,
  { target, mode }: SweepOrder,
): Promise<Leftover[]> {
  const watching = (await runs.ask(freezesType, "watchers", [])) as
    readonly Watcher[] | undefined;
  const isOurs = (path: string): boolean =>
    path === target || path.startsWith(`${target}/`);
  const found: Leftover[] = [];
  for (const { run, resources } of watching ?? []) {
    if (!resources.some(isOurs)) continue;
    const whose = await whoseOf(runs, run);
    if (whose.end === "open") continue;
    if (mode === "free") {
      const keeper = { workflowType: freezesType, workflowId: freezesType };
      const payload: FreezeUpdates["unwatch"]["payload"] = { run };
      await runs.tell({ ...keeper, taskQueue }, "unwatch", payload);
    }
    found.push({
      ...{ kind: "watcher", where: inShort(resources), whose, todo: "free" },
      note: "is told of no freeze any more",
      ...(mode === "free" ? { isFreed: true } : {}),
    });
  }
  return found;
}

async function whoseOf(runs: Runs, run: LockEntry["run"]): Promise<Whose> {
  const { standing: end, closedAt } = await runs.chain(run);
  return {
    ...run,
    end,
    ...(closedAt === undefined ? {} : { endedAt: closedAt }),
  };
}
