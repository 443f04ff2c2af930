import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import type { FleetUpgradeInput } from "../../../runbooks/fleet-upgrade/contract";
import { workflowId } from "../../../runbooks/fleet-upgrade/ids";
import type { fleetUpgrade } from "../../../runbooks/fleet-upgrade/workflow";
import { gatesQuery } from "../../../workflows/gate/messages";
import { controlUpdates } from "../../../workflows/controls/messages";
import { cli } from "../../cli/run-cli";
import { eventually } from "../../harness/eventually";
import { eachEffectOnce, effectsOf } from "../../harness/host-log";
import { type FleetHandle, type Rig, startRig } from "../../harness/rig";
import { fastForward, startSkipping, uniqueId } from "../../harness/temporal";

jest.setTimeout(180_000);

interface Sections {
  readonly targets: { readonly lab: object };
  readonly calendars?: object;
  readonly approvals?: object;
}

let rig: Rig;
let plain: Sections;
beforeAll(async () => {
  rig = await startRig({
    lab: { hosts: 3, pools: 1, service: false },
  });
  plain = parse(readFileSync(rig.lab.configFile, "utf8")) as Sections;
  const people = [
    { name: "ada", aliases: ["ada@desk"], groups: ["ops"] },
    { name: "ben", groups: ["ops"] },
    { name: "dan", aliases: ["dan@desk"], groups: ["ops"] },
  ];
  const roster = join(dirname(rig.lab.configFile), "roster.yaml");
  writeFileSync(roster, stringify({ people }));
}, 180_000);
afterAll(() => rig.stop(), 30_000);

const open = { tz: "Etc/UTC", default: "open", exclusions: ["2020-01-01"] };
const farOff = new Date(Date.now() + 100 * 86_400_000)
  .toISOString()
  .slice(0, 10);
const nights = {
  ...{ tz: "Etc/UTC", dtstart: `${farOff}T22:00`, duration: "PT6H" },
};

/** The lab keeps to this calendar, and to these approvals. */
function configure(calendar: object, more: object = {}): void {
  const lab = { ...plain.targets.lab, calendars: ["nights"] };
  const sections = {
    ...plain,
    ...{ targets: { lab }, calendars: { nights: calendar } },
    ...more,
  };
  writeFileSync(rig.lab.configFile, stringify(sections));
}

const quick = {
  canary: { gate: false },
  checks: { hosts: "none" },
  slowStart: false,
} as const;
const gate = "window-override";
const wish = { by: "ada", reason: "the hole is being used", hours: 2 };
const ask = (handle: FleetHandle, over: Partial<typeof wish> = {}) =>
  handle.executeUpdate(controlUpdates.override, {
    args: [{ ...wish, ...over }],
  });
const approve = (handle: FleetHandle, by: string, comment?: string) =>
  rig.answer(handle, gate, "approve", {
    ...{ by, ...(comment !== undefined && { comment }) },
  });
/** By the calendars' own word: a run that has not heard of them yet is closed as well. */
const isClosed = (handle: FleetHandle) =>
  rig.until(handle, ({ halts }) =>
    halts.some((halt) => halt.kind === "closed" && isOfNights(halt.reason)),
  );
const isOfNights = (reason: string) => reason.startsWith("nights: ");
const refusedAs = (refusal: string) => ({ cause: { details: [refusal] } });
const refusedWith = (words: string) => ({
  cause: { message: expect.stringContaining(words) },
});

describe("an override of a closed window", () => {
  it("lets work start on one person's wish and another one's word, and the report says so", async () => {
    configure(nights);
    const handle = await rig.start({ version: "2.0.0", ...quick });
    await isClosed(handle);
    const args = ["--reason", wish.reason, "--hours", "2", "--by", "ada"];
    const env = { ...rig.server.env, USER: "ada" };
    const asked = await cli(["override", handle.workflowId, ...args], { env });
    expect(asked.out).toMatch(
      /^asked to work out of window until .*Z: another person must approve at gate window-override\n$/,
    );
    await expect(ask(handle)).rejects.toMatchObject(
      refusedWith("gate window-override is open already\nhint: Answer that"),
    );
    const { title } = await rig.gate(handle, gate);
    expect(title).toMatch(
      /^ada asks to work out of window until .*: the hole is being used\. Closed: nights: outside of its windows; the next window opens at .*T22:00:00Z\. This overrides calendars alone/,
    );
    await expect(approve(handle, "Ada", "I am sure")).rejects.toMatchObject(
      refusedAs("asker"),
    );
    await expect(approve(handle, "ben")).rejects.toMatchObject(
      refusedAs("unexplained"),
    );
    for (const { id } of rig.lab.hosts)
      expect(effectsOf(rig.lab, id)).toMatchObject({ drain: 0, apply: 0 });
    await rig.lab.setFault("*:slow:300ms@apply");
    await approve(handle, "ben", "seen the logs");
    const { override } = await rig.until(
      handle,
      (seen) => seen.override !== undefined,
    );
    expect(override).toMatchObject({ by: "ada", approvedBy: "ben" });
    await expect(ask(handle)).rejects.toMatchObject(
      refusedWith("granted already, until"),
    );
    const status = await cli(["status", handle.workflowId], { env });
    expect(status.out).toContain(
      "By override of the window by ada, approved by ben until",
    );
    await rig.lab.clearFaults();
    const result = await handle.result();
    expect(result.outcome).toBe("completed");
    for (const { id } of rig.lab.hosts)
      expect(effectsOf(rig.lab, id)).toEqual(eachEffectOnce);
    const report = await rig.reportOf(result);
    expect(report).toMatch(
      /## Overrides of the window\n\n- \S+Z override of the window by ada, approved by ben until \S+Z: the hole is being used\n/,
    );
    expect(report).toContain("gate window-override: **approve** by ben");
    expect(report).toContain("seen the logs");
  });

  it("starts nothing when the second person says no, and can be asked for again", async () => {
    configure(nights);
    const handle = await rig.start({ version: "2.1.0", ...quick });
    await isClosed(handle);
    await handle.signal("override", wish);
    const first = await rig.gate(handle, gate);
    await rig.answer(handle, gate, "deny", { by: "ben", comment: "wait" });
    await ask(handle, { by: "cat" });
    const second = await rig.gate(handle, gate);
    expect(second.nonce).not.toBe(first.nonce);
    const late = { gate, nonce: first.nonce, choice: "approve" };
    await handle.signal("answer", { ...late, by: "ben", comment: "late" });
    await handle.signal("abort", { by: "ada" });
    const result = await handle.result();
    expect(result).toMatchObject({
      ...{ outcome: "aborted", counts: { "not attempted": 3 } },
    });
    const report = await rig.reportOf(result);
    expect(report).toContain("override of the window denied by ben");
    expect(report).toContain("gate window-override is withdrawn: nothing more");
    expect(report).not.toContain("## Overrides of the window");
  });

  it("is withdrawn when nobody decides within the hours that were asked for", async () => {
    configure(nights);
    const full: FleetUpgradeInput = {
      ...{ target: "lab", change: uniqueId("chg"), component: "app" },
      ...{ version: "2.2.0", mode: "execute", ...quick },
    };
    const handle = await startSkipping<typeof fleetUpgrade>(
      rig.server.client,
      "fleetUpgrade",
      { taskQueue: rig.taskQueue, workflowId: workflowId(full), args: [full] },
      { fastForwardMs: 60_000 },
    );
    const fleet = handle as unknown as FleetHandle;
    await isClosed(fleet);
    await ask(fleet);
    await rig.gate(handle, gate);
    await fastForward(handle, 3 * 3_600_000);
    await eventually(async () =>
      (await handle.query(gatesQuery)).length === 0 ? true : undefined,
    );
    await isClosed(fleet);
    await handle.signal("abort", { by: "ada" });
    expect(await rig.reportOf(await handle.result())).toContain(
      "gate window-override: nobody decided in time, and it is withdrawn",
    );
  });

  it("is no use to a run that no window holds, and is withdrawn when one opens", async () => {
    configure(nights);
    const handle = await rig.start({ version: "2.3.0", ...quick });
    await isClosed(handle);
    await ask(handle);
    await rig.gate(handle, gate);
    await rig.lab.setFault("*:slow:500ms@apply");
    configure(open);
    await handle.signal("calendarChanged");
    await rig.answer(handle, "window-moved", "approve");
    await rig.until(handle, ({ counts }) => counts["in work"] > 0);
    await expect(ask(handle)).rejects.toMatchObject(
      refusedWith("override: the run is in its window\nhint: "),
    );
    await rig.lab.clearFaults();
    const report = await rig.reportOf(await handle.result());
    expect(report).toContain("is withdrawn: the window has opened");
    writeFileSync(rig.lab.configFile, stringify(plain));
    const free = await rig.start({ version: "2.4.0" });
    await rig.gate(free, "canary");
    await expect(ask(free)).rejects.toMatchObject(
      refusedWith("override: this run keeps to no calendar"),
    );
    await free.signal("abort", { by: "ada" });
    await free.result();
  });
});

describe("an override where a roster says who people are", () => {
  it("is approved by neither the starter nor whoever asked, under whatever name", async () => {
    const policy = { who: ["ops"], expiresAfterS: 3_600 };
    configure(nights, {
      approvals: {
        ...{ roster: { file: "roster.yaml" }, policies: { ops: policy } },
        gates: { [gate]: "ops" },
      },
    });
    const started = { version: "3.0.0", ...quick };
    const handle = await rig.start(started, "dan@desk");
    await isClosed(handle);
    await ask(handle, { by: "ada@desk" });
    for (const [by, refusal] of [
      ["ADA", "asker"],
      ["dan", "starter"],
      ["eve", "stranger"],
    ] as const)
      await expect(approve(handle, by, "sure")).rejects.toMatchObject(
        refusedAs(refusal),
      );
    await expect(approve(handle, "ben")).rejects.toMatchObject(
      refusedAs("unexplained"),
    );
    await approve(handle, "ben", "seen the logs");
    const result = await handle.result();
    expect(result.outcome).toBe("completed");
    expect(await rig.reportOf(result)).toMatch(
      /override of the window by ada@desk, approved by ben until \S+Z: the hole/,
    );
  });
});
