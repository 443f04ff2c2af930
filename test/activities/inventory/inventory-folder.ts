import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInventory } from "../../../activities/inventory/client";
import { inventorySourceSchema } from "../../../activities/inventory/port";

/** A folder for each test, as that of a configuration file, and the questions asked from there. */
export function inventoryFolder() {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "runbooks-sources-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const at = (name: string): string => path.join(folder, name);
  const inventory = (env: Record<string, string> = {}) =>
    createInventory({ baseDir: folder, env });
  const resolve = (source: object, env?: Record<string, string>) =>
    inventory(env).resolve(inventorySourceSchema.parse(source));
  return {
    at,
    inventory,
    resolve,
    write: (name: string, text: string) => writeFileSync(at(name), text),
    async failureOf(source: object, env?: Record<string, string>) {
      const error: unknown = await resolve(source, env).catch(
        (thrown: unknown) => thrown,
      );
      if (!(error instanceof Error)) throw new Error("it was accepted");
      return error as Error & { type: string };
    },
    /** A shell script; its path, relative to the folder. */
    program(name: string, script: string): string {
      writeFileSync(at(name), `#!/bin/sh\n${script}\n`);
      chmodSync(at(name), 0o755);
      return `./${name}`;
    },
  };
}
