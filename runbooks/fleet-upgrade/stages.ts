import { hostsOf } from "../../workflows/rollout/fleet";
import type { FleetUpgradeSettings, PlanStage } from "./contract";

type StageSettings = Pick<FleetUpgradeSettings, "canary" | "stages">;

/**
 * The canaries, the stages that were asked for, the rest. A share of the fleet is rounded down. A stage that ends where
 * the one before it does has no host of its own: it is left out, and what it would wait for and ask is added to that one,
 * so that a small fleet loses no gate.
 */
export function stagesOf(
  settings: StageSettings,
  canaries: number,
  hosts: number,
): PlanStage[] {
  const stages: PlanStage[] = [];
  for (const next of wanted(settings, canaries, hosts)) {
    const before = stages.at(-1);
    if (before === undefined || next.end > before.end) stages.push(next);
    else stages.splice(-1, 1, joined(before, next));
  }
  return stages;
}

function wanted(
  { canary, stages }: StageSettings,
  canaries: number,
  hosts: number,
): PlanStage[] {
  return [
    stageTo("canaries", canaries, canary),
    ...stages.map((stage, index) => {
      const end = Math.min(hostsOf(stage.upTo, hosts), hosts);
      return stageTo(`stage ${index + 2}`, end, stage);
    }),
    stageTo("the rest", hosts, { soakS: 0, gate: false }),
  ];
}

const stageTo = (
  name: string,
  end: number,
  { soakS, gate }: { readonly soakS: number; readonly gate: boolean },
): PlanStage => ({ name, end, soakMs: Math.round(soakS * 1_000), gate });

const joined = (stage: PlanStage, other: PlanStage): PlanStage => ({
  ...stage,
  soakMs: Math.max(stage.soakMs, other.soakMs),
  gate: stage.gate || other.gate,
});

interface StageFault {
  readonly path: string;
  readonly found: string;
  readonly expected: string;
  readonly hint: string;
}

/** Stages that go back, as far as this fleet tells: a number of hosts after a share may only be known by its size. */
export function stageFaults(
  { stages }: Pick<FleetUpgradeSettings, "stages">,
  hosts: number,
): StageFault[] {
  return stages.flatMap(({ upTo }, index): StageFault[] => {
    const before = stages[index - 1]?.upTo;
    if (before === undefined || hostsOf(upTo, hosts) >= hostsOf(before, hosts))
      return [];
    return [
      {
        path: `stages[${index}].upTo`,
        found: `${JSON.stringify(upTo)}, ${hostsOf(upTo, hosts)} of ${hosts} hosts`,
        expected: `more than the ${hostsOf(before, hosts)} hosts where the stage before it ends`,
        hint: "stages count from the first host of the run, not from the stage before",
      },
    ];
  });
}
