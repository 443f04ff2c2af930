import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NativeConnection, Worker } from "@temporalio/worker";
import type { Client } from "@temporalio/client";
import { configurationSchema } from "../../../activities/configuration/port";
import { createEvidenceActivities } from "../../../activities/evidence/activities";
import {
  serverAttest,
  serverStarts,
} from "../../../activities/evidence/client";
import { createRoster } from "../../../activities/roster/client";
import {
  authenticatedMissing,
  type AuthenticatedRig,
  startAuthenticatedRig,
} from "../../harness/authenticated";
import { describeWhen } from "../../harness/describe-when";
import { workflowBundle } from "../../harness/temporal-bundle";
import {
  type Asking,
  answerTo,
  gateOf,
  heardOf,
  policies,
  send,
} from "./policy-rig";
import { beginSignal } from "./workflows/by-policy";

const people = [
  { name: "ada", aliases: ["sub-ada"], groups: ["ops"] },
  { name: "ben", aliases: ["sub-ben"], groups: ["ops"] },
  { name: "dan", aliases: ["sub-dan"], groups: ["ops"] },
];

describeWhen(authenticatedMissing())(
  "a gate that must know its senders from the server",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "by-server-"));
    let rig: AuthenticatedRig;
    let connection: NativeConnection;
    let worker: Worker;
    let running: Promise<void>;
    let as: Readonly<Record<"ada" | "ben" | "dan" | "mallory", Client>>;

    beforeAll(async () => {
      const file = join(folder, "roster.json");
      writeFileSync(file, JSON.stringify({ people }));
      rig = await startAuthenticatedRig();
      const apiKey = rig.token("worker", ["default:write"]);
      const { address, namespace } = rig;
      connection = await NativeConnection.connect({
        address,
        tls: false,
        apiKey,
      });
      worker = await Worker.create({
        ...{ connection, namespace, taskQueue: "gates" },
        workflowBundle: await workflowBundle(join(__dirname, "workflows")),
        activities: createEvidenceActivities({
          ...{
            roster: createRoster(),
            starts: serverStarts(),
            freezes: { holding: async () => [] },
            attest: serverAttest(),
          },
          configuration: { read: async () => configurationOf(file) },
        }),
      });
      running = worker.run();
      as = {
        ada: await rig.as("sub-ada"),
        ben: await rig.as("sub-ben"),
        dan: await rig.as("sub-dan"),
        mallory: await rig.as("sub-mallory"),
      };
    }, 180_000);
    afterAll(async () => {
      worker?.shutdown();
      await running;
      await connection?.close();
      await rig?.stop();
      rmSync(folder, { recursive: true });
    }, 60_000);

    let runs = 0;
    /** Started by dan; two must agree. */
    async function asked(): Promise<Asking> {
      runs += 1;
      const handle = (await as.dan.workflow.start("asksByPolicy", {
        ...{ taskQueue: "gates", workflowId: `asked-${runs}` },
        args: [
          {
            ...{
              target: "prod",
              gates: ["canary"],
              choices: ["approve", "deny"],
            },
            policies: policies({ level: "server", quorum: 2 }),
          },
        ],
      })) as Asking;
      // Before its first task the run has no handler for it.
      await heardOf(handle);
      await handle.signal(beginSignal);
      await gateOf(handle);
      return handle;
    }
    const by = (client: Client, { workflowId }: Asking): Asking =>
      client.workflow.getHandle(workflowId);

    it("counts two people by their tokens, whatever name they answer under", async () => {
      const run = await asked();
      const answer = answerTo(await gateOf(run), { by: "ben" });
      expect(await send(by(as.ada, run), "answer", answer)).toBe("counted");
      expect(await send(by(as.ada, run), "approve", answer)).toBe(
        "voted already",
      );
      expect(
        await send(by(as.ben, run), "approve", { ...answer, comment: "fine" }),
      ).toBe("decided");
      const { votes } = await heardOf(run);
      expect(votes).toMatchObject([
        {
          person: "ada",
          level: "server",
          how: expect.stringMatching(
            /^seen by the server as sub-ada \(jwt\), event \d+, claiming to be ben$/,
          ),
        },
        {
          person: "ben",
          level: "server",
          how: expect.stringMatching(
            /^seen by the server as sub-ben \(jwt\), event \d+$/,
          ),
        },
      ]);
    }, 60_000);

    it("refuses the one who started it, though the client calls itself another name", async () => {
      const run = await asked();
      const answer = answerTo(await gateOf(run));
      expect(await send(by(as.dan, run), "answer", answer)).toBe("starter");
      expect((await heardOf(run)).refused.at(-1)?.reason).toContain(
        "dan started the run",
      );
    }, 60_000);

    it("refuses a caller whom the roster does not know, and an Update, which has none", async () => {
      const run = await asked();
      const answer = answerTo(await gateOf(run));
      expect(await send(by(as.mallory, run), "answer", answer)).toBe(
        "stranger",
      );
      expect((await heardOf(run)).refused.at(-1)?.reason).toMatch(
        /seen by the server as sub-mallory .*claiming to be ada/,
      );
      expect(await send(by(as.ada, run), "decide", answer)).toBe(
        "wrong channel",
      );
    }, 60_000);
  },
);

const configurationOf = (file: string) =>
  configurationSchema.parse({
    targets: {},
    components: {},
    approvals: {
      roster: { file },
      policies: { any: { who: ["ops"], expiresAfterS: 60 } },
      gates: { "*": "any" },
    },
  });
