import { type Run, useCliRig } from "../../harness/cli-rig";
import { eventually } from "../../harness/eventually";
import type { Rig } from "../../harness/rig";
import { uniqueId } from "../../harness/temporal";
import { cli } from "../run-cli";

let rig: Rig;
let run: Run;
useCliRig({ hosts: 2, pools: 1 }, (...started) => ([rig, run] = started), {
  USER: "ada",
});

const schedule = (...argv: readonly string[]) => run(["schedule", ...argv]);

const create = (change: string, ...words: readonly string[]) =>
  schedule(
    ...["create", "--set", "target=lab", "--set", `change=${change}`],
    ...["--set", "component=app", "--set", `version=${uniqueId("2.0")}`],
    ...["--at", "FRI 22:00", "--tz", "Europe/Sofia", "--window", "PT7H"],
    ...words,
  );

/** A Schedule of a change of its own; its id, as it was told. */
async function created(...words: readonly string[]): Promise<string> {
  const { code, out, err } = await create(uniqueId("weekly"), ...words);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return /^Created (\S+)$/m.exec(out)?.[1] ?? "";
}

interface Listed {
  readonly id: string;
  readonly paused: boolean;
  readonly note?: string;
  readonly next: { utc: string; local: string }[];
  readonly last: { at: string; workflowId: string; outcome: string }[];
  readonly skipped: number;
}
async function listed(id: string): Promise<Listed | undefined> {
  const { out } = await schedule("list", "--json");
  const { schedules } = JSON.parse(out) as { schedules: Listed[] };
  return schedules.find((one) => one.id === id);
}
const untilListed = (id: string, is: (one: Listed) => boolean) =>
  eventually(async () => {
    const one = await listed(id);
    return one !== undefined && is(one) ? one : undefined;
  });

const handleOf = (id: string) => rig.server.client.schedule.getHandle(id);
/** As its time would: a trigger without a policy overlaps. */
const fire = (id: string) => handleOf(id).trigger("SKIP");
const friday = {
  start: new Date("2026-11-20T19:59:00Z"),
  end: new Date("2026-11-20T20:01:00Z"),
};

describe("a Schedule", () => {
  it("keeps to its zone, never overlaps, and opens nothing late beyond its window", async () => {
    const id = await created();
    const { policies, spec } = await handleOf(id).describe();
    expect(spec.timezone).toBe("Europe/Sofia");
    expect(policies).toMatchObject({
      overlap: "SKIP",
      catchupWindow: 7 * 3_600_000,
    });
    const { next } = await untilListed(id, () => true);
    expect(next).toHaveLength(3);
    for (const { utc, local } of next) {
      expect(local).toMatch(/^Fri \d{4}-\d\d-\d\d 22:00$/);
      expect(new Date(utc).getUTCDay()).toBe(5);
    }
  }, 180_000);

  it("opens a run whose change ends with the time, which says how it ended", async () => {
    const id = await created();
    await handleOf(id).backfill(friday);
    const { last } = await untilListed(id, (one) =>
      one.last.some(({ outcome }) => outcome === "planned"),
    );
    const workflowId = `${id}-2026-11-20T20:00:00Z`;
    expect(last).toEqual([
      { at: "2026-11-20T20:00:00Z", workflowId, outcome: "planned" },
    ]);
    const change = `${id.split(":")[2]}-20261120T200000Z`;
    const { text } = (await rig.server.client.workflow
      .getHandle(workflowId)
      .result()) as { text: string };
    expect(text).toContain(change);
    const words = await schedule("list");
    expect(words.out).toContain(`2026-11-20T20:00:00Z  planned  ${workflowId}`);
  }, 180_000);

  it("carries its plan out when told so, and skips a window while the run goes on", async () => {
    const id = await created("--execute");
    await fire(id);
    const { last } = await untilListed(id, (one) => one.last.length === 1);
    const opened = rig.server.client.workflow.getHandle(
      last[0]?.workflowId ?? "",
    );
    await rig.gate(opened, "canary");
    const seen = await opened.describe();
    const attributes = Object.fromEntries(
      seen.typedSearchAttributes
        .getAll()
        .map(({ key, value }) => [key.name, value]),
    );
    expect(attributes).toMatchObject({
      TemporalScheduledById: id,
      ChangeTicket: expect.stringMatching(/^weekly-\w+-\d{8}T\d{6}Z$/),
      RunbookTarget: "lab",
    });
    await fire(id);
    const after = await untilListed(id, (one) => one.skipped === 1);
    expect(after.last).toMatchObject([{ outcome: "goes on" }]);
    await rig.answer(opened, "canary", "deny");
    await untilListed(id, (one) => one.last[0]?.outcome === "denied");
  }, 180_000);

  it("is paused, unpaused and deleted, by name and with a reason", async () => {
    const id = await created();
    await schedule("pause", id, "--reason", "change freeze");
    const paused = await untilListed(id, (one) => one.paused);
    expect(paused.note).toBe("paused by ada: change freeze");
    expect((await schedule("list")).out).toContain(`${id}  PAUSED`);
    await schedule("unpause", id);
    await untilListed(id, (one) => !one.paused);
    const deleted = await schedule("delete", id);
    expect(deleted.out).toContain("a run that it has opened goes on");
    await expect(handleOf(id).describe()).rejects.toThrow(/not found/i);
    const again = await schedule("delete", id);
    expect({ code: again.code, err: again.err }).toEqual({
      code: 3,
      err: expect.stringContaining(`no Schedule ${id}`),
    });
  }, 180_000);

  it("is refused a second time for the same change, exit 5", async () => {
    const id = await created();
    const again = await create(id.split(":")[2] ?? "");
    expect(again.code).toBe(5);
    expect(again.err).toContain(`runbook schedule delete ${id}`);
  }, 180_000);
});

describe("a wrong schedule create", () => {
  it("tells all that is missing at once, asks no server, and exits 2", async () => {
    const { code, err } = await cli(["schedule", "create"], {
      env: { TEMPORAL_ADDRESS: "127.0.0.1:1" },
    });
    expect(code).toBe(2);
    for (const path of ["--at", "--tz", "--window", "target", "component"])
      expect(err).toContain(`  ${path}: found nothing`);
  });
});
