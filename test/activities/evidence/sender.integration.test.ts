import { senderOf, type SentSignal } from "../../../activities/evidence/sender";
import {
  startTestServer,
  type TestServer,
  uniqueId,
} from "../../harness/temporal";

const words = { gate: "canary", nonce: "canary-0198f00d", by: "ada" };

describe("the sender of a signal, in the run's own history", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startTestServer();
  });
  afterAll(() => server.stop());

  /** Nobody carries this run out: its history is all that is looked at. */
  async function signalled(...payloads: object[]) {
    const { workflow } = server.client;
    const handle = await workflow.start("nobody", {
      taskQueue: uniqueId("unpolled"),
      workflowId: uniqueId("signalled"),
    });
    for (const payload of payloads) await handle.signal("approve", payload);
    const { workflowId, firstExecutionRunId: runId } = handle;
    return (sent: Partial<SentSignal> = {}) =>
      senderOf(server.client, {
        ...{ workflowId, runId, signal: "approve", payload: words },
        ...sent,
      });
  }

  it("is nobody on a server that authenticates nobody", async () => {
    const ask = await signalled(words);
    expect(await ask()).toMatchObject({
      kind: "unknown",
      fault: "no principal",
      reason: expect.stringContaining("frontend.enablePrincipalPropagation"),
    });
  });

  it.each<[string, Partial<SentSignal>]>([
    ["another signal", { signal: "deny" }],
    ["another asking", { payload: { ...words, nonce: "canary-0198beef" } }],
    ["another name", { payload: { ...words, by: "eve" } }],
    ["a comment more", { payload: { ...words, comment: "fine" } }],
  ])("is not looked for in %s", async (_, sent) => {
    const ask = await signalled(words);
    expect(await ask(sent)).toMatchObject({ fault: "not in the history" });
  });

  it("is found whether or not the signal repeats its name as choice", async () => {
    const ask = await signalled({ ...words, choice: "approve" });
    expect(await ask()).toMatchObject({ fault: "no principal" });
    const plain = await signalled(words);
    const payload = { ...words, choice: "approve" };
    expect(await plain({ payload })).toMatchObject({ fault: "no principal" });
  });

  it("is found in the signal that names its choice, for that choice alone", async () => {
    const { workflow } = server.client;
    const handle = await workflow.start("nobody", {
      taskQueue: uniqueId("unpolled"),
      workflowId: uniqueId("signalled"),
    });
    await handle.signal("answer", { ...words, choice: "retry" });
    const { workflowId, firstExecutionRunId: runId } = handle;
    const ask = (choice: string) =>
      senderOf(server.client, {
        ...{ workflowId, runId, signal: "answer" },
        payload: { ...words, choice },
      });
    expect(await ask("retry")).toMatchObject({ fault: "no principal" });
    expect(await ask("skip")).toMatchObject({ fault: "not in the history" });
  });

  it("is found behind more events than one page holds, and beside what is no JSON object", async () => {
    const noise = Array.from({ length: 260 }, (_, index) => ({ index }));
    const ask = await signalled(words, ["approve"], ...noise);
    expect(await ask()).toMatchObject({ fault: "no principal" });
  });

  it("cannot be told when the history cannot be read", async () => {
    const ask = await signalled(words);
    await expect(
      ask({ workflowId: uniqueId("unknown") }),
    ).rejects.toMatchObject({ type: "evidence.noHistory" });
  });
});
