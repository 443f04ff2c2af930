import { verificationError } from "./errors";

export interface WalRange {
  readonly timeline: number;
  readonly startLsn: string;
  readonly endLsn: string;
}

export interface ManifestFacts {
  readonly version?: number | undefined;
  /** From version 2 on: PostgreSQL 17. */
  readonly systemIdentifier?: string | undefined;
  readonly checksum?: string | undefined;
  readonly algorithms: readonly string[];
  readonly files: number;
  readonly bytes: number;
  /** Files without a checksum. */
  readonly bare: number;
  /** Lines that PostgreSQL does not write. */
  readonly strange: number;
  /** Of the files that every backup has, those that it lists. */
  readonly has: readonly string[];
  /** Algorithm, checksum and bytes of `postgresql.auto.conf`. */
  readonly auto?: string | undefined;
  readonly ranges: readonly WalRange[];
}

export interface SegmentFacts {
  readonly name: string;
  readonly bytes: number;
  /** In its first page; empty where the host cannot tell. */
  readonly systemIdentifier: string;
}

/** What a look at the folder of a backup found. */
export interface BackupFacts {
  /** As it is without links; absent when there is no such folder. */
  readonly folder?: string | undefined;
  readonly manifest?: ManifestFacts | undefined;
  readonly major?: number | undefined;
  /** Files that a fresh copy has not, and that would change how a server starts. */
  readonly found: readonly string[];
  /** `SHA256 <hex>` and so on, of `postgresql.auto.conf`. */
  readonly auto: readonly string[];
  readonly autoBytes?: number | undefined;
  readonly label?:
    | {
        readonly startLsn: string;
        readonly timeline: number;
        readonly from: string;
        readonly isIncremental: boolean;
      }
    | undefined;
  /** Lines of pg_controldata by their names. */
  readonly control: Readonly<Record<string, string>>;
  /** What pg_controldata warned of. */
  readonly controlWarning?: string | undefined;
  /** Neither files nor folders, outside pg_tblspc. */
  readonly links: readonly string[];
  /** `inside` for a folder, `-` for a link that leads nowhere. */
  readonly tablespaces: readonly {
    readonly oid: string;
    readonly place: string;
  }[];
  readonly segments: readonly SegmentFacts[];
  readonly histories: readonly string[];
}

/** @throws verification.unreadable when the answer is not whole */
export function readFacts(
  stdout: string,
  about: { readonly path: string; readonly host: string },
): BackupFacts {
  const lines = stdout.split("\n").map((line): [string, string] => {
    const tab = line.indexOf("\t");
    return tab < 0 ? ["", line] : [line.slice(0, tab), line.slice(tab + 1)];
  });
  const all = (name: string) =>
    lines.filter(([key]) => key === name).map(([, value]) => value);
  const one = (name: string) => all(name)[0];
  if (one("end") !== "ok")
    throw verificationError("unreadable", {
      seen: `the look at ${about.path} on ${about.host} did not come to its end`,
      facts: about,
    });
  return {
    folder: one("folder"),
    manifest:
      one("manifest.files") === undefined ? undefined : manifestOf(one, all),
    major: numberOf(one("major")),
    found: all("found"),
    auto: all("auto"),
    autoBytes: numberOf(one("auto.bytes")),
    label: labelOf(one),
    ...controlOf(all("control")),
    links: all("link"),
    tablespaces: all("tablespace").map((line) => {
      const [oid = "", ...place] = line.split(" ");
      return { oid, place: place.join(" ") };
    }),
    segments: all("segment").map((line) => {
      const [name = "", bytes = "", systemIdentifier = ""] = line.split(" ");
      return { name, bytes: Number(bytes), systemIdentifier };
    }),
    histories: all("history"),
  };
}

type One = (name: string) => string | undefined;
type All = (name: string) => string[];

function manifestOf(one: One, all: All): ManifestFacts {
  const count = (name: string) => numberOf(one(`manifest.${name}`)) ?? 0;
  return {
    version: numberOf(one("manifest.version")),
    systemIdentifier: one("manifest.system"),
    checksum: one("manifest.checksum"),
    algorithms: all("manifest.algorithm"),
    ...{ files: count("files"), bytes: count("bytes") },
    ...{ bare: count("bare"), strange: count("strange") },
    has: all("manifest.has"),
    auto: one("manifest.auto"),
    ranges: all("manifest.range").map((line) => {
      const [timeline = "", startLsn = "", endLsn = ""] = line.split(" ");
      return { timeline: Number(timeline), startLsn, endLsn };
    }),
  };
}

function labelOf(one: One): BackupFacts["label"] {
  const startLsn = one("label.start");
  const timeline = numberOf(one("label.timeline"));
  if (startLsn === undefined || timeline === undefined) return undefined;
  const isIncremental = one("label.incremental") !== undefined;
  return { startLsn, timeline, from: one("label.from") ?? "", isIncremental };
}

function controlOf(
  lines: readonly string[],
): Pick<BackupFacts, "control" | "controlWarning"> {
  const control: Record<string, string> = {};
  let controlWarning: string | undefined;
  for (const line of lines) {
    const [, name, value] = /^([^:]+): +(.*)$/.exec(line) ?? [];
    if (/warning|error|mismatch/i.test(line)) controlWarning ??= line;
    else if (name !== undefined) control[name] = value ?? "";
  }
  return { control, controlWarning };
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
