import { lastWords } from "../../ssh/job-failure";
import { postgresError } from "../errors";
import { ownedFolder } from "../owned-folder";
import type { PostgresServer, Programs, RunMark } from "../port";
import { lookScript } from "./copy-script";
import type { AttemptSight, Backup } from "./port";

/** `du` over a partial copy of some hundred thousand files. */
const lookMs = 5 * 60_000;

type Done = Omit<Backup, "path" | "attempt" | "method">;

export interface AttemptFound extends AttemptSight {
  readonly done?: Done | undefined;
}

/** All attempts of a run on the host, by number; of one alone when it is named. @throws ssh.*, postgres.unexpected */
export async function lookAtAttempts(
  programs: Programs,
  replica: PostgresServer,
  run: RunMark,
  { only, signal }: { only?: number; signal?: AbortSignal | undefined } = {},
): Promise<AttemptFound[]> {
  const { parent } = ownedFolder(replica, run, "attempts", 1);
  const ended = await programs.script(replica, {
    script: lookScript,
    args: [parent, run.short, only === undefined ? "*" : String(only)],
    ...{ timeoutMs: lookMs, signal },
  });
  if (ended.exitCode !== 0)
    throw postgresError("unexpected", {
      seen: `attempts in ${parent} on ${replica.id} were not seen${lastWords(ended)}`,
    });
  return ended.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map(foundOf)
    .sort((one, other) => one.attempt - other.attempt);
}

function foundOf(line: string): AttemptFound {
  const [n, folder, kilobytes, seconds, ...rest] = line.split(" ");
  const done = doneOf(rest.join(" "));
  const isWhole = folder === "finished" && done !== undefined;
  return {
    attempt: Number(n),
    folder: isWhole ? "finished" : folder === "gone" ? "gone" : "partial",
    bytes: isWhole ? done.bytes : Number(kilobytes) * 1024,
    tookMs: isWhole ? done.tookMs : Number(seconds) * 1_000,
    done,
  };
}

/** Nothing for what is not exactly such a line: then the copy is not finished. */
export function doneOf(text: string): Done | undefined {
  let said: Partial<Record<keyof Done, unknown>>;
  try {
    said = (JSON.parse(text) ?? {}) as typeof said;
  } catch {
    return undefined;
  }
  const { kind, backupId, systemIdentifier, manifestSha256 } = said;
  const { bytes, startLsn, endLsn, timeline, tookMs } = said;
  const isWhole =
    (kind === "basebackup" || kind === "pgbackrest") &&
    [backupId, systemIdentifier].every((word) => typeof word === "string") &&
    /^[0-9a-f]{64}$/.test(String(manifestSha256)) &&
    [startLsn, endLsn].every((lsn) =>
      /^[0-9A-F]+\/[0-9A-F]+$/.test(String(lsn)),
    ) &&
    [bytes, timeline, tookMs].every(Number.isSafeInteger);
  return isWhole ? (said as Done) : undefined;
}

export const backupOf = (
  { attempt, done }: AttemptFound & { readonly done: Done },
  path: string,
  method: Backup["method"],
): Backup => ({ ...done, ...{ path, attempt, method } });
