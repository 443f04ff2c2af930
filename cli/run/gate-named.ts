import type { OpenGate } from "../../workflows/gate/gate";
import { cliError } from "../errors";

/** @throws cli.answerRefused, naming the gates that are open */
export function gateNamed(
  gates: readonly OpenGate[],
  gateId: string,
  id: string,
): OpenGate {
  const found = gates.find((gate) => gate.id === gateId);
  if (found !== undefined) return found;
  const open = gates.map((gate) => gate.id).join(", ") || "none";
  throw cliError("answerRefused", {
    seen: `gate ${gateId} is not open; open gates: ${open}`,
    facts: { id },
  });
}
