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
    const changed: SearchAttributeUpdatePair[] = [];
    const see = (pair: SearchAttributeUpdatePair, isNew: boolean): void => {
      if (isNew) changed.push(pair);
    };
    see({ key: keys.name, value: standing.name }, standing.name !== last.name);
    see(
      { key: keys.target, value: standing.target },
      standing.target !== last.target,
    );
    see(
      { key: keys.change, value: standing.change },
      standing.change !== last.change,
    );
    see(
      { key: keys.phase, value: standing.phase },
      standing.phase !== last.phase,
    );
    see(
      { key: keys.waiting, value: standing.waiting },
      standing.waiting !== last.waiting,
    );
    see(
      { key: keys.percent, value: standing.percent },
      standing.percent !== last.percent,
    );
    see(
      { key: keys.blocked, value: standing.blocked },
      standing.blocked !== last.blocked,
    );
    last = standing;
    if (changed.length > 0) upsertSearchAttributes(changed);
  };
}
