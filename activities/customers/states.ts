import type { CustomerState, ProbeClass } from "./port";

/** What the last pass says of a customer that it did not find let in. */
const stateOfClass = {
  drop: "blocked",
  reset: "blocked",
  denied_http: "blocked",
  challenge: "blocked",
  limited: "blocked",
  different_body: "blocked",
  down_on_both: "down",
  unknown: "unknown",
} as const satisfies Record<Exclude<ProbeClass, "allowed">, CustomerState>;

/** Where a customer stands by its passes, the first one first. Pure. */
export function stateOf(classes: readonly ProbeClass[]): CustomerState {
  const last = classes.at(-1) ?? "unknown";
  if (last !== "allowed") return stateOfClass[last];
  return classes.at(-2) === "allowed" ? "ready" : "allowed once";
}
