import type { EgressSettings } from "../../activities/egress/schema";
import type { Fault } from "../../activities/faults";
import type { EgressMigrationSettings } from "./contract";
import { stageIds } from "./steps";

/** Below these a migration proves nothing to customers; only a lab may. */
const least: readonly (readonly [
  string,
  number,
  string,
  (settings: EgressMigrationSettings) => number,
])[] = [
  ["census.hours", 24, "a daily cycle", ({ census }) => census.hours],
  ["census.coverage", 80, "few holes", ({ census }) => census.coverage],
  ["stress.factor", 1.5, "more than the peak", ({ stress }) => stress.factor],
  [
    "stress.holdS",
    120,
    "the time for which ports are held",
    ({ stress }) => stress.holdS,
  ],
  ["verify.gapH", 1, "another hour of the day", ({ verify }) => verify.gapH],
  [
    "verify.readyPercent",
    90,
    "nearly all customers",
    ({ verify }) => verify.readyPercent,
  ],
  ["peakPercent", 80, "nearly a peak", ({ peakPercent }) => peakPercent],
  [
    "quarantineD",
    30,
    "the trust that customers still have in the old addresses",
    ({ quarantineD }) => quarantineD,
  ],
  ["drainD", 1, "connections that live for long", ({ drainD }) => drainD],
  ...stageIds
    .filter((id) => id !== "canary")
    .map(
      (id) =>
        [
          `stages.${id}.holdH`,
          24,
          "a daily peak",
          ({ stages }: EgressMigrationSettings) => stages[id].holdH,
        ] as const,
    ),
];
const most: readonly (readonly [
  string,
  number,
  string,
  (settings: EgressMigrationSettings) => number,
])[] = [
  ["capacity", 50, "room for what nobody foresees", ({ capacity }) => capacity],
  [
    "pressure.everyS",
    60,
    "pressure that is seen in time",
    ({ pressure }) => pressure.everyS,
  ],
  [
    "stress.slowestMs",
    500,
    "connects of which none loses a packet",
    ({ stress }) => stress.slowestMs,
  ],
  [
    "pressure.hold",
    85,
    "a hold before connects get slow",
    ({ pressure }) => pressure.hold,
  ],
  [
    "pressure.rollback",
    90,
    "a way back before connects fail",
    ({ pressure }) => pressure.rollback,
  ],
  [
    "pressure.failPercent",
    1,
    "few failed connections",
    ({ pressure }) => pressure.failPercent,
  ],
];

/** Values that would disarm what the runbook is there for. */
export function labOnlyFaults(
  settings: EgressMigrationSettings,
  { allowsPrivate: isLab }: Pick<EgressSettings, "allowsPrivate">,
): Fault[] {
  if (isLab) return [];
  const hint = "only a lab, which has egress.allowsPrivate, may go without";
  return [
    ...least.flatMap(([path, bound, why, valueOf]): Fault[] => {
      const value = valueOf(settings);
      return value >= bound
        ? []
        : [
            {
              path,
              found: String(value),
              expected: `at least ${bound}, for ${why}`,
              hint,
            },
          ];
    }),
    ...most.flatMap(([path, bound, why, valueOf]): Fault[] => {
      const value = valueOf(settings);
      return value <= bound
        ? []
        : [
            {
              path,
              found: String(value),
              expected: `at most ${bound}, for ${why}`,
              hint,
            },
          ];
    }),
  ];
}
