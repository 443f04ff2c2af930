import { readFileSync, writeFileSync } from "node:fs";
import {
  freezesType,
  type FreezeUpdates,
} from "../../../activities/freeze/port";
import { createRuns } from "../../../activities/runs/client";
import { calendarChanged } from "../../../workflows/window/messages";
import { effectsOf, eachEffectOnce } from "../../harness/host-log";
import { type FleetHandle, type Rig, startRig } from "../../harness/rig";
import { calendarsOf } from "./window-rig";

/** Visits that wait for the worker of their site: hours may pass before they begin. */

const site = "fra1";
let rig: Rig;
let keepTo: ReturnType<typeof calendarsOf>;
beforeAll(async () => {
  rig = await startRig({ lab: { hosts: 2, pools: 2 } });
  keepTo = calendarsOf(rig);
  const inventory = JSON.parse(readFileSync(rig.lab.inventoryFile, "utf8")) as {
    hosts: object[];
  };
  const hosts = inventory.hosts.map((host) => ({ ...host, site }));
  writeFileSync(rig.lab.inventoryFile, JSON.stringify({ hosts }));
}, 180_000);
afterAll(() => rig.stop(), 30_000);

const always = { tz: "Etc/UTC", default: "open", exclusions: ["2020-01-01"] };
const never = { tz: "Etc/UTC", dtstart: "2100-01-01T00:00", duration: "PT8H" };

async function admitAll(version: string): Promise<FleetHandle> {
  const handle = await rig.start({
    ...{ version, slots: 2, slowStart: false, canary: { gate: false } },
    checks: { hosts: "none" },
  });
  await rig.until(handle, ({ counts }) => counts["in work"] === 2);
  return handle;
}

const freezeKeeper = <Name extends "freeze" | "unfreeze">(
  name: Name,
  payload: FreezeUpdates[Name]["payload"],
) =>
  createRuns(() => rig.server.client).tell(
    {
      ...{ workflowType: freezesType, workflowId: freezesType },
      taskQueue: rig.taskQueue,
    },
    name,
    payload,
  );

const effects = () => rig.lab.hosts.map(({ id }) => effectsOf(rig.lab, id));

describe("a visit that begins long after it was admitted", () => {
  it("is not begun out of window, and its host waits for the next one without having failed", async () => {
    keepTo({ nights: always });
    const before = effects();
    const handle = await admitAll("2.0.0");
    keepTo({ nights: never });
    const stop = await rig.workerAt(site);
    const held = await rig.until(handle, ({ counts }) => counts.waiting === 2);
    expect(held.halts).toMatchObject([{ kind: "closed" }]);
    expect(held.failures).toBe(0);
    expect(effects()).toEqual(before);
    keepTo({ nights: always });
    await handle.signal(calendarChanged);
    const result = await handle.result();
    await stop();
    expect(result.outcome).toBe("completed");
    expect(effects()).toEqual([eachEffectOnce, eachEffectOnce]);
    expect(await rig.reportOf(result)).toMatch(
      /\S+ was not begun: nights: outside of its windows/,
    );
  }, 180_000);

  it("is not begun while it is frozen, and goes on by itself when that is over", async () => {
    keepTo({ nights: always });
    const handle = await admitAll("3.0.0");
    const before = effects();
    const freeze = { id: "one", scope: "lab", by: "ada", reason: "peak sale" };
    await freezeKeeper("freeze", freeze);
    const stop = await rig.workerAt(site);
    const held = await rig.until(handle, ({ counts }) => counts.waiting === 2);
    expect(held.halts).toMatchObject([{ kind: "frozen" }]);
    expect(held.failures).toBe(0);
    expect(effects()).toEqual(before);
    await freezeKeeper("unfreeze", { id: "one", by: "ada" });
    const result = await handle.result();
    await stop();
    expect(result.outcome).toBe("completed");
  }, 180_000);
});
