import { failureOfExit } from "../ssh/job-failure";
import type { ExecResult, Ssh } from "../ssh/port";
import { publishedListError } from "./errors";
import type { ListPlace } from "./port";

type Exec = Pick<Ssh, "exec">;

const timeoutMs = 60_000;
/** Some thousand entries; of more only the end would be kept, which reads as no list of ours. */
const mostBytes = 1024 * 1024;

const exits = { noFolder: 81, notWritable: 82, cutShort: 83 } as const;

const readScript = `
[ -e "$1" ] || exit 0
cat -- "$1"
`;

/**
 * Readers see the former list or the new one, never half of one. A file that is there keeps its mode and its owner, and one with
 * the same bytes its time. POSIX sh but for \`stat\`, which GNU and BSD spell in their own way.
 */
const writeScript = `
path=$1 bytes=$2
if [ -L "$path" ]; then path=$(readlink -f -- "$path") || exit ${exits.noFolder}; fi
folder=\${path%/*}
[ -n "$folder" ] || folder=/
[ -d "$folder" ] || exit ${exits.noFolder}
new=$(mktemp "$folder/.published-list.XXXXXX") || exit ${exits.notWritable}
trap 'rm -f -- "$new"' EXIT
trap 'exit 143' HUP INT PIPE TERM
cat >"$new" || exit ${exits.cutShort}
[ "$(wc -c <"$new")" -eq "$bytes" ] || exit ${exits.cutShort}
if cmp -s -- "$new" "$path"; then exit 0; fi
mode=644 owner=
if [ -e "$path" ]; then
  mode=$(stat -c %a -- "$path" 2>/dev/null || stat -f %Lp "$path") || exit
  owner=$(stat -c %u:%g -- "$path" 2>/dev/null || stat -f %u:%g "$path") || exit
fi
[ -z "$owner" ] || chown "$owner" "$new" 2>/dev/null
chmod "$mode" "$new" || exit
sync "$new" 2>/dev/null || sync
mv -f -- "$new" "$path" || exit ${exits.notWritable}
sync "$folder" 2>/dev/null || sync
`;

/** What stands at the place; empty for nothing. @throws ssh.* */
export async function readPlace(
  ssh: Exec,
  place: ListPlace,
  signal?: AbortSignal,
): Promise<string> {
  const argv = ["sh", "-c", readScript, "rb", place.path];
  const ended = await run(ssh, place, { argv }, signal);
  const failure = failureOfExit(ended, "cat", place.ssh.host.id);
  if (failure !== undefined) throw failure;
  return ended.stdout;
}

/** @throws publishedList.noFolder, publishedList.notWritable, publishedList.incomplete, ssh.* */
export async function writePlace(
  ssh: Exec,
  place: ListPlace,
  text: string,
  signal?: AbortSignal,
): Promise<void> {
  const bytes = String(Buffer.byteLength(text));
  const argv = ["sh", "-c", writeScript, "rb", place.path, bytes];
  const ended = await run(ssh, place, { argv, stdin: text }, signal);
  const host = place.ssh.host.id;
  const facts = { path: place.path, host };
  const said = ended.stderr.trim();
  switch (ended.exitCode) {
    case exits.noFolder:
      throw publishedListError("noFolder", {
        ...{ seen: `${host} has no folder for ${place.path}`, facts },
      });
    case exits.notWritable:
      throw publishedListError("notWritable", {
        ...{ seen: `${host} let nobody write ${place.path}: ${said}`, facts },
      });
    case exits.cutShort:
      throw publishedListError("incomplete", {
        ...{ seen: `${host} kept a part of ${place.path}: ${said}`, facts },
      });
    default: {
      const failure = failureOfExit(ended, "sh", host);
      if (failure !== undefined) throw failure;
    }
  }
}

const run = (
  ssh: Exec,
  { ssh: target }: ListPlace,
  command: { readonly argv: readonly string[]; readonly stdin?: string },
  signal?: AbortSignal,
): Promise<ExecResult> =>
  ssh.exec(
    target,
    { ...command, timeoutMs, maxOutputBytes: mostBytes },
    signal === undefined ? {} : { signal },
  );
