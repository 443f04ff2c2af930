import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Client } from "@temporalio/client";
import { parse, stringify } from "yaml";
import { workflowId } from "../../../runbooks/fleet-upgrade/ids";
import type { FleetUpgradeInput } from "../../../runbooks/fleet-upgrade/contract";
import type { fleetUpgrade } from "../../../runbooks/fleet-upgrade/workflow";
import { calendarChanged } from "../../../workflows/window/messages";
import { effectsOf, eachEffectOnce } from "../../harness/host-log";
import { type Rig, startRig } from "../../harness/rig";
import {
  fastForward,
  startSkipping,
  uniqueId,
  virtualNow,
} from "../../harness/temporal";
import { admissionsOf, type Handle, oneByOne } from "./window-rig";

const hour = 3_600_000;
const day = 24 * hour;
const hosts = 5;

let rig: Rig;
beforeAll(async () => {
  // A visit takes more than two of a night's four seconds: two nights leave a host for the third at least.
  rig = await startRig({
    lab: { hosts, pools: 1, service: false, applyMs: 1_500, minReadyS: 1 },
  });
  const people = ["ada", "ben", "cat"].map((name) => ({
    ...{ name, groups: ["ops"] },
    ...(name === "cat" && { aliases: ["cat@desk"] }),
  }));
  const roster = join(dirname(rig.lab.configFile), "roster.yaml");
  writeFileSync(roster, stringify({ people }));
}, 180_000);
afterAll(() => rig.stop(), 30_000);

/** Friday at 22:00 UTC, two days from now at least. */
function nextFriday(): number {
  const from = Date.now() + 2 * day;
  const midnight = from - (from % day);
  const days = (5 - new Date(midnight).getUTCDay() + 7) % 7;
  return midnight + days * day + 22 * hour;
}

const iso = (at: number): string => new Date(at).toISOString();
const local = (at: number): string => iso(at).slice(0, 16);

/** From 22:00 to 05:00 each night, but nothing new after the first four seconds; and a Sunday on which nothing may happen. */
const nightsFrom = (friday: number) => ({
  ...{ tz: "Etc/UTC", dtstart: local(friday), rrule: "FREQ=DAILY" },
  ...{ duration: "PT7H", cutoff: "PT6H59M56S" },
});
const sundayAfter = (friday: number) => ({
  ...{ tz: "Etc/UTC", default: "open" },
  ...{ dtstart: local(friday + 44 * hour), duration: "PT12H" },
});

function configure(calendars: Readonly<Record<string, object>>): void {
  const { configFile } = rig.lab;
  const plain = parse(readFileSync(configFile, "utf8")) as {
    targets: { lab: object };
  };
  const lab = { ...plain.targets.lab, calendars: Object.keys(calendars) };
  const twoOfOps = { who: ["ops"], quorum: 2, expiresAfterS: 30 * 86_400 };
  const approvals = {
    ...{
      roster: { file: "roster.yaml" },
      policies: { "two-of-ops": twoOfOps },
    },
    gates: { start: "two-of-ops", "window-moved": "two-of-ops" },
  };
  const sections = { ...plain, targets: { lab }, calendars, approvals };
  writeFileSync(configFile, stringify(sections));
}

/** Cat starts it; her clock stands still but for what the test lets pass. */
async function start(): Promise<Handle> {
  const { connection, options } = rig.server.client;
  const { namespace } = options;
  const client = new Client({ connection, namespace, identity: "cat@desk" });
  const input: FleetUpgradeInput = {
    ...{ target: "lab", change: uniqueId("chg"), component: "app" },
    ...{ version: "2.0.0", mode: "execute", ...oneByOne },
  };
  return startSkipping<typeof fleetUpgrade>(
    ...([client, "fleetUpgrade"] as const),
    { taskQueue: rig.taskQueue, workflowId: workflowId(input), args: [input] },
    { fastForwardMs: 60_000 },
  );
}

const until = async (handle: Handle, at: number): Promise<void> =>
  fastForward(handle, at - (await virtualNow(handle)).getTime());

async function approvedByTwo(handle: Handle, gate: string): Promise<void> {
  const say = (by: string) => rig.answer(handle, gate, "approve", { by });
  await expect(say("cat")).rejects.toMatchObject({
    cause: { details: ["starter"] },
  });
  expect(await say("ada")).toContain("it takes 1 more of ops");
  expect(await say("ben")).toContain("by ada, ben");
}

it("a run works through a weekend: approved by two of three, in its windows only, past a blackout and a calendar that was edited", async () => {
  const friday = nextFriday();
  const [saturday, sunday, monday] = [1, 2, 3].map((n) => friday + n * day) as [
    number,
    number,
    number,
  ];
  const quiet = sundayAfter(friday);
  configure({ nights: nightsFrom(friday), quiet });
  const handle = await start();
  await approvedByTwo(handle, "start");
  const stateAt = async (at: number) => {
    await until(handle, at);
    return rig.until(handle, ({ counts }) => counts["in work"] === 0);
  };

  const thursday = await stateAt(friday - day);
  expect(thursday.halts).toMatchObject([{ kind: "closed", opensAt: friday }]);

  const closed = await stateAt(friday + 7 * hour);
  expect(closed.halts).toMatchObject([{ kind: "closed", opensAt: saturday }]);
  const { upgraded: onFriday } = closed.counts;
  expect(onFriday).toBeGreaterThan(0);

  const night = await stateAt(sunday + hour);
  expect(night.halts).toMatchObject([
    {
      ...{ kind: "closed", opensAt: monday },
      reason: "quiet: within its blackout",
    },
  ]);
  expect(night.counts.upgraded).toBeGreaterThan(onFriday);
  expect(night.counts.waiting).toBeGreaterThan(0);

  const later = monday + hour / 2;
  const moved = { ...nightsFrom(later), cutoff: "PT1H" };
  configure({ nights: moved, quiet });
  await handle.signal(calendarChanged);
  const { title } = await rig.gate(handle, "window-moved");
  expect(title).toBe(
    `the window of ${iso(monday)} has moved: it opens at ${iso(later)} (nights: outside of its windows). Go on then?`,
  );
  await approvedByTwo(handle, "window-moved");
  await until(handle, later);
  const result = await handle.result();

  expect(result).toMatchObject({
    ...{ outcome: "completed", counts: { upgraded: hosts } },
  });
  for (const { id } of rig.lab.hosts)
    expect(effectsOf(rig.lab, id)).toEqual(eachEffectOnce);
  const admissions = await admissionsOf(handle);
  expect(admissions).toHaveLength(hosts);
  const within = (from: number, ms: number) =>
    admissions.filter((at) => +at >= from && +at < from + ms).length;
  const perNight = [
    ...[within(friday, 4_000), within(saturday, 4_000)],
    ...[within(sunday, 12 * hour), within(later, 6 * hour)],
  ];
  expect(perNight).toEqual([
    onFriday,
    ...[night.counts.upgraded - onFriday, 0, night.counts.waiting],
  ]);
  const report = await rig.reportOf(result);
  for (const line of [
    "gate start: **approve** by ada (a name claimed by decide, not proven), ben",
    "gate window-moved: **approve** by ada (a name claimed by decide, not proven), ben",
    `out of window (nights: outside of its windows), until ${iso(friday)}`,
    `, until ${iso(saturday)}`,
    `, until ${iso(monday)}`,
    `the window of ${iso(monday)} has moved: it opens at ${iso(later)}`,
  ])
    expect(report).toContain(line);
  expect(report.match(/Z in window\n/g)).toHaveLength(3);
  expect(report.match(/cat started the run/g)).toHaveLength(2);
}, 180_000);
