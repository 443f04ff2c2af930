import { gatesMeantBy, type RunbookGates, shownGates } from "./approvals";
import { egressMigrationGates } from "./egress-migration/gates";
import { fleetUpgradeGates } from "./fleet-upgrade/approvals";
import { replicaSetupGates } from "./replica-setup/gates";
import { switchoverGates } from "./switchover/gates";
import { verifyBackupGates } from "./verify-backup/gates";

/** Of all runbooks: one section of the configuration says who may answer the gates of them all. */
export const allGates: RunbookGates = [
  fleetUpgradeGates,
  replicaSetupGates,
  switchoverGates,
  verifyBackupGates,
  egressMigrationGates,
].reduce(both);

function both(one: RunbookGates, other: RunbookGates): RunbookGates {
  const names = [
    ...new Set([...Object.keys(one.choices), ...Object.keys(other.choices)]),
  ];
  const choicesOf = (gate: string): string[] => [
    ...new Set([one, other].flatMap(({ choices }) => choices[gate] ?? [])),
  ];
  return {
    choices: Object.fromEntries(names.map((gate) => [gate, choicesOf(gate)])),
    meantBy: (key) => [
      ...new Set([one, other].flatMap((gates) => gatesMeantBy(gates, key))),
    ],
    shown: [...new Set([one, other].flatMap(shownGates))],
  };
}
