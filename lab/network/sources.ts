import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** A program of the network lab. The compiler does not copy it: it lies beside this file in the sources. */
export function besideSources(name: string, from = __dirname): string {
  return existsSync(join(from, "package.json"))
    ? join(from, "lab", "network", name)
    : besideSources(name, dirname(from));
}
