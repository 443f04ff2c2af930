import type { Environment } from "../../activities/references";
import type { LabOptions } from "../../lab/hosts/options";
import { cli, type CliOptions, type Said } from "../cli/run-cli";
import { type Rig, startRig } from "./rig";

/** Runs a command line in this process that finds the rig; what `env` says comes on top. */
export type Run = (
  argv: readonly string[],
  options?: CliOptions,
) => Promise<Said>;

/** One rig for all tests of a file, and the command line beside it. */
export function useCliRig(
  lab: Partial<LabOptions>,
  use: (rig: Rig, run: Run) => void,
  env: Environment = {},
): void {
  let starting: Promise<Rig> | undefined;

  beforeAll(async () => {
    starting = startRig({ lab });
    const rig = await starting;
    use(rig, (argv, options = {}) =>
      cli(argv, { ...options, env: { ...rig.env, ...env, ...options.env } }),
    );
  }, 120_000);

  // Also a rig that came too late for its tests: it would keep jest from ending.
  afterAll(async () => {
    const rig = await starting?.catch(() => undefined);
    await rig?.stop();
  }, 60_000);
}
