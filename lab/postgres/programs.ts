import { execFile, execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { userInfo } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

/** Who runs PostgreSQL's programs; undefined means the user of this process. */
export interface Owner {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const roots = ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"];

/** Folder of the newest initdb, pg_ctl and so on that this machine has; undefined when it has none. */
export function programFolder(): string | undefined {
  const versioned = roots.filter(existsSync).flatMap((root) =>
    readdirSync(root)
      .sort((one, other) => majorIn(other) - majorIn(one))
      .map((name) => join(root, name, "bin")),
  );
  const onPath = (process.env["PATH"] ?? "").split(delimiter);
  return [...versioned, ...onPath].find((folder) =>
    existsSync(join(folder, "initdb")),
  );
}

const majorIn = (name: string): number =>
  Number(/(\d+)(\.\d+)?$/.exec(name)?.[1] ?? 0);

/** PostgreSQL refuses to run as root: then the package's own user runs it. */
export function clusterOwner(): Owner | undefined {
  if (userInfo().uid !== 0) return undefined;
  const id = (flag: string) =>
    Number(
      execFileSync("id", [flag, "postgres"], { env: process.env }).toString(),
    );
  return { name: "postgres", uid: id("-u"), gid: id("-g") };
}

/** The name of whoever runs the programs. */
export const ownerName = (owner: Owner | undefined): string =>
  owner?.name ?? userInfo().username;

export interface Place {
  readonly bin: string;
  readonly owner: Owner | undefined;
  readonly env?: Readonly<Record<string, string>>;
  /** File of the Linux network namespace in which they run, which takes root; default: the one of this process. */
  readonly network?: string | undefined;
}

/**
 * Runs a program of PostgreSQL as its owner; resolves with its stdout.
 *
 * @throws Error with what it said
 */
export async function runProgram(
  { bin, owner, env = {}, network }: Place,
  [name, ...args]: readonly [string, ...string[]],
  stdin = "",
): Promise<string> {
  const program = existsSync(join(bin, name)) ? join(bin, name) : name;
  const [first, ...words] =
    network === undefined
      ? ([program, ...args] as const)
      : ([...entering(network, owner), program, ...args] as const);
  const isOwners = owner !== undefined && network === undefined;
  const running = promisify(execFile)(first, words, {
    ...(isOwners && { uid: owner.uid, gid: owner.gid }),
    // A folder that everybody may enter: the owner may not enter ours.
    cwd: "/",
    env: { ...process.env, LC_ALL: "C", ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
  running.child.stdin?.on("error", () => undefined).end(stdin);
  return (await running).stdout;
}

/** Who enters has to be root, and is the owner from then on. */
const entering = (network: string, owner: Owner | undefined) =>
  [
    ...(["nsenter", `--net=${network}`] as const),
    ...(owner === undefined
      ? []
      : [`--setuid=${owner.uid}`, `--setgid=${owner.gid}`]),
    "--",
  ] as const;
