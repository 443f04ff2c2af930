import { failureFactory, type FailureKind } from "../../errors";

/** What keeps a switchover from going on, or from being undone. */
export const switchoverFailures = {
  neitherOpen: {
    class: "human",
    hint: "Both servers are closed to writes, and that is safe. Prove that {standby} is stopped or a standby, then open one server alone: {primary} is fenced by standby.signal and {fence}; never delete standby.signal while {standby} may be writable.",
  },
  twoOpen: {
    class: "human",
    hint: "Stop one of them at once (pg_ctl stop -m fast) and keep its files: what was written on both since has to be compared by a person.",
  },
  notDemoted: {
    class: "wait",
    hint: "At most one server takes writes: {standby} is promoted, {primary} is fenced; clients wait. Retry goes back once {standby} answers; skip stays on {standby} and lets clients go on there; mark done after you have opened one server alone (docs/switchover.md, By hand).",
  },
  notPromotedBack: {
    class: "human",
    hint: "Clients wait. {standby} is closed, and {primary} has all that was written there. See in its log why {primary} was not promoted, then retry; or promote it by hand (select pg_promote()) and answer mark done. Do not start {standby} meanwhile.",
  },
  startedAgain: {
    class: "human",
    hint: "Somebody or something started {server} while it was to stay stopped. Find out what does (systemd, cron, a cluster manager), then undo or retry.",
  },
  notShutDown: {
    class: "human",
    hint: "{server} did not write its shutdown checkpoint. Undo: it is started again and recovers by itself.",
  },
  foreignFence: {
    class: "human",
    hint: "Another run has fenced {server}: see {fence} there. Let that run end, or undo it.",
  },
  notFenced: {
    class: "human",
    hint: "Nothing was promoted. {server} could be started as a primary: undo, then begin again.",
  },
  wrongCluster: {
    class: "stop",
    hint: "Compare the servers of the target with what runs there; these two do not belong together.",
  },
  notReceived: {
    class: "human",
    hint: "The standby has not replayed the primary's last record; it is never promoted without it. Undo opens the primary again.",
  },
  replayPaused: {
    class: "human",
    hint: "A promotion would shut a paused standby down. See why it paused (a setting below the primary's?), then: select pg_wal_replay_resume().",
  },
  notPromoted: {
    class: "human",
    hint: "The promotion may still happen. Undo stops {server} first and opens the old primary only when that is proven.",
  },
  timelineUnproven: {
    class: "human",
    hint: "{server} does not look like a promoted server. Look at its log before anybody writes.",
  },
  notRejoined: {
    class: "human",
    hint: "The new primary works; the old one does not follow it yet. Read its log, then retry; if WAL is missing, build it anew.",
  },
  notDrained: {
    class: "human",
    hint: "Clients still hold connections: see SHOW CLIENTS in PgBouncer, or pg_stat_activity. Undo lets them go on.",
  },
  clientsElsewhere: {
    class: "human",
    hint: "Correct {file}, or `pgbouncer.databases` of the target: the entries have to lead to the primary.",
  },
  notWritable: {
    class: "human",
    hint: "Clients stay paused: {server} takes no writes. Look at it, then retry.",
  },
} as const satisfies Record<string, FailureKind>;

type SwitchoverFailure = keyof typeof switchoverFailures;

export const switchoverError = failureFactory<SwitchoverFailure>(
  "postgres",
  switchoverFailures,
);
