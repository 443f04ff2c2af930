import type { ArtifactStore } from "../../artifacts/port";
import type {
  Ended,
  PostgresPorts,
  PostgresServer,
  StepProgress,
} from "../port";
import type { Judged } from "./judged";
import type { LevelResult, VerifyOrder } from "./port";

export interface VerifyDependencies extends PostgresPorts {
  readonly artifacts: ArtifactStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** One activity at work. */
export interface VerifyWork {
  readonly deps: VerifyDependencies;
  readonly signal: AbortSignal;
  readonly tell: (progress: StepProgress) => void;
}

/** What only looks needs no more. */
export interface LookWork {
  readonly deps: PostgresPorts;
  readonly signal: AbortSignal;
}

const longMs = 3 * 24 * 3_600_000;
/** For a look; hundreds of thousands of files. */
export const lookMs = 30 * 60_000;

/** The host's programs of the primary's major version. */
export const serverOf = ({
  replica,
  major,
}: Pick<VerifyOrder, "replica" | "major">): PostgresServer => ({
  ...replica,
  major,
});

export interface LevelJob {
  /** Of the key and of the progress. */
  readonly step: string;
  readonly script: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly onOutput?: (text: string) => void;
}

/** A program of a level as a detached job: a retry joins it, or reads how it ended. @throws ssh.*, postgres.noProgram */
export function levelJob(
  { deps, signal }: VerifyWork,
  order: VerifyOrder,
  { step, script, args, env, onOutput }: LevelJob,
): Promise<Ended> {
  const { run, replica, generation, limitMs = longMs } = order;
  return deps.programs.job(serverOf(order), {
    key: `${run.rootRunId}/${replica.id}/${step}/${generation}`,
    ...{ script, args, timeoutMs: limitMs, signal },
    ...(env === undefined ? {} : { env }),
    ...(onOutput === undefined ? {} : { onOutput }),
  });
}

/** How long the judging took, by the worker's clock. */
export async function timed(
  { deps }: Pick<VerifyWork, "deps">,
  judge: () => Promise<Judged>,
): Promise<LevelResult> {
  const began = deps.now();
  const judged = await judge();
  return { ...judged, tookMs: deps.now() - began };
}
