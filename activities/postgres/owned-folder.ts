import type { PostgresServer, RunMark } from "./port";

export type OwnedKind = "attempts" | "scratch";

/** A folder that a run made on a host, and the files beside it that say so. */
export interface OwnedFolder {
  /** `<workFolder>/<kind>`, which all runs share. */
  readonly parent: string;
  /** `<short>-<n>` */
  readonly name: string;
  readonly path: string;
  /** Holds a folder for each tablespace, named by its oid. */
  readonly tablespaces: string;
  /** Says whose the folder is; written before it, removed behind it. */
  readonly owner: string;
  /** Says that the folder is whole, and what is in it; written last. */
  readonly done: string;
  /** Keeps the folder from every removal while it exists. */
  readonly pin: string;
}

export function ownedFolder(
  { workFolder }: Pick<PostgresServer, "workFolder">,
  { short }: Pick<RunMark, "short">,
  kind: OwnedKind,
  n: number,
): OwnedFolder {
  const parent = `${workFolder}/${kind}`;
  const name = `${short}-${n}`;
  const path = `${parent}/${name}`;
  return {
    ...{ parent, name, path, tablespaces: `${path}.tblspc` },
    ...{ owner: `${path}.owner`, done: `${path}.done`, pin: `${path}.pin` },
  };
}

/** The one line of an owner file. It is compared as a whole, so the order of its fields stays. */
export function ownerLine(
  { workflowId, rootRunId }: RunMark,
  { id }: Pick<PostgresServer, "id">,
  systemIdentifier: string,
): string {
  return JSON.stringify({ workflowId, rootRunId, host: id, systemIdentifier });
}
