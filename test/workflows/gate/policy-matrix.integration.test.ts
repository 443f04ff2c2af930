import { randomUUID } from "node:crypto";
import type { OpenGate } from "../../../workflows/gate/gate";
import { gatesQuery } from "../../../workflows/gate/messages";
import { eventually } from "../../harness/eventually";
import {
  answerTo,
  type Asking,
  channels,
  gateOf,
  heardOf,
  people,
  policies,
  type PolicyRig,
  send,
  type SentBy,
  startPolicyRig,
} from "./policy-rig";
import { beginSignal, handOverSignal } from "./workflows/by-policy";

jest.setTimeout(180_000);

/** Each way to send an answer, each moment and each sender that it may have; on a real server. */
let rig: PolicyRig;
beforeAll(async () => {
  rig = await startPolicyRig();
}, 180_000);
afterAll(() => rig.stop(), 30_000);
afterEach(() => rig.setRoster({ people }));

/** The second gate keeps the run going once the first is decided. */
const twoGates = { gates: ["canary", "budget"] };
const one = { ...twoGates, policies: policies({ quorum: 1 }) };

/** Goes back to where the gate was open and nobody had answered yet; the server sends the answers into the new run again. */
async function reset(handle: Asking): Promise<void> {
  const { workflowService, options } = rig.server.client.workflow;
  const { workflowId } = handle;
  const { events } = await handle.fetchHistory();
  const answered = (events ?? []).findIndex(
    ({ workflowExecutionSignaledEventAttributes: signal, ...event }) =>
      (signal && signal.signalName !== "begin") ||
      event.workflowExecutionUpdateAcceptedEventAttributes,
  );
  const before = (events ?? [])
    .slice(0, answered)
    .filter((event) => event.workflowTaskCompletedEventAttributes)
    .at(-1);
  const { runId } = await handle.describe();
  await workflowService.resetWorkflowExecution({
    namespace: options.namespace,
    workflowExecution: { workflowId, runId },
    reason: "a test",
    requestId: randomUUID(),
    workflowTaskFinishEventId: before?.eventId ?? null,
  });
  await eventually(async () =>
    (await handle.describe()).runId === runId ? undefined : true,
  );
}

/** The gate, once those who may answer it were looked up. */
const lookedUp = (handle: Asking): Promise<OpenGate> =>
  eventually(async () => {
    const gate = await gateOf(handle);
    return gate.approvers === undefined ? undefined : gate;
  });

describe.each(channels)("an answer by %s", (channel: SentBy) => {
  it("is refused before its gate is open, and opens nothing later", async () => {
    const handle = await rig.start(one);
    const early = answerTo({ id: "canary", nonce: "guess" });
    expect(await send(handle, channel, early)).toBe("not open");
    await handle.signal(beginSignal);
    expect((await gateOf(handle)).votes).toBeUndefined();
  });

  it("is counted when it is right, and opens its gate alone", async () => {
    const handle = await rig.asked(one);
    const gate = await gateOf(handle);
    expect(await send(handle, channel, answerTo(gate))).toBe("decided");
    const open = await handle.query(gatesQuery);
    expect(open.map(({ id }) => id)).toEqual(["budget"]);
    const { votes } = await heardOf(handle);
    expect(votes).toMatchObject([
      { person: "ada", level: "claimed", channel, choice: "approve" },
    ]);
  });

  it("is refused when it comes too late", async () => {
    const handle = await rig.asked(one);
    const gate = await gateOf(handle);
    await send(handle, channel, answerTo(gate));
    const late = answerTo(gate, { by: "ben" });
    expect(await send(handle, channel, late)).toBe("not open");
  });

  it("counts once, whatever name the same person gives", async () => {
    const handle = await rig.asked();
    const gate = await gateOf(handle);
    expect(await send(handle, channel, answerTo(gate))).toBe("counted");
    const again = answerTo(gate, { by: "ADA@example.com" });
    expect(await send(handle, channel, again)).toBe("voted already");
    expect((await gateOf(handle)).votes).toHaveLength(1);
  });

  it.each([
    ["with another nonce", { nonce: "canary-0000" }, "wrong nonce"],
    ["for another plan", { digest: "xyz" }, "superseded"],
    ["by whoever started the run", { by: "dan" }, "starter"],
    ["by an alias of whoever started it", { by: "u-dan" }, "starter"],
    ["by a stranger", { by: "mallory" }, "stranger"],
    ["by somebody who may not", { by: "eve" }, "not on the roster"],
  ])("is refused %s", async (_, over, refusal) => {
    const handle = await rig.asked(one);
    const gate = await gateOf(handle);
    expect(await send(handle, channel, answerTo(gate, over))).toBe(refusal);
    expect((await gateOf(handle)).nonce).toBe(gate.nonce);
  });

  it("is refused of one who was on the roster when it was asked, and is not any more", async () => {
    const handle = await rig.asked(one);
    const gate = await lookedUp(handle);
    expect(gate.approvers?.people).toContain("ada");
    rig.setRoster({ people: people.filter(({ name }) => name !== "ada") });
    expect(await send(handle, channel, answerTo(gate))).toBe("stranger");
  });

  it("is refused while the roster cannot be read, with the reason", async () => {
    const handle = await rig.asked(one);
    const gate = await gateOf(handle);
    rig.setRoster("people: [");
    expect(await send(handle, channel, answerTo(gate))).toBe("unproven");
    const { refused } = await heardOf(handle);
    expect(refused.at(-1)?.reason).toContain("cannot be parsed");
    expect((await gateOf(handle)).nonce).toBe(gate.nonce);
  });

  it("is void after a reset, which asks under another nonce", async () => {
    const handle = await rig.asked(one);
    // By then a task of the run has ended with the gate open, and the reset goes back to it.
    const gate = await lookedUp(handle);
    expect(await send(handle, channel, answerTo(gate))).toBe("decided");
    await reset(handle);
    const again = await gateOf(handle);
    expect(again.nonce).not.toBe(gate.nonce);
    const refused = await eventually(async () => {
      const heard = await heardOf(handle);
      return heard.refused.length === 0 ? undefined : heard.refused;
    });
    expect(refused.map(({ refusal }) => refusal)).toEqual(["wrong nonce"]);
    expect((await heardOf(handle)).votes).toEqual([]);
    expect(await send(handle, channel, answerTo(again))).toBe("decided");
  });

  it("counts in the next run of the chain, beside what was said in the former", async () => {
    const handle = await rig.asked(twoGates);
    const gate = await gateOf(handle);
    expect(await send(handle, channel, answerTo(gate))).toBe("counted");
    const { runId } = await handle.describe();
    await handle.signal(handOverSignal);
    await eventually(async () =>
      (await handle.describe()).runId === runId ? undefined : true,
    );
    const after = await gateOf(handle);
    expect(after).toMatchObject({
      ...{ nonce: gate.nonce, expiresAt: gate.expiresAt },
      votes: [{ person: "ada" }],
    });
    expect(await send(handle, channel, answerTo(gate))).toBe("voted already");
    const second = answerTo(gate, { by: "ben" });
    expect(await send(handle, channel, second)).toBe("decided");
  });
});
