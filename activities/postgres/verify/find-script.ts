/**
 * POSIX sh that finds a backup below a work folder ($1) by its folder or by what it is called ($2), and changes nothing; each
 * line is a name, a tab and a value. What a copy of this product is called stands in the file that says it is whole.
 */
export const findScript = `
LC_ALL=C; export LC_ALL
work=$1 word=$2
say() { printf '%s\\t%s\\n' "$1" "$2"; }
whole() { [ -d "$1" ] && [ ! -L "$1" ] && [ -s "$1.done" ]; }
path=$word
case $word in /*) ;; *)
  path=$work/attempts/$word
  if [ ! -e "$path" ]; then
    for done in "$work"/attempts/*.done; do
      if whole "\${done%.done}" && grep -qF "\\"backupId\\":\\"$word\\"" "$done"; then path=\${done%.done}; fi
    done
  fi ;;
esac
say path "$path"
for done in "$work"/attempts/*.done; do
  if whole "\${done%.done}"; then name=\${done##*/}; say known "\${name%.done}"; fi
done
if cd -P -- "$path" 2>/dev/null; then
  say real "$(pwd -P)"
  [ ! -r PG_VERSION ] || say major "$(head -n 1 PG_VERSION)"
  if [ -s "$path.done" ] && [ ! -L "$path.done" ]; then say done "$(head -n 1 "$path.done")"; fi
  if [ -e "$path.owner" ] && [ ! -e "$path.done" ]; then say partial yes; fi
  say kilobytes "$(du -sk "$path" "$path.tblspc" 2>/dev/null | awk '{ sum += $1 } END { printf "%.0f", sum }')"
  say free "$(df -Pk "$work" | awk 'NR == 2 { print $4 }')"
fi
say end ok
`;

/** What the host says of a backup that somebody named. */
export interface Finding {
  /** As it was named, or where a copy of that name lies. */
  readonly path: string;
  /** Without links; absent when there is no such folder. */
  readonly real?: string | undefined;
  readonly major?: number | undefined;
  /** The line that says that a copy of this product is whole. */
  readonly done?: string | undefined;
  /** A run of this product is still copying it, or was cut off. */
  readonly isPartial: boolean;
  /** With its tablespaces. */
  readonly bytes: number;
  /** On the file system of the work folder. */
  readonly freeBytes: number;
  /** Whole copies of this product, by name. */
  readonly known: readonly string[];
}

/** @returns nothing when the answer is not whole. Pure. */
export function readFinding(stdout: string): Finding | undefined {
  const lines = stdout.split("\n").map((line) => {
    const [name = "", ...value] = line.split("\t");
    return { name, value: value.join("\t") };
  });
  const all = (wanted: string): string[] =>
    lines.filter(({ name }) => name === wanted).map(({ value }) => value);
  const [path] = all("path");
  if (path === undefined || all("end")[0] !== "ok") return undefined;
  const [major] = all("major");
  return {
    ...{ path, real: all("real")[0], done: all("done")[0] },
    isPartial: all("partial").length > 0,
    ...(major !== undefined && /^\d+$/.test(major)
      ? { major: Number(major) }
      : {}),
    bytes: Number(all("kilobytes")[0] ?? 0) * 1_024,
    freeBytes: Number(all("free")[0] ?? 0) * 1_024,
    known: all("known"),
  };
}
