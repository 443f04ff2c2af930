import { join } from "node:path";
import type { EgressMigrationInput } from "../../../runbooks/egress-migration/contract";
import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";
import { MortalWorkers } from "../../harness/mortal-workers";
import {
  networkLabMissing,
  type NetworkRig,
  startNetworkRig,
} from "./network-rig";

/** Each phase by the call in it that changes something, or takes long. */
const forward = [
  ...["takeCensus", "inspectGateways", "runStorm", "provisionGateways"],
  ...["verifyBatch", "divideCustomers", "steerGateways"],
] as const;
const backwards = ["restoreGateways", "stopLoad"] as const;
/** From the flip to the release. */
const leaving = [
  ...["publishList", "awaitDrained", "retireGateways", "releaseGateways"],
] as const;
const all: readonly string[] = [...forward, ...backwards, ...leaving];
/** In their middle; every other one when its effect is there and nobody has been told. */
const during = ["takeCensus", "runStorm", "verifyBatch", "awaitDrained"];

describeWhen(networkLabMissing())("a worker that is killed", () => {
  let rig: NetworkRig;
  let workers: MortalWorkers;
  beforeAll(async () => {
    rig = await startNetworkRig({ worker: false });
    workers = await MortalWorkers.start(rig, { at: all, during });
  }, 180_000);
  afterAll(async () => {
    await workers.stop();
    await rig.stop();
  }, 120_000);

  /** Deaths of earlier runs. */
  let before = 0;
  const struck = (): readonly string[] =>
    workers
      .deaths()
      .slice(before)
      .flat()
      .map(({ name }) => name);

  const isMissed = (name: string): boolean => !struck().includes(name);

  /**
   * Asks the run nothing until its workers have died there: a query would wait for a worker that is gone, and one that is on
   * its way while a task is lost with its worker can break the run: decision 14.
   */
  const untilDied = (
    names: readonly string[],
    withinMs = 180_000,
  ): Promise<true> =>
    eventually(() => !names.some(isMissed) || undefined, withinMs);

  /** Up to the gate behind the stress of staging. */
  const begin = async (input?: Partial<EgressMigrationInput>) => {
    before = workers.deaths().length;
    const run = await rig.start(input);
    workers.serve(run);
    await untilDied(["takeCensus", "inspectGateways", "runStorm"]);
    await rig.answer(run, "production", "approve");
    return run;
  };

  it("in each phase changes nothing twice under load, and the run that is rolled back leaves nothing", async () => {
    const { lab } = rig;
    const ready = ["site-01", "site-02", "site-03", "site-04"];
    const letGo = await rig.hold("site-03", 40);
    await lab.startLoad({ perSecond: 40, sites: ready });
    const run = await begin({ stages: { "ramp-25": { holdH: 1 } } });
    await untilDied(["provisionGateways", "verifyBatch"]);
    await rig.answer(run, "failed-exceptions", "mark done", "they know");
    await untilDied(forward, 120_000);
    const { steps } = await rig.untilIn(run, "ramp-25");
    expect(steps.filter(({ attempt = 1 }) => attempt > 1)).toEqual([]);
    await rig.control(run, "rollback");
    expect(await run.result()).toMatchObject({ outcome: "rolled back" });
    expect([...forward, ...backwards].filter(isMissed)).toEqual([]);
    await letGo();
    const { attempted, failed } = await lab.stopLoad();
    expect(attempted).toBeGreaterThan(200);
    expect(failed).toEqual({});
    for (const { id } of [...lab.gateways, lab.staging.gateway]) {
      expect(await lab.sh(id, "nft list tables")).not.toContain("runbooks");
      expect(await lab.sh(id, "ip -o -4 addr show dev out")).not.toContain(
        "/32",
      );
    }
  }, 400_000);

  it("while the old addresses are left neither keeps them nor loses a connection", async () => {
    const { lab, folder } = rig;
    const path = join(folder, "egress.json");
    await rig.configure((egress) => {
      egress.publishedList = { host: "gw-1", path };
    });
    for (const { id } of lab.sites) await lab.setSite(id, {});
    const letGo = await rig.hold("site-03", 40);
    await lab.startLoad({ perSecond: 40 });
    const run = await begin();
    await untilDied(["awaitDrained"]);
    await rig.untilIn(run, "drain");
    await letGo();
    await untilDied(["retireGateways"]);
    await rig.answer(run, "release", "release");
    expect(await run.result()).toMatchObject({ outcome: "completed" });
    expect(leaving.filter(isMissed)).toEqual([]);
    const { attempted, failed } = await lab.stopLoad();
    expect(attempted).toBeGreaterThan(200);
    expect(failed).toEqual({});
    for (const { id } of lab.gateways)
      expect(await lab.sh(id, "ip -o -4 addr show dev out")).not.toMatch(
        /203\.0\.113\.[1-9]\//,
      );
  }, 400_000);
});
