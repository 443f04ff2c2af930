import { bytesInWords } from "../../bytes-in-words";
import type { Check } from "../port";
import type {
  ClientFacts,
  GuardFacts,
  LinkFacts,
  Measured,
  PrimaryFacts,
  ServerFacts,
} from "./guard-facts";
import type { GuardLimits } from "./port";

type Row = Omit<Check, "verdict" | "hint"> & {
  readonly isGood: boolean;
  readonly hint: string;
  /** When it is not good; default `fail`. */
  readonly otherwise?: "warn";
};

const rowCheck = ({ isGood, otherwise, hint, ...row }: Row): Check => ({
  ...row,
  verdict: isGood ? "pass" : (otherwise ?? "fail"),
  ...(isGood ? {} : { hint }),
});

/** Every row, good or not. What was not measured is an error, never a pass. */
export function judgeGuards(facts: GuardFacts, limits: GuardLimits): Check[] {
  const { primary, standby, load, link, wayBack, clients } = facts;
  return [
    ...judged("primary", primary, primaryRows),
    ...judged("standby", standby, standbyRows),
    ...judged("both servers", both(primary, standby), pairRows),
    ...judged("replication", link, (value) => linkRows(value, limits)),
    ...judged("load", load, (value) => loadRows(value, limits)),
    ...judged("way back", withSystem(wayBack, primary), wayBackRows),
    ...(clients === undefined
      ? []
      : judged("clients", clients, (value) => clientRows(value))),
  ];
}

function judged<T>(
  name: string,
  measured: Measured<T>,
  rows: (value: T) => readonly Row[],
): Check[] {
  if ("value" in measured) return rows(measured.value).map(rowCheck);
  return [
    {
      ...{ name, verdict: "error", measured: "not measured" },
      ...{ limit: "an answer", reason: measured.error },
      hint: "What cannot be measured is no pass: mend that, then look again.",
    },
  ];
}

type Two = readonly [ServerFacts, ServerFacts];

function both(
  primary: Measured<ServerFacts>,
  standby: Measured<ServerFacts>,
): Measured<Two> {
  if ("error" in primary) return primary;
  if ("error" in standby) return standby;
  return { value: [primary.value, standby.value] };
}

function withSystem(
  wayBack: Measured<string>,
  primary: Measured<ServerFacts>,
): Measured<readonly [string, string]> {
  if ("error" in wayBack) return wayBack;
  if ("error" in primary) return primary;
  return { value: [wayBack.value, primary.value.systemIdentifier] };
}

const recoveryWord = (isInRecovery: boolean): string =>
  isInRecovery ? "in recovery" : "takes writes";

const ownRows = (who: string, server: ServerFacts): Row[] => [
  {
    name: `${who}: one server`,
    isGood: server.onHost === server.systemIdentifier,
    measured: `cluster ${server.onHost ?? "unknown"} in its data directory`,
    limit: `cluster ${server.systemIdentifier}, as SQL says`,
    reason: "what is stopped on the host has to be what SQL is spoken with",
    hint: `Correct address, port or dataDirectory of the ${who} in the configuration.`,
  },
  {
    name: `${who}: rights`,
    isGood: server.isSuperuser,
    measured: server.isSuperuser ? "superuser" : "no superuser",
    limit: "superuser",
    reason: "a checkpoint, a promotion and the limits of databases need it",
    hint: "Name a superuser as `user` of the target.",
  },
  {
    name: `${who}: fence`,
    isGood: !server.hasForeignFence,
    measured: server.hasForeignFence ? "another run's" : "none",
    limit: "none of another run",
    reason: "a server that was fenced belongs to the run that did it",
    hint: "Let that run end, or undo it.",
  },
];

const primaryRows = (server: ServerFacts): Row[] => [
  ...ownRows("primary", server),
  {
    name: "primary: role",
    isGood: !server.isInRecovery,
    measured: recoveryWord(server.isInRecovery),
    limit: "takes writes",
    reason: "only a primary hands over",
    hint: "Compare primary and standby of the input with the servers.",
  },
  {
    name: "primary: synchronous replication",
    isGood: server.synchronousNames === "",
    measured: server.synchronousNames || "no names",
    limit: "no names",
    reason: "the setting does not go along: the new primary waits for nobody",
    hint: "Set synchronous_standby_names on the new primary once the old one follows.",
    otherwise: "warn",
  },
];

const standbyRows = (server: ServerFacts): Row[] => [
  ...ownRows("standby", server),
  {
    name: "standby: role",
    isGood: server.isInRecovery,
    measured: recoveryWord(server.isInRecovery),
    limit: "in recovery",
    reason: "only a standby takes over",
    hint: "Compare primary and standby of the input with the servers.",
  },
  {
    name: "standby: replay",
    isGood: !server.isReplayPaused,
    measured: server.isReplayPaused ? "paused" : "not paused",
    limit: "not paused",
    reason: "a promotion shuts a standby down that is paused",
    hint: "See why it paused, then: select pg_wal_replay_resume().",
  },
  {
    name: "standby: synchronous replication",
    isGood: server.synchronousNames === "",
    measured: server.synchronousNames || "no names",
    limit: "no names",
    reason: "once promoted, its commits would wait for these standbys",
    hint: "On the standby: alter system reset synchronous_standby_names; select pg_reload_conf().",
  },
  {
    name: "standby: free slots",
    isGood: server.freeSlots >= 1,
    measured: String(server.freeSlots),
    limit: "1",
    reason: "the old primary comes back on one",
    hint: "Drop one that nobody needs, or raise max_replication_slots there.",
  },
  {
    name: "standby: free WAL senders",
    isGood: server.freeWalSenders >= 1,
    measured: String(server.freeWalSenders),
    limit: "1",
    reason: "the old primary streams from one",
    hint: "Raise max_wal_senders there.",
  },
];

function pairRows([primary, standby]: Two): Row[] {
  const below = (one: ServerFacts, other: ServerFacts): string[] =>
    Object.entries(other.settings)
      .filter(([name, value]) => (one.settings[name] ?? 0) < value)
      .map(([name, value]) => `${name} ${one.settings[name] ?? 0} < ${value}`);
  const row = (who: string, lower: readonly string[], reason: string): Row => ({
    name: `${who}: settings`,
    isGood: lower.length === 0,
    measured: lower.join(", ") || "none lower",
    limit: "none lower than on the other server",
    reason,
    hint: `Raise them on the ${who}, and restart it.`,
  });
  return [
    {
      name: "both servers: cluster",
      isGood: primary.systemIdentifier === standby.systemIdentifier,
      measured: `${primary.systemIdentifier} and ${standby.systemIdentifier}`,
      limit: "the same",
      reason: "a standby holds its primary's cluster",
      hint: "Compare primary and standby of the input with the servers.",
    },
    {
      name: "both servers: version",
      isGood: primary.major === standby.major,
      measured: `${primary.major} and ${standby.major}`,
      limit: "the same major",
      reason: "WAL is of one major version",
      hint: "Correct binDirectory, or upgrade by another way.",
    },
    row("standby", below(standby, primary), "replay pauses when it is below"),
    row("primary", below(primary, standby), "it is to follow the other one"),
  ];
}

const linkRows = (link: LinkFacts, limits: GuardLimits): Row[] => [
  {
    name: "replication: slot",
    isGood: link.slot !== "",
    measured: link.slot || "none",
    limit: "a slot of its own",
    reason: "without one, WAL that is still needed may go at any time",
    hint: "Set primary_slot_name on the standby to a slot on the primary.",
  },
  {
    name: "replication: state",
    isGood: link.state === "streaming",
    measured: link.state ?? "not connected",
    limit: "streaming",
    reason: "everything has to arrive until the primary has stopped",
    hint: "Read the standby's log; wait until it streams.",
  },
  {
    name: "replication: lag",
    isGood: link.lagBytes !== undefined && link.lagBytes <= limits.lagBytes,
    measured:
      link.lagBytes === undefined ? "unknown" : bytesInWords(link.lagBytes),
    limit: bytesInWords(limits.lagBytes),
    reason: "clients wait for what is not replayed yet",
    hint: "Wait until the standby has caught up.",
  },
  {
    name: "replication: lag in time",
    isGood:
      link.lagSeconds !== undefined && link.lagSeconds <= limits.lagSeconds,
    measured:
      link.lagSeconds === undefined
        ? "unknown"
        : `${link.lagSeconds.toFixed(1)} s`,
    limit: `${limits.lagSeconds} s`,
    reason: "few bytes may take long where the standby's disk is slow",
    hint: "Wait until the standby has caught up; see its disk, and what replay waits for.",
  },
];

const loadRows = (load: PrimaryFacts, limits: GuardLimits): Row[] => [
  {
    name: "load: archive backlog",
    isGood: load.archiveBacklog <= limits.archiveBacklog,
    measured: `${load.archiveBacklog} files`,
    limit: `${limits.archiveBacklog} files`,
    reason: "a shutdown does not end before they are archived",
    hint: "Mend archive_command, and wait until they are gone.",
  },
  {
    name: "load: oldest transaction",
    isGood: load.transactionSeconds <= limits.transactionSeconds,
    measured: `${load.transactionSeconds} s`,
    limit: `${limits.transactionSeconds} s`,
    reason: "clients are paused until it has ended, or it is rolled back",
    hint: "See pg_stat_activity; let it end first.",
  },
  {
    name: "load: unlogged tables",
    isGood: load.unloggedTables <= limits.unloggedTables,
    measured: String(load.unloggedTables),
    limit: String(limits.unloggedTables),
    reason: "they are empty on a server that was promoted",
    hint: "alter table ... set logged, or raise limits.unloggedTables if what they hold may go.",
  },
  {
    name: "load: logical slots",
    isGood: load.logicalSlots.length === 0,
    measured: load.logicalSlots.join(", ") || "none",
    limit: "none",
    reason: "they stay behind on the old primary",
    hint: "Stop their subscribers, and create them anew on the new primary.",
    otherwise: "warn",
  },
  {
    name: "load: other standbys",
    isGood: load.otherStandbys.length === 0,
    measured: load.otherStandbys.join(", ") || "none",
    limit: "none",
    reason: "they go on following the old primary, as its standbys",
    hint: "Set their primary_conninfo to the new primary afterwards.",
    otherwise: "warn",
  },
];

const wayBackRows = ([seen, expected]: readonly [string, string]): Row[] => [
  {
    name: "way back: login",
    isGood: seen === expected,
    measured: `cluster ${seen}`,
    limit: `cluster ${expected}`,
    reason: "the old primary has to stream from the new one",
    hint: "Let the replication user in from the primary's host: pg_hba.conf of the standby, passfile on the primary's host.",
  },
];

const clientRows = ({ entries, elsewhere }: ClientFacts): Row[] => [
  {
    name: "clients: PgBouncer",
    isGood: elsewhere.length === 0,
    measured: (elsewhere.length === 0 ? entries : elsewhere).join(", "),
    limit: "every entry leads to the primary",
    reason: "only what is paused there stays closed",
    hint: "Correct pgbouncer.databases of the target, or the file that holds the entries.",
  },
];
