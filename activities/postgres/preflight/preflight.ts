import type { PostgresPorts, StepProgress } from "../port";
import { preflightError } from "./errors";
import { clusterFacts } from "./estimate";
import type { PreflightFacts } from "./facts";
import { gather } from "./gather";
import { judge } from "./judge";
import {
  type ClusterFacts,
  defaultLimits,
  type NamedCheck,
  type Preflight,
  type PreflightOrder,
  type RecheckOrder,
} from "./port";

export interface PreflightContext {
  readonly ports: PostgresPorts;
  readonly signal: AbortSignal;
  readonly tell: (progress: StepProgress) => void;
}

/** @throws ssh.*, postgres.* when a server cannot be asked at all */
export async function preflight(
  context: PreflightContext,
  order: PreflightOrder,
): Promise<Preflight> {
  const limits = { ...defaultLimits, ...order.limits };
  const seen = await gather({ ...context, order, limits });
  const facts = clusterFacts(seen, limits);
  const checks = judge(seen, limits);
  return { checks, ...(facts === undefined ? {} : { facts }) };
}

/** @throws preflight.otherCluster, preflight.otherMajor, ssh.*, postgres.* */
export async function recheck(
  context: PreflightContext,
  { facts, only, ...order }: RecheckOrder,
): Promise<readonly NamedCheck[]> {
  const limits = { ...defaultLimits, ...order.limits };
  const { walBytesPerS } = facts;
  const seen = await gather({ ...context, order, limits, walBytesPerS });
  refuseOthers(seen, facts);
  return judge(seen, limits, only);
}

function refuseOthers(
  { identity, primaryId }: PreflightFacts,
  { systemIdentifier, major }: ClusterFacts,
): void {
  if ("unmeasured" in identity) return;
  const { systemIdentifier: now, serverVersionNum } = identity.value;
  if (now !== systemIdentifier)
    throw preflightError("otherCluster", {
      seen: `${primaryId} is cluster ${now}`,
      expected: systemIdentifier,
    });
  const majorNow = Math.floor(serverVersionNum / 10_000);
  if (majorNow !== major)
    throw preflightError("otherMajor", {
      seen: `${primaryId} is PostgreSQL ${majorNow}`,
      expected: String(major),
    });
}
