import { join } from "node:path";
import { version } from "../../package.json";
import { recordHistory } from "../harness/temporal";
import {
  type EgressRig,
  startEgressRig,
} from "../runbooks/egress-migration/egress-rig";
import type { EgressHandle } from "../runbooks/egress-migration/start-migration";
import { FakeNetwork } from "../runbooks/egress-migration/fake-network";
import type { EgressPath } from "./egress-paths";

let rig: EgressRig;
beforeAll(async () => {
  rig = await startEgressRig();
}, 120_000);
beforeEach(() => {
  rig.network = new FakeNetwork();
});
afterAll(() => rig.stop(), 60_000);

/** Its end, however it is, written down. */
async function save(run: EgressHandle, name: EgressPath): Promise<void> {
  await run.result().catch(() => undefined);
  await recordHistory(
    run,
    join(__dirname, "egress-migration", version, `${name}.json`),
  );
}

const long = (stage: "ramp-10" | "ramp-50") => ({
  stages: { [stage]: { holdH: 1 } },
});

it("a plan touches nothing", async () => {
  await save(await rig.start({ mode: "plan" }), "egress-planned");
}, 60_000);

it("a need that no address carries is refused", async () => {
  const needs = [{ destination: "198.51.100.7:443", connections: 5_100 }];
  await save(await rig.start({ needs }), "egress-refused");
}, 60_000);

it("nobody lets it into production", async () => {
  const run = await rig.start();
  await rig.answer(run, "production", "deny");
  await save(run, "egress-denied");
}, 60_000);

it("it goes to its end", async () => {
  const run = await rig.start();
  await rig.answer(run, "production", "approve");
  await rig.answer(run, "release", "release");
  await save(run, "egress-completed");
}, 90_000);

it("customers stay on the old addresses, and it goes back at the end", async () => {
  rig.network.classes.set("c-3", "drop");
  const run = await rig.start();
  await rig.answer(run, "production", "approve");
  await rig.answer(run, "failed-exceptions", "mark done", "they know");
  await rig.answer(run, "release", "roll back");
  await save(run, "egress-exceptions");
}, 90_000);

it("staging does not carry the peak at first", async () => {
  rig.network.isSlow = true;
  const run = await rig.start();
  await rig.gate(run, "failed-stress");
  rig.network.isSlow = false;
  await rig.answer(run, "failed-stress", "retry");
  await rig.answer(run, "production", "deny");
  await save(run, "egress-stress-again");
}, 90_000);

it("a stage is taken back by itself, and loaded again", async () => {
  rig.network.pressesFrom = 25;
  const run = await rig.start();
  await rig.answer(run, "production", "approve");
  await rig.gate(run, "failed-ramp-25");
  rig.network.pressesFrom = 101;
  await rig.answer(run, "failed-ramp-25", "retry");
  await rig.answer(run, "release", "release");
  await save(run, "egress-taken-back");
}, 90_000);

it("it is rolled back from the middle of its ramp", async () => {
  const run = await rig.start(long("ramp-50"));
  await rig.answer(run, "production", "approve");
  await rig.untilStanding("gw-1", "10/50");
  await rig.control(run, "rollback");
  await save(run, "egress-rolled-back");
}, 90_000);

it("it is aborted while its watch holds it", async () => {
  const run = await rig.start(long("ramp-10"));
  await rig.answer(run, "production", "approve");
  await rig.untilStanding("gw-1", "2/10");
  rig.network.of("gw-1").rules = "changed";
  await rig.gateAny(run, "watch-pressure");
  await rig.control(run, "abort");
  await save(run, "egress-aborted");
}, 90_000);
