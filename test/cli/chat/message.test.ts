import { gateMessage } from "../../../cli/chat/message";
import { pressOf } from "../../../cli/chat/press";
import type { OpenGate } from "../../../workflows/gate/gate";
import { button, pressBody } from "./slack";

const gate: OpenGate = {
  id: button.gate,
  nonce: button.nonce,
  digest: button.digest,
  title: "4 canaries are done: upgrade <the other> 36 hosts & more?",
  choices: ["approve", "deny", "retry"],
  expiresAfterMs: 3_600_000,
  openedAt: 0,
  expiresAt: Date.parse("2026-11-26T04:00:00Z"),
  expired: 0,
};

interface Message {
  readonly text: string;
  readonly blocks: readonly {
    readonly elements?: readonly {
      readonly action_id: string;
      readonly value: string;
      readonly style?: string;
    }[];
  }[];
}

describe("a question in Slack", () => {
  const message = gateMessage(button.run, gate) as Message;
  const buttons = message.blocks.at(-1)?.elements ?? [];

  it("has a button for each choice, each with an id of its own", () => {
    expect(buttons.map(({ action_id }) => action_id)).toEqual([
      "runbook.decide.approve",
      "runbook.decide.deny",
      "runbook.decide.retry",
    ]);
    expect(buttons.map(({ style }) => style)).toEqual([
      "primary",
      "danger",
      undefined,
    ]);
  });

  it("is answered by what its button says", () => {
    const [first] = buttons;
    const body = pressBody({
      action: first?.action_id ?? "",
      button: JSON.parse(first?.value ?? "") as object,
    });
    const press = pressOf(Buffer.from(body), "https://hooks.slack.com");
    expect(press).toMatchObject({ user: "U012AB3CD", button });
  });

  it("says its title as text, not as Slack's markup", () => {
    expect(JSON.stringify(message.blocks)).toContain(
      "upgrade &lt;the other&gt; 36 hosts &amp; more?",
    );
  });
});
