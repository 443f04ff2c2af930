/** Whether a copy can be taken from this primary. Pure. */

import { fail, type Judges, measured, pass, warn } from "./verdicts";

/** A copy streams its WAL beside its files, and the standby comes before both are gone. */
const senders = 3;

export const primaryJudges: Judges<
  | "primary host"
  | "primary is writable"
  | "rights"
  | "wal level"
  | "free walsenders"
  | "long transactions"
  | "full page writes"
  | "data checksums"
  | "rewind"
  | "tablespaces"
  | "amcheck"
> = {
  "primary host": ({ primaryHost, identity, settings, ...facts }) =>
    measured(
      { host: primaryHost, identity, settings },
      ({ host, identity: { systemIdentifier }, settings: values }) => {
        const { data_directory: folder = "?" } = values;
        const told = {
          measured: `${host.systemIdentifier ?? "no cluster"} in ${folder}`,
          limit: `${systemIdentifier} in ${facts.paths.primaryData}`,
        };
        const isThere = [facts.paths.primaryData, host.dataReal].includes(
          folder,
        );
        return isThere && host.systemIdentifier === systemIdentifier
          ? pass({ ...told, reason: "SQL and SSH lead to the same server" })
          : fail({
              ...{ ...told, reason: "SQL leads to another server than SSH" },
              hint: `Correct address or dataDirectory of ${facts.primaryId} under postgres.servers.`,
            });
      },
    ),
  "primary is writable": ({ identity }) =>
    measured({ identity }, ({ identity: { isInRecovery } }) => {
      const told = {
        measured: isInRecovery ? "in recovery" : "writable",
        limit: "writable",
      };
      return isInRecovery
        ? fail({
            ...{ ...told, reason: "this server is a standby itself" },
            hint: "Name the primary; its standby keeps no slot for a new one.",
          })
        : pass({ ...told, reason: "this server is a primary" });
    }),
  rights: ({ rights }) =>
    measured({ rights }, ({ rights: { user, lacks } }) =>
      lacks.length === 0
        ? pass({
            ...{ measured: user, limit: "all that the run does by SQL" },
            reason: "the login may do what the run needs",
          })
        : fail({
            measured: `${user} without ${lacks.join(", ")}`,
            limit: "all that the run does by SQL",
            reason: "the run would be refused half way",
            hint: "Grant what is missing, or let the run log in as a superuser.",
          }),
    ),
  "wal level": ({ settings }) =>
    measured({ settings }, ({ settings: { wal_level: level = "?" } }) => {
      const told = { measured: level, limit: "replica or logical" };
      return level === "replica" || level === "logical"
        ? pass({ ...told, reason: "WAL is enough for a standby" })
        : fail({
            ...{ ...told, reason: "WAL is not enough for a copy" },
            hint: "Set wal_level = replica; it takes a restart.",
          });
    }),
  "free walsenders": (facts) =>
    measured(
      { used: facts.senders, settings: facts.settings },
      ({ used: { used }, settings: { max_wal_senders: most = "0" } }) => {
        const free = Number(most) - used;
        const told = {
          measured: `${free} of ${most} free`,
          limit: `${senders} free`,
        };
        return free >= senders
          ? pass({ ...told, reason: "copy and standby find a connection" })
          : fail({
              ...{ ...told, reason: "copy or standby would be turned away" },
              hint: "Wait until another copy has ended, or raise max_wal_senders, which takes a restart.",
            });
      },
    ),
  "long transactions": (facts, { longTransactionMs }) =>
    measured({ long: facts.longTransactions }, ({ long }) => {
      const { count, oldestMs, prepared } = long;
      const minutes = Math.round(oldestMs / 60_000);
      const told = {
        measured: `${count}, the oldest of ${minutes} min; ${prepared} prepared`,
        limit: `none over ${Math.round(longTransactionMs / 60_000)} min, none prepared`,
      };
      return count + prepared === 0
        ? pass({ ...told, reason: "nothing holds the server back" })
        : warn({
            ...{ ...told, reason: "a switchover would have to break them off" },
            hint: "Find them in pg_stat_activity and pg_prepared_xacts, and end what nobody needs.",
          });
    }),
  "full page writes": ({ settings }) =>
    measured({ settings }, ({ settings: { full_page_writes: on = "?" } }) => {
      const told = { measured: on, limit: "on" };
      return on === "on"
        ? pass({ ...told, reason: "a torn page can be replayed" })
        : warn({
            ...{ ...told, reason: "a crash of the standby can tear pages" },
            hint: "Set full_page_writes = on and reload.",
          });
    }),
  "data checksums": ({ settings }) =>
    measured({ settings }, ({ settings: { data_checksums: on = "?" } }) => {
      const told = { measured: on, limit: "on" };
      return on === "on"
        ? pass({ ...told, reason: "a damaged page breaks the copy off" })
        : warn({
            ...told,
            reason:
              "a damaged page is copied without a word: amcheck and the full read are all that find it",
            hint: "Choose the policy full; pg_checksums --enable needs the server stopped.",
          });
    }),
  rewind: ({ settings }) =>
    measured(
      { settings },
      ({
        settings: { data_checksums: sums = "?", wal_log_hints: hints = "?" },
      }) => {
        const told = {
          measured: `checksums ${sums}, wal_log_hints ${hints}`,
          limit: "one of them on",
        };
        return sums === "on" || hints === "on"
          ? pass({ ...told, reason: "pg_rewind can be used" })
          : warn({
              ...told,
              reason: "an old primary that has diverged must be copied anew",
              hint: "Set wal_log_hints = on; it takes a restart.",
            });
      },
    ),
  tablespaces: ({ tablespaces, replicaHost, paths }) =>
    measured(
      { tablespaces, replicaHost },
      ({ tablespaces: all, replicaHost: host }) => {
        const inside = all.filter(({ location }) =>
          location.startsWith(`${paths.primaryData}/`),
        );
        const told = {
          measured:
            all.length === 0
              ? "none"
              : all
                  .map(({ name, location }) => `${name} ${location}`)
                  .join(", "),
          limit: `each to ${paths.data}.tblspc/<oid>, which is absent or empty`,
        };
        if (inside.length > 0)
          return fail({
            ...told,
            reason: `${inside.map(({ name }) => name).join(", ")} lies in the data directory, and would be copied twice`,
            hint: "Move it with ALTER TABLE ... SET TABLESPACE.",
          });
        const isFree = ["absent", "empty"].includes(host.targetTablespaces);
        return all.length === 0 || isFree
          ? pass({ ...told, reason: "each has its place on the replica" })
          : fail({
              ...{
                ...told,
                reason: `${paths.data}.tblspc is ${host.targetTablespaces}`,
              },
              hint: "Look at what is there; the run removes nothing that is not its own.",
            });
      },
    ),
  amcheck: ({ hasAmcheck, replicaHost }) =>
    measured({ has: hasAmcheck, host: replicaHost }, ({ has, host }) => {
      const there = host.libraries["amcheck"] === true;
      const told = {
        measured: `${has ? "available" : "missing"} on the primary, ${there ? "installed" : "missing"} on the replica's host`,
        limit: "on both",
      };
      return has && there
        ? pass({
            ...told,
            reason: "indexes can be checked against their tables",
          })
        : fail({
            ...{ ...told, reason: "the copy's indexes could not be checked" },
            hint: "Install the contrib package of the server's major version.",
          });
    }),
};
