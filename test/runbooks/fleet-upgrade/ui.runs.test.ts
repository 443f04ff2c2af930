import { ApplicationFailure } from "@temporalio/common";
import { temporal } from "@temporalio/proto";
import type { Worker } from "@temporalio/worker";
import type { FreezeActivities } from "../../../activities/freeze/port";
import type { HostActivities } from "../../../activities/host/port";
import type { LedgerActivities } from "../../../activities/ledger/port";
import type { LockActivities } from "../../../activities/lock/port";
import type { FleetUpgradeActivities } from "../../../runbooks/fleet-upgrade/activities";
import type { fleetUpgrade } from "../../../runbooks/fleet-upgrade/workflow";
import { gatesQuery } from "../../../workflows/gate/messages";
import { eventually } from "../../harness/eventually";
import {
  fastForward,
  startTestServer,
  type TestServer,
} from "../../harness/temporal";

/** Stand-ins for the hands: what a person sees of a run does not depend on real hosts. */
const ref = { key: "plan.json", sha256: "d".repeat(64), bytes: 1 };
const rows = ["web-01", "web-02"].map((id) => ({ id, pool: "web" }));
const stages = [
  { name: "canaries", end: 1, soakMs: 0, gate: true },
  { name: "the rest", end: 2, soakMs: 0, gate: false },
];
const activities: Pick<HostActivities, "visitHost"> &
  FleetUpgradeActivities &
  FreezeActivities &
  LedgerActivities &
  LockActivities = {
  askForLock: () => Promise.resolve({ kind: "held" }),
  leaveLock: () => Promise.resolve(),
  watchFreezes: () => Promise.resolve({ version: 1, freezes: [] }),
  unwatchFreezes: () => Promise.resolve(),
  prepareFleetUpgrade: () =>
    Promise.resolve({
      ...{ mode: "execute", plan: ref, snapshot: ref, count: 2, canaries: 1 },
      rollout: {
        ...{ stages, slots: 1, limits: {}, slowStart: true },
        ...{ budget: { failures: 1 }, gateExpiresMs: 3_600_000 },
        ...{ hostDeadlineMs: 60_000, progressDeadlineMs: 600_000 },
        census: { versions: false, waves: 0 },
      },
      ...{ canUndo: false, component: "app", version: "2.0.0" },
      ...{ isWholeTarget: false, lock: { resources: ["lab"] } },
      text: "**Plan:** app to 2.0.0",
      summary: "app to 2.0.0 on 2 hosts of lab (ui)",
      visitTimeoutMs: 60_000,
    } as const),
  planRows: () => Promise.resolve({ rows, pages: 1 }),
  findNewcomers: () => Promise.resolve({ plan: ref, added: 0 }),
  publishDesired: () => Promise.resolve({}),
  appendLedger: () => Promise.resolve(ref),
  visitHost: () => Promise.resolve({ outcome: "upgraded", ms: 1 }),
  reportFleetUpgrade: () =>
    Promise.reject(
      ApplicationFailure.nonRetryable("the disk is gone", "artifacts.lost"),
    ),
};

let server: TestServer;
let worker: Worker;
let running: Promise<void>;
beforeAll(async () => {
  server = await startTestServer();
  worker = await server.worker({ activities });
  running = worker.run();
}, 180_000);
afterAll(async () => {
  worker.shutdown();
  await running;
  await server.stop();
}, 180_000);

const start = (change: string) =>
  server.client.workflow.start<typeof fleetUpgrade>("fleetUpgrade", {
    taskQueue: worker.options.taskQueue,
    workflowId: `fleet-upgrade:lab:${change}`,
    args: [{ target: "lab", change, component: "app", version: "2.0.0" }],
  });
type Handle = Awaited<ReturnType<typeof start>>;

const askedGate = (handle: Handle) =>
  eventually(async () => (await handle.query(gatesQuery))[0]);

interface Metadata {
  readonly currentDetails: string;
  readonly definition: {
    readonly updateDefinitions?: { name: string; description: string }[];
    readonly signalDefinitions?: { name: string; description: string }[];
  };
}
const metadataOf = (handle: Handle): Promise<Metadata> =>
  handle.query("__temporal_workflow_metadata");

const attributesOf = async (
  handle: Handle,
): Promise<Record<string, unknown>> => {
  const { typedSearchAttributes } = await handle.describe();
  return Object.fromEntries(
    typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]),
  );
};

const descriptionsOf = ({ definition }: Metadata): Map<string, string> =>
  new Map(
    [
      ...(definition.updateDefinitions ?? []),
      ...(definition.signalDefinitions ?? []),
    ].map(({ name, description }) => [name, description]),
  );

describe("in the Temporal UI a run", () => {
  it("says what it waits for, with the JSON to paste, and offers what is valid now", async () => {
    const handle = await start("details");
    const { nonce } = await askedGate(handle);
    const metadata = await metadataOf(handle);
    expect(metadata.currentDetails).toContain("app to 2.0.0 on 2 hosts");
    expect(metadata.currentDetails).toContain(`"nonce":"${nonce}"`);
    const offered = descriptionsOf(metadata);
    for (const name of ["decide", "approve", "deny"])
      expect(offered.get(name)).toContain(`"nonce":"${nonce}"`);
    await handle.signal("deny", { gate: "canary", nonce, by: "ada" });
    await handle.result();
    const after = descriptionsOf(await metadataOf(handle));
    for (const name of ["decide", "approve", "deny"])
      expect(after.has(name)).toBe(false);
  }, 180_000);

  it("is found by its target, phase and open gate, and labels each visit with its host", async () => {
    const handle = await start("attributes");
    const { nonce } = await askedGate(handle);
    // Published at most every ten seconds, so that a large fleet does not fill the history with it.
    await fastForward(handle, 10_000);
    const values = await eventually(async () => {
      const found = await attributesOf(handle);
      return found["RunbookWaiting"] === "canary" ? found : undefined;
    });
    expect(values).toMatchObject({
      RunbookName: "fleet-upgrade",
      RunbookTarget: "lab",
      ChangeTicket: "attributes",
      RunbookPhase: "asking",
      RunbookWaiting: "canary",
      RunbookPct: 50,
      RunbookBlocked: true,
    });
    await handle.signal("deny", { gate: "canary", nonce, by: "ada" });
    await handle.result();
    const { events } = await handle.fetchHistory();
    const summaries = (events ?? [])
      .filter(
        ({ eventType }) =>
          eventType ===
          temporal.api.enums.v1.EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
      )
      .map(({ userMetadata }) =>
        Buffer.from(userMetadata?.summary?.data ?? []).toString(),
      );
    expect(summaries.filter((summary) => summary.includes("web"))).toEqual([
      '"web-01"',
    ]);
  }, 180_000);
});

describe("a run whose report cannot be written", () => {
  it("ends with its outcome all the same, and says why there is no report", async () => {
    const handle = await start("lost-report");
    const { nonce } = await askedGate(handle);
    await handle.signal("approve", { gate: "canary", nonce, by: "ada" });
    const { outcome, text, report } = await handle.result();
    expect(outcome).toBe("completed");
    expect(text).toContain("no report was written: the disk is gone");
    expect(report).toBeUndefined();
  }, 180_000);
});
