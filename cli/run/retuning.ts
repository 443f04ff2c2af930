import type { Retuning } from "../../workflows/controls/words";
import type { GroupLimits } from "../../workflows/rollout/words";

/** The options of `runbook retune`, as they were typed. */
export interface RetuneFlags {
  readonly slots?: string;
  readonly poolLimit?: string;
  readonly zoneLimit?: string;
  readonly siteLimit?: string;
  readonly jumpLimit?: string;
  readonly failures?: string;
  readonly percent?: string;
  readonly poolFailures?: string;
  readonly poolPercent?: string;
}

/** What a run is told; what was not typed is left as it is. Not yet judged: `controlFaults` does that. */
export function retuningOf(flags: RetuneFlags): Omit<Retuning, "by"> {
  const limits = present({
    pool: typed(flags.poolLimit),
    zone: typed(flags.zoneLimit),
    site: typed(flags.siteLimit),
    jump: typed(flags.jumpLimit),
  }) as GroupLimits | undefined;
  const pool = present({
    failures: typed(flags.poolFailures),
    percent: typed(flags.poolPercent),
  });
  const budget = present({
    failures: typed(flags.failures),
    percent: typed(flags.percent),
    pool,
  });
  const slots = typed(flags.slots);
  return { ...present({ slots, limits, budget }) };
}

/** A number where one stands there; else the text, for a share such as 25% or for its fault. */
function typed(text: string | undefined): number | string | undefined {
  return text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function present(
  fields: Readonly<Record<string, unknown>>,
): object | undefined {
  const given = Object.entries(fields).filter(
    ([, value]) => value !== undefined,
  );
  return given.length === 0 ? undefined : Object.fromEntries(given);
}
