import {
  defaultPayloadConverter,
  defaultFailureConverter,
} from "@temporalio/common";
import type {
  AttestRequest,
  Signature,
} from "../../../activities/evidence/port";
import { attestProven } from "../../../activities/evidence/proven";
import type { HistoryReader } from "../../../activities/evidence/sender";
import {
  statementOf,
  statementText,
} from "../../../activities/evidence/statement";
import {
  type RosterDocument,
  rosterSchema,
} from "../../../activities/roster/port";
import { describeWhen } from "../../harness/describe-when";
import { missingProgram } from "../../harness/missing-program";
import { sign, type SigningKey, SigningKeys } from "../../harness/signing";

const at = new Date().toISOString();
const answer = {
  by: "Ada@example.com",
  choice: "approve",
  digest: "a".repeat(64),
};
const base: Omit<AttestRequest, "channel"> = {
  ...{
    target: "prod",
    who: ["ops"],
    resources: ["prod"],
    extra: [],
    voters: [],
  },
  workflowId: "fleet-upgrade:prod:CHG-1",
  ...{ rootRunId: "first", runId: "third" },
  ...{ gate: "canary", nonce: "canary-0198f00d", digest: answer.digest },
  ...{ answer, receivedAt: Date.parse(at) },
};

describeWhen(missingProgram("ssh-keygen"))("evidence of who answered", () => {
  const keys = new SigningKeys();
  let ada: SigningKey;
  let bob: SigningKey;
  let chat: SigningKey;
  let roster: RosterDocument;

  beforeAll(() => {
    [ada, bob, chat] = [
      keys.make("ed25519"),
      keys.make("ed25519"),
      keys.make("ed25519"),
    ];
    roster = rosterSchema.parse({
      people: [
        {
          name: "ada",
          aliases: ["ada@example.com", "sub-ada"],
          publicKeys: [ada.publicKey],
        },
        { name: "bob", aliases: ["sub-bob"], publicKeys: [bob.publicKey] },
      ],
      channels: [{ name: "slack", publicKeys: [chat.publicKey] }],
    });
  });
  afterAll(() => keys.remove());

  const signatureBy = (key: SigningKey, channel?: string): Signature => {
    const said = { ...answer, gate: base.gate, nonce: base.nonce };
    const about = { workflowId: base.workflowId, runId: "first", at };
    const extra = channel === undefined ? {} : { channel };
    const statement = statementOf(said, { ...about, ...extra });
    return { armored: sign(key, statementText(statement)), at, ...extra };
  };

  const decided = (signature?: Signature) =>
    attestProven(() => {
      throw new Error("an Update has no sender to look for");
    })(
      {
        ...{ ...base, channel: "decide" },
        answer: { ...answer, ...(signature && { signature }) },
      },
      roster,
    );

  /** As if the server had seen these principals send the signal. */
  const signalled = (principals: readonly string[], signature?: Signature) => {
    const sent = { ...answer, ...(signature && { signature }) };
    const payload = { ...sent, gate: base.gate, nonce: base.nonce };
    return attestProven(() => historyOf(payload, principals))(
      { ...{ ...base, channel: "approve" }, answer: sent },
      roster,
    );
  };

  it("is a claim without a signature", async () => {
    expect(await decided()).toMatchObject({ level: "claimed", person: "ada" });
  });

  it("is a person's own signature", async () => {
    expect(await decided(signatureBy(ada))).toEqual({
      level: "signed",
      person: "ada",
      how: expect.stringMatching(/^signed by the key SHA256:\S+$/),
    });
  });

  it("is a claim with the reason when the signature does not hold", async () => {
    expect(await decided(signatureBy(bob))).toEqual({
      level: "claimed",
      person: "ada",
      how: expect.stringMatching(/^its signature proves nothing: other key: /),
    });
  });

  it("is a channel's word for whom it heard", async () => {
    expect(await decided(signatureBy(chat, "slack"))).toEqual({
      level: "signed",
      person: "ada",
      how: expect.stringMatching(
        /of channel slack, which heard Ada@example.com$/,
      ),
    });
  });

  it("is no channel's word when a person signed it in the channel's name", async () => {
    expect(await decided(signatureBy(bob, "slack"))).toMatchObject({
      level: "claimed",
      how: expect.stringContaining("other key"),
    });
    expect(await decided(signatureBy(bob, "mail"))).toMatchObject({
      level: "claimed",
      how: expect.stringContaining("the roster does not know channel mail"),
    });
  });

  it("is no person's word when a channel signed it as if it were one", async () => {
    expect(await decided(signatureBy(chat))).toMatchObject({
      level: "claimed",
      how: expect.stringContaining("other key"),
    });
  });

  it("is the server's word for the sender of a signal", async () => {
    expect(await signalled(["sub-ada"])).toEqual({
      level: "server",
      person: "ada",
      how: "seen by the server as sub-ada (jwt), event 7",
    });
  });

  it("names the sender whom the server saw, not the one that was claimed", async () => {
    expect(await signalled(["sub-bob"])).toEqual({
      level: "server",
      person: "bob",
      how: "seen by the server as sub-bob (jwt), event 7, claiming to be Ada@example.com",
    });
    const stranger = await signalled(["sub-eve"]);
    expect(stranger).toMatchObject({ level: "server" });
    expect(stranger).not.toHaveProperty("person");
  });

  it("is a claim when several have sent the same words, or nobody was authenticated", async () => {
    expect(await signalled(["sub-ada", "sub-bob"])).toMatchObject({
      level: "claimed",
      how: expect.stringContaining(
        "2 senders sent the very same words: sub-ada, sub-bob",
      ),
    });
    expect(await signalled([""])).toMatchObject({
      level: "claimed",
      person: "ada",
      how: expect.stringContaining("did not record who called"),
    });
    expect(await signalled(["sub-ada", "sub-ada"])).toMatchObject({
      level: "server",
    });
  });

  it("is the signer's word when somebody else brings it, and the server's when they bring it themselves", async () => {
    expect(await signalled(["sub-bob"], signatureBy(ada))).toMatchObject({
      level: "signed",
      person: "ada",
    });
    expect(await signalled(["sub-ada"], signatureBy(ada))).toMatchObject({
      level: "server",
      person: "ada",
      how: expect.stringMatching(
        /^signed by .* and seen by the server as sub-ada/,
      ),
    });
  });

  it("is no better than a claim under a wrong signature, whoever sends it", async () => {
    expect(await signalled(["sub-ada"], signatureBy(bob))).toMatchObject({
      level: "claimed",
      how: expect.stringContaining("proves nothing"),
    });
  });
});

function historyOf(
  payload: object,
  principals: readonly string[],
): HistoryReader {
  const payloads = [defaultPayloadConverter.toPayload(payload)];
  const events = principals.map((name, index) => ({
    eventId: 7 + index,
    ...(name !== "" && { principal: { type: "jwt", name } }),
    workflowExecutionSignaledEventAttributes: {
      signalName: "approve",
      input: { payloads },
    },
  }));
  const reader = {
    workflowService: {
      getWorkflowExecutionHistoryReverse: async () => ({ history: { events } }),
    },
    options: {
      namespace: "default",
      loadedDataConverter: {
        payloadConverter: defaultPayloadConverter,
        failureConverter: defaultFailureConverter,
        payloadCodecs: [],
      },
    },
  };
  return reader as unknown as HistoryReader;
}
