/** What the details of a run say of its questions, with the JSON to paste; Markdown. */

import { oneLine } from "../one-line";
import { answerTemplate, type OpenGate, type RefusedAnswer } from "./gate";
import { approversInWords, atExpiry, votesInWords } from "./words";

export function gateDetails(gate: OpenGate): string[] {
  return [
    `- **${gate.title}** (${gate.choices.join(" | ")}); by ${new Date(gate.expiresAt).toISOString()}, then ${atExpiry(gate.once)}.`,
    `  Plan \`${gate.digest.slice(0, 12)}\`; ${oneLine(approversInWords(gate), 400)}`,
    ...votesInWords(gate).map((words) => `  - ${oneLine(words)}`),
    `  Send ${gate.policy?.level === "server" ? "signal `answer`" : "update `decide`"}:`,
    `  \`${answerTemplate(gate, gate.choices[0] ?? "")}\``,
  ];
}

/** The latest answers that opened nothing. */
export const refusedDetails = (refused: readonly RefusedAnswer[]): string[] =>
  refused
    .slice(-3)
    .map(
      ({ by, channel, reason }) =>
        `- ${oneLine(channel, 40)} by ${oneLine(by, 80)}: ${oneLine(reason)}`,
    );
