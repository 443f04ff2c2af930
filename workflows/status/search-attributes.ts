import {
  defineSearchAttributeKey,
  type SearchAttributeUpdatePair,
} from "@temporalio/common";
import { upsertSearchAttributes } from "@temporalio/workflow";

const keys = {
  name: defineSearchAttributeKey("RunbookName", "KEYWORD"),
  target: defineSearchAttributeKey("RunbookTarget", "KEYWORD"),
  change: defineSearchAttributeKey("ChangeTicket", "KEYWORD"),
  phase: defineSearchAttributeKey("RunbookPhase", "KEYWORD"),
  waiting: defineSearchAttributeKey("RunbookWaiting", "KEYWORD"),
  percent: defineSearchAttributeKey("RunbookPct", "INT"),
  blocked: defineSearchAttributeKey("RunbookBlocked", "BOOL"),
} as const;

const names = Object.keys(keys) as (keyof typeof keys)[];

/** What a list of runs shows without any worker. */
export interface Standing {
  readonly name: string;
  readonly target: string;
  readonly change: string;
  readonly phase: string;
  /** Gate ids, comma separated; `none` when nobody is asked. */
  readonly waiting: string;
  /** In steps of ten: each change costs a history event. */
  readonly percent: number;
  readonly blocked: boolean;
}

/** Publishes what differs from the last time; an unchanged standing costs nothing. */
export function standingPublisher(): (standing: Standing) => void {
  let last: Partial<Standing> = {};
  return (standing) => {
    const changed = names.filter((name) => standing[name] !== last[name]);
    last = standing;
    if (changed.length === 0) return;
    upsertSearchAttributes(changed.map((name) => pairOf(name, standing)));
  };
}

/** Each key has the type of its field, which the compiler cannot follow through a name. */
function pairOf(
  name: keyof Standing,
  standing: Standing,
): SearchAttributeUpdatePair {
  return {
    key: keys[name],
    value: standing[name],
  } as SearchAttributeUpdatePair;
}
