import { lstat, mkdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { expandHome } from "../../activities/references";
import {
  exampleConfiguration,
  exampleInventories,
} from "../configuration/example";
import type { Context, Program } from "../context";
import { cliError } from "../errors";
import { answer } from "../output";

const example = `
Example:
  $ runbook init
  $ runbook init /etc/runbooks/config.yaml --force`;

/** `runbook init`: a commented configuration to edit. */
export function registerInit({ root, run }: Program): void {
  const command = root
    .command("init")
    .summary("write a commented configuration to edit")
    .description(
      "Writes a configuration with two environments and two components, and an inventory for each environment beside it. Nothing that is there is replaced without --force.",
    )
    .argument("[file]", "the configuration", "runbooks.yaml")
    .option("--force", "replace what is there")
    .addHelpText("after", example)
    .action((file: string, { force = false }: { readonly force?: boolean }) =>
      run(command, (context) => init(context, file, force)),
    );
}

/** @throws cli.fileExists naming each, cli.unwritable */
async function init(
  context: Context,
  file: string,
  force: boolean,
): Promise<void> {
  const path = resolve(expandHome(file));
  const files = [
    { path, text: exampleConfiguration },
    ...exampleInventories.map(({ name, text }) => ({
      path: join(dirname(path), name),
      text,
    })),
  ];
  await writeAll(files, force);
  const written = files.map((one) => one.path);
  answer(context, { written }, [
    ...written.map((one) => `Wrote ${one}`),
    "Edit them, then:",
    `  runbook validate --config ${path}`,
    `  export RUNBOOK_CONFIG=${path}`,
  ]);
}

interface NewFile {
  readonly path: string;
  readonly text: string;
}

/** All of them or none: each is looked for before the first is written. */
async function writeAll(
  files: readonly NewFile[],
  force: boolean,
): Promise<void> {
  const taken: string[] = [];
  for (const { path } of files)
    if (!force && (await isThere(path))) taken.push(path);
  if (taken.length > 0)
    throw cliError("fileExists", {
      seen: `${taken.join(", ")} ${taken.length === 1 ? "is" : "are"} there already`,
    });
  for (const { path, text } of files) {
    try {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, text, { flag: force ? "w" : "wx" });
    } catch (cause) {
      const { code = "no code" } = cause as NodeJS.ErrnoException;
      throw cliError("unwritable", {
        seen: `cannot write ${path} (${code})`,
        cause,
      });
    }
  }
}

async function isThere(path: string): Promise<boolean> {
  // A link that leads nowhere is there, too: writing would follow it.
  return lstat(path).then(
    () => true,
    () => false,
  );
}
