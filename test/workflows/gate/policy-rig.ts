import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client, type WorkflowHandle } from "@temporalio/client";
import {
  approvalsSchema,
  type GatePolicy,
} from "../../../activities/approvals/port";
import { configurationSchema } from "../../../activities/configuration/port";
import { createEvidenceActivities } from "../../../activities/evidence/activities";
import {
  serverAttest,
  serverStarts,
} from "../../../activities/evidence/client";
import { createFreezes } from "../../../activities/freeze/client";
import { freezesType } from "../../../activities/freeze/port";
import { createRuns } from "../../../activities/runs/client";
import { createRoster } from "../../../activities/roster/client";
import type { Answer, OpenGate } from "../../../workflows/gate/gate";
import { decide, gatesQuery } from "../../../workflows/gate/messages";
import { eventually } from "../../harness/eventually";
import {
  startSkipping,
  startTestServer,
  type TestServer,
  uniqueId,
} from "../../harness/temporal";
import { policyOf } from "./samples";
import type { asksByPolicy, freezes } from "./workflows";
import {
  type AskedByPolicy,
  beginSignal,
  type Heard,
  heardQuery,
} from "./workflows/by-policy";

/** Its name in the bundle that the worker runs. */
const keeperType: (typeof freezes)["name"] = freezesType;

export type Asking = WorkflowHandle<typeof asksByPolicy>;

/** Three of the ops, one of them under other names, and somebody who may not answer. */
export const people = [
  { name: "ada", aliases: ["ada@example.com"], groups: ["ops"] },
  { name: "ben", groups: ["ops"] },
  { name: "cat", groups: ["ops"] },
  { name: "dan", aliases: ["dan@desk", "U-DAN"], groups: ["ops"] },
  { name: "eve" },
];

/** A real server, a worker with the activities that look people up, and a roster file that a test may change. */
export interface PolicyRig {
  readonly server: TestServer;
  readonly taskQueue: string;
  /** Starts a run whose gates are open; dan starts it. */
  asked(over?: Partial<AskedByPolicy>): Promise<Asking>;
  /** The same with a clock that a test moves. */
  askedSkipping(over?: Partial<AskedByPolicy>): Promise<Asking>;
  /** A run before its gates open. */
  start(over?: Partial<AskedByPolicy>, by?: string): Promise<Asking>;
  setRoster(roster: object | string): void;
  /** Sets or lifts a freeze, as a person does. */
  tellKeeper(name: "freeze" | "unfreeze", payload: object): Promise<unknown>;
  stop(): Promise<void>;
}

export const policies = (
  over: Partial<GatePolicy> = {},
): AskedByPolicy["policies"] => ({ "*": policyOf(over) });

export async function startPolicyRig(): Promise<PolicyRig> {
  const folder = mkdtempSync(join(tmpdir(), "policy-rig-"));
  const file = join(folder, "roster.json");
  const setRoster = (roster: object | string): void =>
    writeFileSync(
      file,
      typeof roster === "string" ? roster : JSON.stringify(roster),
    );
  setRoster({ people });
  const server = await startTestServer();
  const runs = createRuns(() => server.client);
  const worker = await server.worker({
    workflowsPath: join(__dirname, "workflows"),
    activities: createEvidenceActivities({
      roster: createRoster(),
      freezes: createFreezes(runs),
      starts: serverStarts(),
      attest: serverAttest(),
      configuration: {
        read: async () =>
          configurationSchema.parse({
            targets: { prod: { inventory: { file: "hosts.yaml" } } },
            components: {},
            approvals: approvalsSchema.parse({
              roster: { file },
              policies: { any: { who: ["ops"], expiresAfterS: 60 } },
              gates: { "*": "any" },
            }),
          }),
      },
    }),
  });
  const { taskQueue = "" } = worker.options;
  const running = worker.run();
  const started: Asking[] = [];

  const begin = async (
    over: Partial<AskedByPolicy>,
    by: string,
    isSkipping: boolean,
  ): Promise<Asking> => {
    const asked: AskedByPolicy = {
      ...{ target: "prod", gates: ["canary"], choices: ["approve", "deny"] },
      ...{ policies: policies(), ...over },
    };
    const { connection, options } = server.client;
    const { namespace } = options;
    const client = new Client({ connection, namespace, identity: by });
    const workflowId = uniqueId("policy");
    const given = { taskQueue, workflowId, args: [asked] as [AskedByPolicy] };
    if (isSkipping)
      await startSkipping<typeof asksByPolicy>(client, "asksByPolicy", given, {
        fastForwardMs: 1,
      });
    else await client.workflow.start("asksByPolicy", given);
    // Of the newest run, whichever that is.
    const handle =
      server.client.workflow.getHandle<typeof asksByPolicy>(workflowId);
    started.push(handle);
    return handle;
  };
  const asked = async (
    over: Partial<AskedByPolicy> = {},
    isSkipping = false,
  ): Promise<Asking> => {
    const handle = await begin(over, "dan@desk", isSkipping);
    await handle.signal(beginSignal);
    await gateOf(handle);
    return handle;
  };
  return {
    ...{ server, taskQueue, setRoster },
    tellKeeper: (name, payload) =>
      runs.tell(
        { workflowType: keeperType, workflowId: freezesType, taskQueue },
        ...([name, payload] as const),
      ),
    start: (over = {}, by = "dan@desk") => begin(over, by, false),
    asked: (over) => asked(over),
    askedSkipping: (over) => asked(over, true),
    async stop() {
      for (const handle of started)
        await handle.terminate().catch(() => undefined);
      worker.shutdown();
      await running;
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

export const gateOf = (handle: Asking, id = "canary"): Promise<OpenGate> =>
  eventually(async () =>
    (await handle.query(gatesQuery)).find((gate) => gate.id === id),
  );

export const answerTo = (
  { id, nonce }: Pick<OpenGate, "id" | "nonce">,
  over: Partial<Answer> = {},
): Answer => ({ gate: id, nonce, choice: "approve", by: "ada", ...over });

export const heardOf = (handle: Asking): Promise<Heard> =>
  handle.query(heardQuery);

export const channels = ["decide", "answer", "approve"] as const;
export type SentBy = (typeof channels)[number];

/** What came of an answer, whichever way it was sent: `counted`, `decided`, or why it was refused. */
export async function send(
  handle: Asking,
  channel: SentBy,
  answer: Answer,
): Promise<string> {
  const before = await heardOf(handle);
  if (channel === "decide")
    await handle.executeUpdate(decide, { args: [answer] }).catch(() => "");
  else if (channel === "answer") await handle.signal("answer", answer);
  else {
    const { choice: _, ...rest } = answer;
    await handle.signal(channel, rest);
  }
  return eventually(async () => {
    const { votes, refused } = await heardOf(handle);
    if (refused.length > before.refused.length)
      return refused.at(-1)?.refusal ?? "";
    if (votes.length === before.votes.length) return undefined;
    const open = await handle.query(gatesQuery).catch(() => []);
    return open.some(({ nonce }) => nonce === answer.nonce)
      ? "counted"
      : "decided";
  });
}
