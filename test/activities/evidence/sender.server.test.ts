import type { Client } from "@temporalio/client";
import { senderOf } from "../../../activities/evidence/sender";
import {
  authenticatedMissing,
  type AuthenticatedRig,
  startAuthenticatedRig,
} from "../../harness/authenticated";
import { describeWhen } from "../../harness/describe-when";

const words = { gate: "canary", nonce: "canary-0198f00d", by: "bob" };

describeWhen(authenticatedMissing())(
  "the sender of a signal, on a server that authenticates its callers",
  () => {
    let rig: AuthenticatedRig;
    let clients: Readonly<Record<"operator" | "alice" | "bob", Client>>;
    let auditor: Client;

    beforeAll(async () => {
      rig = await startAuthenticatedRig();
      clients = {
        operator: await rig.as("operator"),
        alice: await rig.as("alice"),
        bob: await rig.as("bob"),
      };
      auditor = await rig.as("auditor", "read");
    }, 180_000);
    afterAll(() => rig?.stop(), 60_000);

    let runs = 0;
    async function started() {
      runs += 1;
      const handle = await clients.operator.workflow.start("nobody", {
        taskQueue: "unpolled",
        workflowId: `signalled-${runs}`,
      });
      const { workflowId, firstExecutionRunId: runId } = handle;
      return {
        signal: (subject: "alice" | "bob", payload: object) =>
          clients[subject].workflow
            .getHandle(workflowId)
            .signal("approve", payload),
        sender: (payload: object) =>
          senderOf(auditor, {
            workflowId,
            runId,
            signal: "approve",
            payload,
          }),
      };
    }

    it("is the subject of the token, whatever the client and the answer claim", async () => {
      const run = await started();
      await run.signal("alice", words);
      expect(await run.sender(words)).toEqual({
        kind: "known",
        type: "jwt",
        name: "alice",
        eventId: expect.any(String),
      });
    });

    it("is each of two approvers for their own words", async () => {
      const run = await started();
      await run.signal("alice", { ...words, by: "alice" });
      await run.signal("bob", words);
      expect(await run.sender({ ...words, by: "alice" })).toMatchObject({
        name: "alice",
      });
      expect(await run.sender(words)).toMatchObject({ name: "bob" });
    });

    it("is nobody when two have sent the very same words", async () => {
      const run = await started();
      await run.signal("bob", words);
      await run.signal("alice", words);
      expect(await run.sender(words)).toMatchObject({
        kind: "unknown",
        fault: "several senders",
      });
    });
  },
);
