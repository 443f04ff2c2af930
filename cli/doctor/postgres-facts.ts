/** What a host has said of itself, as checks. Pure. */

import type { PostgresServer } from "../../activities/postgres/port";
import type { HostFacts } from "../../activities/postgres/preflight/facts";
import {
  onPrimary,
  programsOnReplica,
  unfit,
} from "../../activities/postgres/preflight/judge-host";
import { type Check, fail, pass } from "./check";

/** @param pgbackrest its version; absent where it is not installed */
export function programsOf(
  { id, major, binDirectory }: PostgresServer,
  { programs }: HostFacts,
  isPrimary: boolean,
  pgbackrest: string | undefined,
): Omit<Check, "name"> {
  const version = programs["postgres"] ?? "-";
  const wanted = major ?? Number.parseInt(version, 10);
  if (Number.isNaN(wanted))
    return fail(
      `no PostgreSQL ${binDirectory === undefined ? "in the usual folders" : `in ${binDirectory}`}`,
      "Install its server and client packages there, or name their folder as binDirectory.",
    );
  const names = isPrimary ? onPrimary : programsOnReplica(wanted);
  const wrong = unfit(id, programs, names, wanted);
  if (wrong.length > 0)
    return fail(
      wrong.join(", "),
      `Install PostgreSQL ${wanted}'s packages there, or name their folder as binDirectory.`,
    );
  const second =
    pgbackrest === undefined
      ? "no pgBackRest, which only `backup.method: pgbackrest` needs"
      : `pgBackRest ${pgbackrest}`;
  return pass(`PostgreSQL ${version}; ${second}`);
}

/** Of a replica, or one to be: a rename publishes it. */
export function foldersOf(
  { id, osUser, dataDirectory, workFolder }: PostgresServer,
  { dataSpace, workSpace, mayWriteData, mayWriteWork }: HostFacts,
): Check {
  const name = `folders on ${id}`;
  const barred = [
    ...(mayWriteData ? [] : [`${osUser} may not make ${dataDirectory}`]),
    ...(mayWriteWork ? [] : [`${osUser} may not make or fill ${workFolder}`]),
  ];
  if (barred.length > 0)
    return {
      name,
      ...fail(
        barred.join("; "),
        `Make the folders above them, owned by ${osUser}, or correct dataDirectory and workFolder.`,
      ),
    };
  if (dataSpace.mount !== workSpace.mount)
    return {
      name,
      ...fail(
        `${workFolder} is on ${workSpace.mount}, ${dataDirectory} on ${dataSpace.mount}`,
        "Name a workFolder on the data directory's file system: a rename publishes the copy.",
      ),
    };
  return {
    name,
    ...pass(`${dataDirectory} and ${workFolder} on ${dataSpace.mount}`),
  };
}

export function passfileOf(
  { id, osUser, replication: { passfile } }: PostgresServer,
  { files }: HostFacts,
): readonly Check[] {
  if (passfile === undefined) return [];
  const seen =
    files[passfile] === true
      ? pass(`${osUser} reads ${passfile}`)
      : fail(
          `${osUser} cannot read ${passfile}`,
          `Put libpq's password file there, owned by ${osUser}, with mode 0600.`,
        );
  return [{ name: `passfile on ${id}`, ...seen }];
}
