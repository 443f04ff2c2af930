/**
 * Reads what a rename from an attempt's folder to the data directory would meet, and changes nothing. One fact a line.
 */
export const publishLookScript = `
attempt=$1 data=$2 marker=$3
LC_ALL=C; export LC_ALL
kind() {
  if [ -L "$1" ]; then echo link
  elif [ ! -e "$1" ]; then echo absent
  elif [ ! -d "$1" ]; then echo other
  elif [ -z "$(ls -A "$1")" ]; then echo empty
  else echo full; fi
}
inode() { ls -di "$1" 2>/dev/null | awk '{ print $1 }'; }
device() { df -P "$1" 2>/dev/null | awk 'NR == 2 { print $6 }'; }
parent=\${data%/*}
echo "attempt $(kind "$attempt")"
echo "attemptInode $(inode "$attempt")"
echo "data $(kind "$data")"
echo "dataInode $(inode "$data")"
echo "spaces $(kind "$attempt.tblspc")"
echo "dataSpaces $(kind "$data.tblspc")"
echo "workDevice $(device "\${attempt%/*}")"
echo "dataDevice $(device "$parent")"
[ -w "$parent" ] && echo "parent writable"
[ -f "$attempt/tablespace_map" ] && echo "tablespaceMap there"
for file in PG_VERSION global/pg_control backup_label postgresql.conf; do
  if [ -f "$attempt/$file" ]; then echo "has $file"; fi
done
if [ -r "$attempt.owner" ]; then echo "owner $(tr -d '\\n' <"$attempt.owner")"; fi
if [ -r "$marker" ]; then echo "published $(tr -d '\\n' <"$marker")"; fi
"$RB_BIN/pg_controldata" "$attempt" 2>/dev/null || "$RB_BIN/pg_controldata" "$data" 2>/dev/null
exit 0
`;

export type FolderKind = "absent" | "empty" | "full" | "link" | "other";

export interface PublishLook {
  readonly attempt: FolderKind;
  readonly attemptInode: string;
  readonly data: FolderKind;
  readonly dataInode: string;
  /** Tablespaces of the attempt, and where they go. */
  readonly spaces: FolderKind;
  readonly dataSpaces: FolderKind;
  readonly workDevice: string;
  readonly dataDevice: string;
  readonly isParentWritable: boolean;
  readonly hasTablespaceMap: boolean;
  readonly files: readonly string[];
  /** JSON beside the attempt: whose it is. */
  readonly owner?: string | undefined;
  /** JSON of an earlier publication, with the inode that a rename does not change. */
  readonly published?: string | undefined;
  readonly systemIdentifier?: string | undefined;
}

const kinds: ReadonlySet<string> = new Set<FolderKind>([
  "absent",
  "empty",
  "full",
  "link",
  "other",
]);

/** What was not said is read as what refuses. */
export function readPublishLook(stdout: string): PublishLook {
  const valuesOf = (name: string): string[] =>
    stdout
      .split("\n")
      .filter((line) => line.startsWith(`${name} `))
      .map((line) => line.slice(name.length + 1).trim());
  const kindOf = (name: string): FolderKind => {
    const [kind = "other"] = valuesOf(name);
    return kinds.has(kind) ? (kind as FolderKind) : "other";
  };
  const one = (name: string): string => valuesOf(name)[0] ?? "";
  const [, systemIdentifier] =
    /^Database system identifier:\s+(\d+)$/m.exec(stdout) ?? [];
  return {
    ...{ attempt: kindOf("attempt"), attemptInode: one("attemptInode") },
    ...{ data: kindOf("data"), dataInode: one("dataInode") },
    ...{ spaces: kindOf("spaces"), dataSpaces: kindOf("dataSpaces") },
    ...{ workDevice: one("workDevice"), dataDevice: one("dataDevice") },
    isParentWritable: one("parent") === "writable",
    hasTablespaceMap: one("tablespaceMap") === "there",
    files: valuesOf("has"),
    owner: valuesOf("owner")[0],
    published: valuesOf("published")[0],
    systemIdentifier,
  };
}
