import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Button } from "../../../cli/chat/press";
import { actionId } from "../../../cli/chat/press";

export const secret = "8f742231b10e8888abcd99yyyzzz85a5";

export const button: Button = {
  run: "fleet-upgrade:prod:CHG-1",
  gate: "canary",
  nonce: "canary-0198f00d",
  digest: "a".repeat(64),
  choice: "approve",
};

/** What Slack sends when somebody presses a button, as far as anybody reads it. */
export function pressBody(
  changed: {
    readonly user?: string;
    readonly button?: object;
    readonly action?: string;
    readonly type?: string;
    readonly replyTo?: string;
    readonly salt?: string;
  } = {},
): string {
  const payload = {
    type: changed.type ?? "block_actions",
    user: { id: changed.user ?? "U012AB3CD", username: "ada" },
    trigger_id: changed.salt ?? "1",
    response_url: changed.replyTo ?? "https://hooks.slack.com/actions/T1/2/3",
    actions: [
      {
        action_id: changed.action ?? `${actionId}.approve`,
        type: "button",
        value: JSON.stringify(changed.button ?? button),
      },
    ],
  };
  return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
}

/** The headers by which Slack proves a body; `at` in milliseconds since the epoch. */
export function signedHeaders(body: string, at = Date.now(), key = secret) {
  const timestamp = String(Math.floor(at / 1_000));
  const hmac = createHmac("sha256", key).update(`v0:${timestamp}:${body}`);
  return {
    "content-type": "application/x-www-form-urlencoded",
    "x-slack-request-timestamp": timestamp,
    "x-slack-signature": `v0=${hmac.digest("hex")}`,
  };
}

export interface Told {
  readonly response_type: string;
  readonly text: string;
}

/** Where Slack takes replies; `next` waits for the next one. */
export async function startSlack() {
  const told: Told[] = [];
  const waiting: ((told: Told) => void)[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (bytes: Buffer) => (body += bytes.toString()));
    request.on("end", () => {
      response.end("ok");
      const one = JSON.parse(body) as Told;
      const taker = waiting.shift();
      if (taker === undefined) told.push(one);
      else taker(one);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    replyTo: `${origin}/actions/T1/2/3`,
    next: async (): Promise<Told> =>
      told.shift() ?? new Promise((resolve) => waiting.push(resolve)),
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
