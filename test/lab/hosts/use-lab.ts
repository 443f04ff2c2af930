import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLab, type Lab } from "../../../lab/hosts/lab";
import type { LabOptions } from "../../../lab/hosts/options";

/** A busy machine takes its time; what goes well does not wait. */
export const PATIENCE_MS = 60_000;

/** One lab for all tests of a file, in a folder that goes with it. */
export function useLab(
  options: Omit<LabOptions, "dir">,
  use: (lab: Lab, folder: string) => void,
): void {
  jest.setTimeout(PATIENCE_MS);
  const folder = mkdtempSync(join(tmpdir(), "lab-"));
  let starting: Promise<Lab> | undefined;

  beforeAll(async () => {
    starting = startLab({ dir: join(folder, "lab"), ...options });
    use(await starting, folder);
  });

  // Also a lab that came too late for its tests: it would keep jest from ending.
  afterAll(async () => {
    const lab = await starting?.catch(() => undefined);
    await lab?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
}
