import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { version as SDK_VERSION } from "@temporalio/testing/package.json";

/**
 * Lets the SDK fetch the Temporal CLI that fits it, over HTTPS from Temporal's own site, and returns the path of the
 * binary. The SDK offers no download alone, so a server is started and stopped once.
 *
 * @throws Error with the reason
 */
export async function downloadBySdk(cache: string): Promise<string> {
  const folder = join(cache, `sdk-${SDK_VERSION}`);
  await mkdir(folder, { recursive: true });
  // Loaded only here: the SDK's native part is 50 MB, and every earlier source does without it.
  const { TestWorkflowEnvironment } = await import("@temporalio/testing");
  const executable = { type: "cached-download", downloadDir: folder } as const;
  const server = await TestWorkflowEnvironment.createLocal({
    server: { executable },
  });
  await server.teardown();
  const [name] = (await readdir(folder)).filter((file) =>
    /^temporal/.test(file),
  );
  if (name === undefined)
    throw new Error(`the SDK left no binary in ${folder}`);
  return join(folder, name);
}
