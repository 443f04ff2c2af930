import { failureFactory, type FailureKind } from "../../errors";

/** What keeps a run from its own slot. */
export const slotFailures = {
  notOurs: {
    class: "human",
    hint: "Find out whose it is; drop it with pg_drop_replication_slot('{slot}') if it is nobody's, then retry.",
  },
  inUse: {
    class: "human",
    hint: "Stop what streams from {slot} there, then retry; no slot is taken from under it.",
  },
  lost: {
    class: "human",
    hint: "WAL that the copy needs is gone: roll back, give the server more room, and start again.",
  },
  capNotSet: {
    class: "human",
    hint: "Something stronger than ALTER SYSTEM sets it: take max_slot_wal_keep_size off the server's command line, then retry.",
  },
} as const satisfies Record<string, FailureKind>;

export const slotError = failureFactory("slot", slotFailures);
