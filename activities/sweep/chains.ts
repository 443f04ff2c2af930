import type { Chain, Runs } from "../runs/port";
import type { Whose } from "./port";
import type { TraceOfRun } from "./look-script";

/**
 * `over` for good; `ending`: its workers may not know yet, and still be at work; `foreign`: the server ought to know it and
 * does not, so it is another one's.
 */
export type Standing = "open" | "over" | "ending" | "foreign";

export interface KnownChain {
  readonly whose: Whose;
  readonly standing: Standing;
}

/** A visit hears of its run's end with its next heartbeat. */
const settleMs = 30_000;

/** How chains stand, each asked once. What is over stays over. */
export class Chains {
  readonly #asked = new Map<string, Promise<Chain>>();
  #retentionMs: Promise<number> | undefined;

  constructor(
    private readonly runs: Runs,
    private readonly settledAfterMs = settleMs,
  ) {}

  /**
   * @param newest of what it has left on hosts, in milliseconds since the epoch
   * @throws the Temporal client's own errors: then nobody knows
   */
  async of(
    { rootRunId, workflowId }: Required<Omit<TraceOfRun, "since">>,
    newest: number,
  ): Promise<KnownChain> {
    const run = { rootRunId, workflowId };
    const asked = this.#asked.get(rootRunId) ?? this.runs.chain(run);
    this.#asked.set(rootRunId, asked);
    const { standing: end, closedAt } = await asked;
    const whose: Whose = {
      ...{ ...run, end },
      ...(closedAt === undefined ? {} : { endedAt: closedAt }),
    };
    return { whose, standing: await this.#standing(whose, newest) };
  }

  async #standing({ end, endedAt }: Whose, newest: number): Promise<Standing> {
    if (end === "open") return "open";
    if (endedAt !== undefined)
      return Date.now() - endedAt < this.settledAfterMs ? "ending" : "over";
    // Closed chains are kept for so long: what is younger was never here, or the server has lost it.
    this.#retentionMs ??= this.runs.retentionMs();
    const isForgotten = newest + (await this.#retentionMs) < Date.now();
    return isForgotten ? "over" : "foreign";
  }
}
