import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** For `describeWhen`: names the first of these programs that this machine lacks. */
export function missingProgram(...programs: string[]): string | undefined {
  const path = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`;
  const folders = path.split(delimiter);
  const missing = programs.find(
    (name) => !folders.some((folder) => existsSync(join(folder, name))),
  );
  return missing === undefined ? undefined : `no ${missing} here`;
}
