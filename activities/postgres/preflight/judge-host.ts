/** Whether the replica's host can take the copy. Pure. */

import { can } from "../versions";
import {
  fail,
  type Judges,
  measured,
  pass,
  type Verdict,
  warn,
} from "./verdicts";

/** Programs that the steps call there. */
const onReplica = [
  ...["postgres", "pg_ctl", "pg_controldata", "pg_basebackup"],
  ...["pg_verifybackup", "pg_waldump", "pg_checksums"],
  ...["psql", "pg_isready", "pg_dump", "pg_dumpall"],
];
export const onPrimary = ["postgres", "pg_ctl", "pg_controldata"];

export const programsOnReplica = (major: number): readonly string[] =>
  can(major, "amcheckProgram") ? [...onReplica, "pg_amcheck"] : onReplica;

export const hostJudges: Judges<
  | "hosts apart"
  | "programs"
  | "operating system user"
  | "file rights"
  | "paths"
  | "target folder"
  | "target server"
  | "same file system"
  | "replication login"
  | "clock"
> = {
  "hosts apart": ({ primaryHost, replicaHost, paths }) =>
    measured({ primaryHost, replicaHost }, (hosts) => {
      const isSame = hosts.primaryHost.bootId === hosts.replicaHost.bootId;
      const told = {
        measured: isSame ? "one machine" : "two machines",
        limit: "two machines",
      };
      if (isSame && paths.primaryData === paths.data)
        return fail({
          ...{ ...told, reason: "both servers would have the same folder" },
          hint: "Name another host, or another dataDirectory for the replica.",
        });
      return isSame
        ? warn({ ...told, reason: "one machine that fails takes both away" })
        : pass({ ...told, reason: "one machine may fail" });
    }),
  programs: ({ identity, primaryHost, replicaHost, ...facts }) =>
    measured(
      { identity, primary: primaryHost, replica: replicaHost },
      ({ identity: { serverVersionNum }, primary, replica }) => {
        const major = Math.floor(serverVersionNum / 10_000);
        const wrong = [
          ...unfit(
            facts.replicaId,
            replica.programs,
            programsOnReplica(major),
            major,
          ),
          ...unfit(facts.primaryId, primary.programs, onPrimary, major),
        ];
        const told = {
          measured: wrong.length === 0 ? `all of ${major}` : wrong.join(", "),
          limit: `all of PostgreSQL ${major}`,
        };
        return wrong.length === 0
          ? pass({
              ...told,
              reason: "programs and server are of one major version",
            })
          : fail({
              ...told,
              reason: "another major version cannot read this server's files",
              hint: `Install PostgreSQL ${major} there, or name its folder as binDirectory.`,
            });
      },
    ),
  "operating system user": ({ replicaHost }) =>
    measured({ replicaHost }, ({ replicaHost: { uid, user } }) => {
      const told = { measured: `${user} (${uid})`, limit: "not root" };
      return uid === 0
        ? fail({
            ...{ ...told, reason: "PostgreSQL refuses to run as root" },
            hint: "Name the owner of the server's files as osUser.",
          })
        : pass({ ...told, reason: "the server's programs run as their owner" });
    }),
  "file rights": ({ replicaHost }) =>
    measured({ replicaHost }, ({ replicaHost: { umask, workMode } }) => {
      const told = {
        measured: `umask ${umask}, work folder ${workMode}`,
        limit: "nothing for others, no writing for the group",
      };
      const isClosed = (Number.parseInt(umask, 8) & 0o027) === 0o027;
      const isKept =
        workMode === "-" || (Number.parseInt(workMode, 8) & 0o027) === 0;
      return isClosed && isKept
        ? pass({ ...told, reason: "nobody else reads or changes the copy" })
        : fail({
            ...{ ...told, reason: "others could read or change the copy" },
            hint: "chmod 700 the work folder, as its owner.",
          });
    }),
  paths: ({ replicaHost, paths: { data, work } }) =>
    measured({ replicaHost }, ({ replicaHost: host }) => {
      const wrong = [
        ...(host.dataReal === data ? [] : [`${data} is ${host.dataReal}`]),
        ...(host.workReal === work ? [] : [`${work} is ${host.workReal}`]),
        ...(host.mayWriteData ? [] : [`${host.user} may not make ${data}`]),
        ...(host.mayWriteWork
          ? []
          : [`${host.user} may not write below ${work}`]),
        ...(isWithin(work, data)
          ? ["the work folder lies in the data directory"]
          : []),
        ...(isWithin(data, work)
          ? ["the data directory lies in the work folder"]
          : []),
      ];
      const told = {
        measured: wrong.length === 0 ? `${data}, ${work}` : wrong.join("; "),
        limit: "two folders apart, no links in their paths, both writable",
      };
      return wrong.length === 0
        ? pass({ ...told, reason: "what the run removes is what it has made" })
        : fail({
            ...{ ...told, reason: "the run could write or remove elsewhere" },
            hint: "Name real paths that the osUser may write to.",
          });
    }),
  "target folder": ({ replicaHost, paths: { data } }) =>
    measured({ replicaHost }, ({ replicaHost: { target } }) => {
      const told = {
        measured: `${data} is ${target}`,
        limit: "absent or empty",
      };
      return target === "absent" || target === "empty"
        ? pass({ ...told, reason: "nothing stands where the standby will" })
        : fail({
            ...{
              ...told,
              reason: "the run removes nothing that is not its own",
            },
            hint: "Look at what is there; move it away by hand if nobody needs it.",
          });
    }),
  "target server": ({ replicaHost }) =>
    measured(
      { replicaHost },
      ({ replicaHost: { postmaster, isAnswering } }) => {
        const told = {
          measured: `${postmaster === undefined ? "no postmaster" : `postmaster ${postmaster}`}, ${isAnswering ? "something answers" : "nothing answers"} at its port`,
          limit: "no postmaster, nothing answers",
        };
        return postmaster === undefined && !isAnswering
          ? pass({ ...told, reason: "no server stands where the standby will" })
          : fail({
              ...{ ...told, reason: "a server runs there" },
              hint: "Is this the right host? Stop it by hand if nobody needs it.",
            });
      },
    ),
  "same file system": ({ replicaHost }) =>
    measured({ replicaHost }, ({ replicaHost: { dataSpace, workSpace } }) => {
      const told = {
        measured: `${dataSpace.mount} and ${workSpace.mount}`,
        limit: "one file system",
      };
      return dataSpace.mount === workSpace.mount
        ? pass({ ...told, reason: "the copy is published by a rename" })
        : fail({
            ...{
              ...told,
              reason: "the copy could not be published by a rename",
            },
            hint: "Name a workFolder on the file system of the data directory.",
          });
    }),
  "replication login": ({ login, identity }) =>
    measured(
      { login, identity },
      ({ login: seen, identity: { systemIdentifier } }) => {
        const told = {
          measured:
            seen.refused ?? `system identifier ${seen.systemIdentifier ?? "?"}`,
          limit: `system identifier ${systemIdentifier}`,
        };
        if (seen.refused !== undefined)
          return fail({
            ...{ ...told, reason: "the replica's host may not replicate" },
            hint: "Role with REPLICATION, a line `host replication` in pg_hba.conf, and the passfile on the replica's host.",
          });
        return seen.systemIdentifier === systemIdentifier
          ? pass({
              ...told,
              reason: "the replica's host reaches this very primary",
            })
          : fail({
              ...{
                ...told,
                reason: "the replica's host reaches another server",
              },
              hint: "Address and port of the primary must mean the same from the worker and from the replica.",
            });
      },
    ),
  clock: ({ primaryHost, replicaHost }, { clockMs }) =>
    measured({ primaryHost, replicaHost }, (hosts) =>
      clockVerdict(hosts, clockMs),
    ),
};

interface Clock {
  readonly clockMs: number;
  readonly clockWithinMs: number;
  readonly isClockKept: string;
}

/** What the way to the hosts may have cost is no offset. */
function clockVerdict(
  {
    primaryHost,
    replicaHost,
  }: { readonly primaryHost: Clock; readonly replicaHost: Clock },
  limitMs: number,
): Verdict {
  const apartMs = Math.abs(primaryHost.clockMs - replicaHost.clockMs);
  const withinMs = primaryHost.clockWithinMs + replicaHost.clockWithinMs;
  const told = {
    measured: `${Math.round(apartMs)} ms apart, give or take ${Math.round(withinMs)} ms`,
    limit: `${limitMs} ms`,
  };
  if (apartMs - withinMs > limitMs)
    return fail({
      ...{ ...told, reason: "times in logs and lags would mislead" },
      hint: "Let NTP set both clocks: timedatectl.",
    });
  return replicaHost.isClockKept === "no"
    ? warn({ ...told, reason: "nothing keeps the replica's clock" })
    : pass({ ...told, reason: "the clocks agree" });
}

/** What is missing, or of another major version. */
export function unfit(
  host: string,
  programs: Readonly<Record<string, string>>,
  wanted: readonly string[],
  major: number,
): string[] {
  return wanted.flatMap((name) => {
    const { [name]: version = "-" } = programs;
    if (version === "-") return [`${host} has no ${name}`];
    return Number.parseInt(version, 10) === major
      ? []
      : [`${name} ${version} on ${host}`];
  });
}

const isWithin = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(`${folder}/`);
