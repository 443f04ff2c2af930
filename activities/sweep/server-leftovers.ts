/** What runs that are over have left with PostgreSQL. Pure. */

import { bytesInWords } from "../bytes-in-words";
import { nameOf, runMark } from "../postgres/run-mark";
import type { OwnedRow } from "../postgres/slot/owned-rows";
import type { SlotTrace } from "../postgres/slot/what-is-left";
import type { KnownChain } from "./chains";
import { leftoverOf } from "./leftovers";
import type { CopyTrace, FenceTrace } from "./look-server-script";
import type { Leftover } from "./port";

/** All that is known of one server and its host. */
export interface ServerSeen {
  /** `target/host` */
  readonly where: string;
  readonly isInRecovery: boolean;
  readonly slots: readonly SlotTrace[];
  readonly rows: readonly OwnedRow[];
  readonly fence?: FenceTrace | undefined;
  readonly copies: readonly CopyTrace[];
  /** By first execution. */
  readonly chains: ReadonlyMap<string, KnownChain>;
  /** Which host's server is set up to stream from a slot, whether or not it runs. */
  readonly followers: ReadonlyMap<string, string>;
  /** Hosts that could not be asked whether they stream from a slot. */
  readonly unasked: readonly string[];
  /** Finished copies from before that time are removed; milliseconds since the epoch. */
  readonly olderThan: number;
}

/** A leftover with what frees it. */
export interface ServerLeftover extends Leftover {
  readonly row?: OwnedRow;
  readonly copy?: CopyTrace;
}

/** @returns nothing of chains that are open */
export function leftoversOf(seen: ServerSeen): ServerLeftover[] {
  return [
    // The rows of a standby are its primary's, and are told there.
    ...(seen.isInRecovery ? [] : seen.rows.flatMap(rowLeft(seen))),
    ...seen.slots.flatMap((slot) => strayLeft(seen, slot)),
    ...fenceLeft(seen),
    ...seen.copies.flatMap((copy) => copyLeft(seen, copy)),
  ];
}

const rowLeft =
  (seen: ServerSeen) =>
  (row: OwnedRow): ServerLeftover[] => {
    const chain = seen.chains.get(row.rootRunId);
    if (isMeantToStay(row, chain)) return [];
    const { kind, note } = words(row, seen);
    const held = whyHeld(row, seen, chain);
    const over =
      held === undefined
        ? { todo: "free" as const, note }
        : { todo: "person" as const, note: held };
    const where = `${seen.where} ${row.name}`;
    return leftoverOf({ kind, where, since: row.since }, chain, over).map(
      (one) => ({ ...one, row }),
    );
  };

/** What a run was asked for is no leftover of it. */
const isMeantToStay = (
  { kind, facts }: OwnedRow,
  chain: KnownChain | undefined,
): boolean =>
  facts["handedOver"] === true ||
  (kind === "synchronous" && chain?.whose.end === "completed");

function words(
  { kind, name }: OwnedRow,
  { slots }: ServerSeen,
): Pick<Leftover, "kind" | "note"> {
  const slot = slots.find((one) => one.name === name);
  switch (kind) {
    case "slot":
      return {
        kind: "slot",
        note:
          slot === undefined
            ? "is not there any more; its row is removed"
            : `holds ${bytesInWords(slot.heldBytes)} of WAL; is dropped`,
      };
    case "cap":
      return { kind: "setting", note: "is put back as it was" };
    case "amcheck":
      return {
        kind: "extension",
        note: "amcheck is dropped where the run made it",
      };
    case "sentinel":
      return { kind: "sentinel", note: "its row is removed" };
    case "synchronous":
      return {
        kind: "setting",
        note: "commits wait for no standby of the run any more",
      };
    case "clients":
      return { kind: "clients", note: "" };
  }
}

/** Why it must stay: a slot that is used, and with it the cap that was set for it. */
function whyHeld(
  { kind, rootRunId, workflowId, name: own }: OwnedRow,
  { slots, followers, unasked }: ServerSeen,
  chain: KnownChain | undefined,
): string | undefined {
  if (kind === "clients")
    return `a switchover lets no client into ${own}: see which server writes, then ALTER DATABASE ... CONNECTION LIMIT as its row says`;
  if (kind !== "slot" && kind !== "cap") return undefined;
  const name = nameOf(runMark({ workflowId, rootRunId }));
  if (kind === "slot" && own !== name)
    return "its name does not follow from the run that its row tells";
  const slot = slots.find((one) => one.name === name);
  if (slot === undefined) return undefined;
  if (slot.by !== undefined)
    return `${name} is streamed from by ${slot.by}: stop that first, or leave it`;
  const follower = followers.get(name);
  if (follower !== undefined)
    return `the server on ${follower} is set up to stream from ${name}; without it that standby must be built anew`;
  if (unasked.length > 0)
    return `${unasked.join(", ")} could not be asked whether a standby there needs ${name}`;
  if (chain?.whose.end === "completed")
    return `its run completed and left ${name}: drop it by hand if no standby needs it`;
  return undefined;
}

/** A slot that streams serves somebody; one that does not, and that no row tells of, keeps WAL for nobody known. */
function strayLeft(
  { rows, where, followers }: ServerSeen,
  { name, heldBytes, by }: SlotTrace,
): ServerLeftover[] {
  const isKnown = rows.some((row) => row.kind === "slot" && row.name === name);
  if (isKnown || by !== undefined || followers.has(name)) return [];
  return [
    {
      ...{ kind: "slot", where: `${where} ${name}`, todo: "person" },
      note: `holds ${bytesInWords(heldBytes)} of WAL, and no row tells whose it is: drop it by hand if no standby needs it`,
    },
  ];
}

/** It stands between two servers that take writes: whether it may go, only a person can see. */
function fenceLeft({ where, chains, fence }: ServerSeen): ServerLeftover[] {
  if (fence === undefined) return [];
  const { since, run } = fence;
  const chain = run && chains.get(run.rootRunId);
  return leftoverOf({ kind: "fence", where, since }, chain, {
    todo: "person",
    note: "its server starts as a standby only: see which server writes, then go by docs/switchover.md; nothing removes a fence by itself",
  });
}

function copyLeft(
  { where, chains, olderThan }: ServerSeen,
  copy: CopyTrace,
): ServerLeftover[] {
  const { kind, name, rootRunId, workflowId, since, isDone, isPinned } = copy;
  const base = {
    kind: "copy" as const,
    ...{ where: `${where} ${kind}/${name}`, since },
  };
  const chain = chains.get(rootRunId);
  // Its copy has become the standby that it was asked for.
  if (!copy.isThere && chain?.whose.end === "completed") return [];
  const isRuns = name.startsWith(
    `${runMark({ workflowId, rootRunId }).short}-`,
  );
  // The pin of one that was published keeps nothing any more.
  const isKept = isPinned && copy.isThere;
  const over = copyTodo(isRuns, isKept, isDone && since >= olderThan);
  return leftoverOf(base, chain, over).map((one) => ({ ...one, copy }));
}

function copyTodo(
  isRuns: boolean,
  isPinned: boolean,
  isKept: boolean,
): Pick<Leftover, "todo" | "note"> {
  if (!isRuns)
    return {
      todo: "person",
      note: "its name does not follow from the run that its owner file tells",
    };
  if (isPinned)
    return { todo: "person", note: "is pinned: remove its .pin file first" };
  return isKept
    ? { todo: "wait", note: "is a whole copy; to remove it: --older-than 1d" }
    : { todo: "free", note: "is removed under guard" };
}
