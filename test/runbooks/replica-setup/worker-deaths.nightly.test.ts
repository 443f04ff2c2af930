import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";
import { MortalWorkers } from "../../harness/mortal-workers";
import { postgresMissing } from "../../harness/postgres-cluster";
import { replicaSteps } from "../../../runbooks/replica-setup/steps";
import { leftBehind, nothing } from "./left-behind";
import { type ReplicaRig, startReplicaRig } from "./replica-rig";

/** Each step by a call in it that changes something, or takes long. */
const forward: Readonly<Record<string, string>> = {
  preflight: "preflight",
  amcheck: "installAmcheck",
  slot: "createSlot",
  "sentinel-before": "writeSentinel",
  copy: "baseBackup",
  pin: "pinBackup",
  "sentinel-after": "writeSentinel",
  "verify-files": "verifyManifest",
  scratch: "openScratch",
  publish: "publishStandby",
  start: "startStandby",
  "verify-scratch": "amcheckScratch",
  lag: "watchLag",
  "rows-locked": "compareLocked",
  "round-trip": "sentinelRoundTrip",
  record: "recordVerification",
  synchronous: "setSynchronous",
  ready: "standbySight",
};
const backwards: Readonly<Record<string, string>> = {
  synchronous: "unsetSynchronous",
  start: "stopStandby",
  publish: "unpublishStandby",
  scratch: "discardScratch",
  pin: "unpinBackup",
  copy: "discardAttempt",
  "sentinel-before": "removeSentinels",
  slot: "dropSlot",
  amcheck: "removeAmcheck",
};

const { values, keys } = Object;
const all = [...values(forward), ...values(backwards)];
/** In their middle; every other one when its effect is there and nobody has been told. */
const during = ["preflight", "baseBackup", "verifyManifest", "amcheckScratch"];

describeWhen(postgresMissing())("a worker that is killed", () => {
  let rig: ReplicaRig;
  let workers: MortalWorkers;
  beforeAll(async () => {
    rig = await startReplicaRig({ worker: false });
    workers = await MortalWorkers.start(rig, { at: all, during });
  }, 240_000);
  afterAll(async () => {
    await workers.stop();
    await rig.stop();
  }, 60_000);

  const struck = (): readonly string[] =>
    workers
      .deaths()
      .flat()
      .map(({ name }) => name);
  /** A query would wait for a worker that is gone. */
  const until = (name: string): Promise<unknown> =>
    eventually(() => struck().includes(name) || undefined, 480_000);

  it("has every step and every undoing of one to die in", () => {
    const steps = replicaSteps({
      ...{ synchronous: true, comparesLocked: true },
      method: "basebackup",
    });
    const ids = steps.map(({ id }) => id);
    expect([...keys(forward), "switchover", "hand-over"].sort()).toEqual(
      [...ids].sort(),
    );
    const undone = steps.filter(({ undo }) => undo !== undefined);
    // One call takes the rows of both sentinels away.
    expect([...keys(backwards), "sentinel-after"].sort()).toEqual(
      undone.map(({ id }) => id).sort(),
    );
  });

  it("in each of them changes nothing twice, and the run that is rolled back leaves nothing", async () => {
    const run = await rig.start({
      synchronous: true,
      verify: {
        locked: [{ database: "shop", tables: ["public.orders"] }],
      },
    });
    workers.serve(run);
    await until("preflight");
    await rig.answer(run, "begin", "approve");
    await until("standbySight");
    const { steps } = await rig.until(run, ({ steps: now }) =>
      now.some(({ id, standing }) => id === "ready" && standing === "in work"),
    );
    expect(steps.filter(({ attempt = 1 }) => attempt > 1)).toEqual([]);
    await rig.answer(run, "ready", "roll back");
    const { outcome } = await run.result();
    expect(outcome).toBe("rolled back");
    expect(all.filter((name) => !struck().includes(name))).toEqual([]);
    const times = (name: string) =>
      struck().filter((one) => one === name).length;
    expect(times("writeSentinel")).toBe(2);
    expect(await leftBehind(rig)).toEqual(nothing);
  }, 900_000);
});
