import { createHash } from "node:crypto";
import { z } from "zod";

/** Names our buttons among those of others in the same app. */
export const actionId = "runbook.decide";

/** What a button says when it is pressed; Slack keeps up to 2,000 characters of it. */
export const buttonSchema = z.strictObject({
  run: z.string().min(1).max(1_000),
  gate: z.string().min(1).max(200),
  nonce: z.string().min(1).max(200),
  digest: z.string().min(1).max(200),
  choice: z.string().min(1).max(200),
});
export type Button = z.output<typeof buttonSchema>;

/** Who has pressed which button. */
export interface Press {
  readonly user: string;
  readonly button: Button;
  /** Of this press alone: brought once more, it is the same Update to the run. */
  readonly request: string;
  /** Where Slack takes what is said to it. */
  readonly replyTo: URL;
}

/** Of `block_actions` only what is used (https://docs.slack.dev/reference/interaction-payloads/block_actions-payload). */
const payloadSchema = z.object({
  type: z.literal("block_actions"),
  user: z.object({ id: z.string().regex(/^[UW][A-Z0-9]{2,30}$/) }),
  response_url: z.url(),
  actions: z
    .array(
      z.object({
        action_id: z.string().startsWith(actionId),
        value: z.string().transform(parsedJson).pipe(buttonSchema),
      }),
    )
    .length(1),
});

/** Undefined for whatever is no press of one of our buttons. */
export function pressOf(body: Buffer, replies: string): Press | undefined {
  const text = new URLSearchParams(body.toString("utf8")).get("payload") ?? "";
  const { data } = payloadSchema.safeParse(parsedJson(text));
  const [action] = data?.actions ?? [];
  if (data === undefined || action === undefined) return undefined;
  const replyTo = new URL(data.response_url);
  // Signed or not: no text from outside makes us call another server.
  if (replyTo.origin !== replies) return undefined;
  const request = createHash("sha256").update(body).digest("hex");
  return { user: data.user.id, button: action.value, request, replyTo };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
