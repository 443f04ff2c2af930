import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import {
  bundleWorkflowCode,
  DefaultLogger,
  type WorkflowBundle,
} from "@temporalio/worker";

const ROOT = resolve(__dirname, "../..");
const CACHE = join(tmpdir(), "upgrade-runbooks-bundles");
const KEPT_MS = 24 * 3_600_000;

const bundles = new Map<string, Promise<WorkflowBundle>>();

/**
 * The workflow code of a module, bundled once per process, and once on this machine as long as no source changes: webpack
 * takes one to two seconds, which every test file would pay.
 *
 * @param workflowsPath the runbooks unless said otherwise
 */
export function workflowBundle(
  workflowsPath = join(ROOT, "runbooks/index.ts"),
): Promise<WorkflowBundle> {
  const path = existsSync(workflowsPath)
    ? workflowsPath
    : require.resolve(workflowsPath);
  const known = bundles.get(path);
  if (known !== undefined) return known;
  const made = bundleOrRead(path);
  bundles.set(path, made);
  return made;
}

async function bundleOrRead(workflowsPath: string): Promise<WorkflowBundle> {
  const file = join(CACHE, `${await keyOf(workflowsPath)}.js`);
  const kept = await readFile(file, "utf8").catch(() => undefined);
  if (kept !== undefined) return { code: kept };
  const logger = new DefaultLogger("ERROR");
  const { code } = await bundleWorkflowCode({
    ...{ workflowsPath, logger },
    workflowInterceptorModules: [join(ROOT, "workflows/interceptors.ts")],
  });
  await mkdir(CACHE, { recursive: true });
  // Another jest worker may write the same bundle at this moment.
  const own = `${file}.${process.pid}`;
  await writeFile(own, code);
  await rename(own, file);
  await sweep();
  return { code };
}

/** Every file that could be part of a bundle, and the versions of what it is made with. */
async function keyOf(workflowsPath: string): Promise<string> {
  const hash = createHash("sha256").update(`2${workflowsPath}`);
  const folders = ["workflows", "runbooks", "activities"].map((folder) =>
    join(ROOT, folder),
  );
  for (const folder of [...folders, dirname(workflowsPath)]) {
    for (const file of await sourcesIn(folder))
      hash.update(`\0${file}\0`).update(await readFile(file));
  }
  hash.update(await readFile(join(ROOT, "package-lock.json")));
  return hash.digest("hex");
}

async function sourcesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  return names
    .filter((name) => name.endsWith(".ts"))
    .sort()
    .map((name) => join(folder, name));
}

async function sweep(): Promise<void> {
  for (const name of await readdir(CACHE)) {
    const file = join(CACHE, name);
    const found = await stat(file).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > KEPT_MS)
      await rm(file, { force: true });
  }
}
