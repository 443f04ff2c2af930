import type { Spread } from "../../activities/egress/port";
import type { StormOrder } from "../../activities/load/port";
import { totalOf } from "../../activities/load/total";
import { artifactFolder } from "../../workflows/procedure/calls";
import type { MeasuredPlan } from "../prepare-servers";
import { changes, load, looks, own, steering, watching } from "./calls";
import { failedBy } from "./failures";
import type { Proof } from "./measure";
import { loadsItself, type StormPlan, stormPlan } from "./plan-storm";
import type { EgressRun } from "./run";
import {
  findingWords,
  type StressFacts,
  stressFindings,
} from "./stress-verdict";

export interface Proven extends MeasuredPlan {
  /** As staging has carried it, and as production will have it. */
  readonly spread: Spread;
}

/** Longer than any gateway holds the port of a closed connection. */
const forgottenMs = 300_000;

/** Production begins once staging has carried more than the peak: what fails only then fails here. */
export const stress = (run: EgressRun, proof: Proof): Promise<Proven> =>
  run.step("stress", async ({ attempt }) => {
    const { staging, settings, target } = run.prepared.plan;
    const storm = stormPlan(proof.rows, staging, settings.stress);
    if (storm.tooSmall !== undefined)
      throw failedBy("stagingTooSmall", storm.tooSmall);
    // Read anew with each attempt: it may be what somebody has mended.
    const { spread } = await own.readSpread({ target });
    const { gateways } = staging;
    await changes.provisionGateways({ gateways });
    const generation = Date.now();
    const { usable } = storm;
    const all = { moved: 0, share: 100 } as const;
    await steering.steerGateways({
      ...{ gateways, generation, spread, usable, ...all },
    });
    await watching.awaitForgotten({ gateways, withinMs: forgottenMs });
    const seen = await carry(run, storm, attempt);
    const findings = stressFindings(seen);
    if (findings.length > 0)
      throw failedBy("stressFailed", findings.map(findingWords).join("; "));
    await changes.restoreGateways({ gateways, generation: generation + 1 });
    const { text, document } = await own.describeEgress({
      ...{ folder: artifactFolder(), prepared: run.prepared },
      ...{ rows: proof.rows, storm: { ...seen.storm, wanted: seen.wanted } },
      spread,
    });
    return { text, document, spread };
  });

/** What was put on staging, with what the gateways counted meanwhile. */
async function carry(
  run: EgressRun,
  storm: StormPlan,
  attempt: number,
): Promise<StressFacts> {
  const { staging, settings } = run.prepared.plan;
  const { gateways, application } = staging;
  const { holdS, lifeS, slowestMs } = settings.stress;
  const isOwn = loadsItself(staging);
  const before = await looks.lookAtGateways({ gateways });
  const orders = storm.perHost.map(({ host, destinations }): StormOrder => ({
    ...{ host, destinations, holdS, lifeS },
    key: keyOf(run, host.id, "stress", attempt),
  }));
  const reports = isOwn ? [] : await load.runStorm({ orders });
  const between = await looks.lookAtGateways({ gateways });
  const { destinations } = storm;
  const told =
    application &&
    (await load.runApplicationLoad({
      ...application,
      key: keyOf(run, application.host.id, "client", attempt),
      ...(isOwn && { peak: { destinations, holdS, lifeS } }),
    }));
  const after = await looks.lookAtGateways({ gateways });
  const own = told?.carried && {
    ...{ ...told.carried, tried: told.opened, failed: {} },
  };
  // What gateways count is the load's or the client's, never both.
  const loaded = (own === undefined ? between : after).looks;
  return {
    ...{ wanted: storm.wanted, holdS, slowestMs },
    storm: own ?? totalOf(reports),
    before: before.looks,
    after: loaded,
    application: told &&
      application && {
        ...{ ...told, mostPerRequest: application.mostPerRequest },
        ...{ before: loaded, after: after.looks },
      },
  };
}

const keyOf = (
  { prepared }: EgressRun,
  host: string,
  what: string,
  attempt: number,
): string => `${prepared.run.rootRunId}/${host}/${what}/${attempt}`;

/** Ends the load of every attempt, and leaves staging as it was. */
export async function endStress(run: EgressRun): Promise<void> {
  const { gateways, hosts, application } = run.prepared.plan.staging;
  const { attempt: last = 1 } = run.state.steps["stress"] ?? {};
  for (let attempt = last; attempt >= 1; attempt--) {
    const keys = [
      ...hosts.map((host) => ({
        ...{ host, key: keyOf(run, host.id, "stress", attempt) },
      })),
      ...(application === undefined
        ? []
        : [
            {
              host: application.host,
              key: keyOf(run, application.host.id, "client", attempt),
            },
          ]),
    ];
    await load.stopLoad({ jobs: keys });
  }
  await changes.restoreGateways({ gateways, generation: Date.now() });
}
