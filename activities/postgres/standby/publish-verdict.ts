import type { RunMark } from "../port";
import type { PublishLook } from "./publish-look";

/** Whose a folder is, as the file beside it says. */
export interface Owner {
  readonly workflowId: string;
  readonly rootRunId: string;
  readonly systemIdentifier: string;
}

export interface Publication extends Owner {
  /** Of the folder that was renamed: another folder in its place is not ours. */
  readonly inode: string;
  readonly attempt: string;
}

export type PublishVerdict =
  | { readonly kind: "publish" }
  | { readonly kind: "already" }
  | {
      readonly kind: "refuse";
      readonly seen: string;
      readonly expected: string;
    };

export interface PublishWish {
  readonly run: RunMark;
  readonly systemIdentifier: string;
  readonly attemptPath: string;
  readonly dataDirectory: string;
}

const refuse = (seen: string, expected: string): PublishVerdict => ({
  ...{ kind: "refuse", seen, expected },
});

/** Whether an attempt may become the data directory, has become it, or neither. */
export function publishVerdict(
  look: PublishLook,
  wish: PublishWish,
): PublishVerdict {
  if (look.attempt === "absent" && look.data === "full")
    return publishedVerdict(look, wish);
  return (
    attemptFault(look, wish) ?? placeFault(look, wish) ?? { kind: "publish" }
  );
}

function publishedVerdict(
  look: PublishLook,
  wish: PublishWish,
): PublishVerdict {
  return isOurPublication(look, wish)
    ? { kind: "already" }
    : refuse(
        `${wish.dataDirectory} holds files, and ${wish.attemptPath} is gone`,
        "the copy that this run made",
      );
}

/** This run renamed this very folder, and it still holds this cluster. */
export const isOurPublication = (
  look: PublishLook,
  wish: PublishWish,
): boolean => isPublicationOf(look.dataInode, look, wish);

/** It was to be renamed, and its tablespaces have gone ahead. */
export const isHalfPublished = (
  look: PublishLook,
  wish: PublishWish,
): boolean =>
  look.attempt === "full" &&
  look.spaces === "absent" &&
  look.dataSpaces === "full" &&
  isPublicationOf(look.attemptInode, look, wish);

function isPublicationOf(
  inode: string,
  { published, systemIdentifier }: PublishLook,
  { run, ...wish }: PublishWish,
): boolean {
  const known = parsed(published);
  return (
    isRuns(known, run) &&
    known["systemIdentifier"] === wish.systemIdentifier &&
    known["attempt"] === wish.attemptPath &&
    known["inode"] === inode &&
    inode !== "" &&
    systemIdentifier === wish.systemIdentifier
  );
}

function attemptFault(
  look: PublishLook,
  { run, systemIdentifier, attemptPath }: PublishWish,
): PublishVerdict | undefined {
  if (look.attempt !== "full")
    return refuse(`${attemptPath} is ${wordOf[look.attempt]}`, "a copy");
  if (!isRuns(parsed(look.owner), run))
    return refuse(
      `${attemptPath} is not marked as this run's`,
      `${attemptPath}.owner to name it`,
    );
  const missing = ["PG_VERSION", "global/pg_control", "backup_label"].filter(
    (file) => !look.files.includes(file),
  );
  if (missing.length > 0)
    return refuse(`${attemptPath} lacks ${missing.join(", ")}`, "a whole copy");
  if (look.systemIdentifier !== systemIdentifier)
    return refuse(
      `${attemptPath} is of cluster ${look.systemIdentifier ?? "unknown"}`,
      `cluster ${systemIdentifier}`,
    );
  if (!look.files.includes("postgresql.conf"))
    return refuse(
      `${attemptPath} has no postgresql.conf, for the primary keeps it elsewhere`,
      "one in the data directory",
    );
  if (look.hasTablespaceMap)
    return refuse(
      `${attemptPath} has a tablespace_map, which would link tablespaces to the primary's paths`,
      "a plain copy without one",
    );
  return undefined;
}

function placeFault(
  look: PublishLook,
  { dataDirectory }: PublishWish,
): PublishVerdict | undefined {
  const free = "an absent or empty folder";
  if (look.data !== "absent" && look.data !== "empty")
    return refuse(`${dataDirectory} is ${wordOf[look.data]}`, free);
  if (look.spaces === "full" && !["absent", "empty"].includes(look.dataSpaces))
    return refuse(
      `${dataDirectory}.tblspc is ${wordOf[look.dataSpaces]}`,
      free,
    );
  if (!look.isParentWritable)
    return refuse(
      `the folder above ${dataDirectory} cannot be written to`,
      "one that the osUser may rename in",
    );
  if (look.workDevice === "" || look.workDevice !== look.dataDevice)
    return refuse(
      `the copy lies on the file system of ${look.workDevice || "unknown"}, ${dataDirectory} on that of ${look.dataDevice || "unknown"}`,
      "one file system, for a rename is what publishes",
    );
  return undefined;
}

const wordOf: Record<PublishLook["attempt"], string> = {
  absent: "absent",
  empty: "empty",
  full: "not empty",
  link: "a symbolic link",
  other: "no folder",
};

const isRuns = (
  known: Readonly<Record<string, unknown>>,
  { workflowId, rootRunId }: RunMark,
): boolean =>
  known["workflowId"] === workflowId && known["rootRunId"] === rootRunId;

function parsed(text = "{}"): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}
