import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { jobIdOf } from "../../../../activities/ssh/job-run-file";
import { eventually } from "../../../harness/eventually";
import type { PgLab } from "../../../harness/postgres-cluster";

/** What pgBackRest says of a file with content that it has gone through. */
const lines = {
  "backed up": /DETAIL: backup file \S+?:(\S+) \((?!0B)/g,
  resumed: /DETAIL: checksum resumed file \S+?:(\S+) \((?!0B)/g,
  restored: /DETAIL: restore file (\S+) \((?!0B)/g,
  "found whole":
    /DETAIL: restore file (\S+) - exists and matches backup \((?!0B)/g,
} as const;

const folderOf = (
  { hosts }: Pick<PgLab, "hosts">,
  host: string,
  key: string,
): string =>
  join(hosts.hostRoot(host), "var/lib/upgrade-runbooks/jobs", jobIdOf(key));

/** Whether a lab's host has ever run the job. */
export const hasRun = (...job: Parameters<typeof folderOf>): boolean =>
  existsSync(join(folderOf(...job), "stdout"));

/** Paths of the files of which a job of a lab's host has said so; none of a job that has not begun. */
export function filesIn(
  lab: Pick<PgLab, "hosts">,
  host: string,
  key: string,
  what: keyof typeof lines,
): string[] {
  try {
    const file = join(folderOf(lab, host, key), "stdout");
    const output = readFileSync(file, "utf8");
    return [...output.matchAll(lines[what])].map(([, file = ""]) => file);
  } catch {
    return [];
  }
}

/** Waits until it has said so of some. */
export const untilFiles = (
  ...[lab, host, key, what, least]: [...Parameters<typeof filesIn>, number]
): Promise<string[]> =>
  eventually(() => {
    const files = filesIn(lab, host, key, what);
    return files.length < least ? undefined : files;
  });
