import type { OpenGate } from "../../workflows/gate/gate";
import { actionId, type Button } from "./press";

/** Of a section's text (https://docs.slack.dev/reference/block-kit/blocks/section-block). */
const mostText = 3_000;
/** Of an actions block. */
const mostButtons = 25;

const styles: Readonly<Record<string, "primary" | "danger">> = {
  approve: "primary",
  deny: "danger",
  abort: "danger",
  "roll back": "danger",
};

/** A question as a message of Slack with a button for each choice; what a button says binds to this asking and this plan. */
export function gateMessage(run: string, gate: OpenGate): object {
  const { id, nonce, digest, title, choices, expiresAt, once } = gate;
  const then = once === true ? "withdrawn" : "asked anew";
  const until = Math.floor(expiresAt / 1_000);
  return {
    text: `${run}: ${title}`,
    blocks: [
      markdown(`*${escaped(run)}* waits for a decision: ${escaped(title)}`),
      {
        type: "context",
        elements: [
          {
            type: "mrkdwn",
            text: `Gate \`${escaped(id)}\`, plan \`${digest.slice(0, 12)}\`, ${then} after <!date^${until}^{date_short} {time}|${new Date(expiresAt).toISOString()}>`,
          },
        ],
      },
      {
        type: "actions",
        elements: choices
          .slice(0, mostButtons)
          .map((choice) => button({ run, gate: id, nonce, digest, choice })),
      },
    ],
  };
}

function button(says: Button): object {
  const { choice } = says;
  const style = styles[choice];
  return {
    type: "button",
    action_id: `${actionId}.${choice}`,
    text: { type: "plain_text", text: choice },
    value: JSON.stringify(says),
    ...(style && { style }),
  };
}

const markdown = (text: string): object => ({
  type: "section",
  text: { type: "mrkdwn", text: text.slice(0, mostText) },
});

/** https://docs.slack.dev/messaging/formatting-message-text#escaping */
export const escaped = (text: string): string =>
  text.replace(/[&<>]/g, (sign) => entities[sign] ?? sign);

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
};
