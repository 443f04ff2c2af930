import type { ConfigurationSource } from "../activities/configuration/port";
import type { Inventory } from "../activities/inventory/port";
import type { Roster } from "../activities/roster/port";

/** What every plan is made from; all of it only reads. */
export interface PlanningPorts {
  readonly configuration: ConfigurationSource;
  readonly inventory: Inventory;
  readonly roster: Roster;
}
