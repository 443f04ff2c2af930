import { failureOfExit } from "../ssh/job-failure";
import type { JobResult, Ssh } from "../ssh/port";
import { loadError } from "./errors";
import type { LoadHost } from "./port";

/** By which the shell below says that there is no python3. A command may end so too, but then its report is on stdout. */
const noPython = 90;

/** Words that run a program on a host, apart from whatever its login user has set for Python. */
export const pythonWords = (
  program: string,
  args: readonly string[],
): readonly string[] => [...["sh", "-c", starter, "sh"], ...[program, ...args]];
const starter = `
command -v python3 >/dev/null || exit ${noPython}
program=$1; shift
exec python3 -I -c "$program" "$@"
`;

/** @throws load.noPython; ssh.* also when the host booted or its disk was full. Look at \`exitCode\` for the rest. */
export async function runPython(
  ssh: Ssh,
  { id, ssh: target }: LoadHost,
  job: {
    readonly key: string;
    readonly argv: readonly string[];
    readonly env?: Readonly<Record<string, string>>;
    readonly timeoutMs: number;
  },
  signal?: AbortSignal,
): Promise<JobResult> {
  const { key, argv, env = {}, timeoutMs } = job;
  const ended = await ssh.runJob(
    target,
    { key, command: { argv }, env, timeoutMs },
    signal === undefined ? {} : { signal },
  );
  if (ended.exitCode === noPython && ended.stdout === "")
    throw loadError("noPython", {
      seen: `${id} has no python3`,
      facts: { host: id },
    });
  if (ended.exitCode !== 0 && (ended.rebooted || ended.diskFull === true))
    throw failureOfExit(ended, "python3", id) ?? new Error("unreachable");
  return ended;
}
