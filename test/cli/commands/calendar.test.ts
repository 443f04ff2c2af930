import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cli } from "../run-cli";

const configuration = `
targets:
  prod: { inventory: { file: hosts.yaml }, calendars: [weeknights, year-end, holidays] }
components: {}
calendars:
  weeknights: { tz: Europe/Sofia, dtstart: 2026-11-02T22:00, rrule: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH", duration: PT8H, cutoff: PT1H, minUseful: PT2H }
  year-end: { tz: Europe/Sofia, default: open, dtstart: 2026-12-18T18:00, duration: P17D }
  holidays: { tz: Europe/Sofia, default: open, exclusions: [2026-12-03] }
  early: { tz: Europe/Sofia, dtstart: 2026-01-04T03:30, rrule: "FREQ=WEEKLY;BYDAY=SU", duration: PT8H, gap: skip }
  shifted: { tz: Europe/Sofia, dtstart: 2026-01-04T03:30, rrule: "FREQ=WEEKLY;BYDAY=SU", duration: PT8H, gap: shift, mode: wall }
  nightly: { tz: Europe/Sofia, dtstart: 2026-01-01T22:00, rrule: FREQ=DAILY, duration: PT8H, notAfter: 2026-10-27T21:00:00Z }
  ends: { tz: UTC, dtstart: 2026-01-31T22:00, rrule: FREQ=MONTHLY;BYMONTHDAY=31, duration: PT8H }
`;

let folder: string;
let config: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-calendar-"));
  config = join(folder, "runbooks.yaml");
  await writeFile(config, configuration);
});
afterAll(() => rm(folder, { recursive: true }));

const calendar = (...argv: readonly string[]) =>
  cli(["calendar", ...argv, "--config", config]);
const lines = async (...argv: readonly string[]) => {
  const { code, out, err } = await calendar("next", ...argv);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return out.trimEnd().split("\n");
};

describe("calendar next", () => {
  it("prints windows in UTC and by the zone's clocks, why one is skipped, and why one is short", async () => {
    expect(await lines("3", "--from", "2026-12-01T10:00:00Z")).toEqual([
      "prod: weeknights and year-end and holidays; UTC, then the clocks of Europe/Sofia",
      "2026-12-01T20:00Z to 2026-12-02T04:00Z  Tue 2026-12-01 22:00 to Wed 2026-12-02 06:00  8 h; nothing new from Wed 2026-12-02 05:00 on",
      "skipped: 2026-12-02T20:00Z  Wed 2026-12-02 22:00",
      "  excluded by 2026-12-03 (holidays)",
      "  120 min from 2026-12-02T20:00:00Z are too short: cutoff and minUseful take 180 min",
      "2026-12-03T22:00Z to 2026-12-04T04:00Z  Fri 2026-12-04 00:00 to Fri 2026-12-04 06:00  6 h; nothing new from Fri 2026-12-04 05:00 on",
      "  shortened: excluded by 2026-12-03 (holidays)",
      "2026-12-07T20:00Z to 2026-12-08T04:00Z  Mon 2026-12-07 22:00 to Tue 2026-12-08 06:00  8 h; nothing new from Tue 2026-12-08 05:00 on",
    ]);
  });

  it("names the blackout that takes windows away", async () => {
    const told = await lines(
      "1",
      "--from",
      "2026-12-17T10:00:00Z",
      "--calendar",
      "weeknights",
      "--calendar",
      "year-end",
    );
    expect(told[0]).toBe(
      "weeknights and year-end; UTC, then the clocks of Europe/Sofia",
    );
    const after = await lines("1", "--from", "2026-12-30T10:00:00Z");
    expect(after.slice(1, 3)).toEqual([
      "skipped: 2026-12-30T20:00Z  Wed 2026-12-30 22:00",
      "  in the blackout of year-end",
    ]);
  });

  it("shows a start that clocks skip, and the odd distance around it", async () => {
    const told = await lines(
      "2",
      "--calendar",
      "early",
      "--from",
      "2026-03-22T00:00:00Z",
    );
    expect(told.slice(2)).toEqual([
      "skipped: 2026-03-29T01:30Z  Sun 2026-03-29 04:30",
      "  clocks in Europe/Sofia skip 2026-03-29T03:30",
      "2026-04-05T00:30Z to 2026-04-05T08:30Z  Sun 2026-04-05 03:30 to Sun 2026-04-05 11:30  8 h",
      "  warning: starts 335 h after the one before, not 336 h: clocks change in between",
    ]);
  });

  it("warns of a start that is moved and of a length by the wall clock", async () => {
    const told = await lines(
      "1",
      "--calendar",
      "shifted",
      "--from",
      "2026-03-29T00:00:00Z",
    );
    expect(told.slice(1)).toEqual([
      "2026-03-29T01:30Z to 2026-03-29T08:30Z  Sun 2026-03-29 04:30 to Sun 2026-03-29 11:30  7 h",
      "  warning: starts at 04:30, not at 03:30, which clocks skip",
      "  warning: lasts 7 h, not 8 h: clocks change in it",
    ]);
  });

  it("warns of another end in a night with a change, and of none where a bound cuts the window", async () => {
    const told = await lines(
      "9",
      "--calendar",
      "nightly",
      "--from",
      "2026-10-24T10:00:00Z",
    );
    expect(told.slice(1)).toEqual([
      "2026-10-24T19:00Z to 2026-10-25T03:00Z  Sat 2026-10-24 22:00 to Sun 2026-10-25 05:00  8 h",
      "  warning: ends at 05:00, not at 06:00: clocks change in it",
      "2026-10-25T20:00Z to 2026-10-26T04:00Z  Sun 2026-10-25 22:00 to Mon 2026-10-26 06:00  8 h",
      "  warning: starts 25 h after the one before, not 24 h: clocks change in between",
      "2026-10-26T20:00Z to 2026-10-27T04:00Z  Mon 2026-10-26 22:00 to Tue 2026-10-27 06:00  8 h",
      "2026-10-27T20:00Z to 2026-10-27T21:00Z  Tue 2026-10-27 22:00 to Tue 2026-10-27 23:00  1 h",
      "No further window in the next 400 days.",
    ]);
  });

  it("warns of months that a rule skips", async () => {
    const told = await lines(
      "1",
      "--calendar",
      "ends",
      "--from",
      "2026-03-01T00:00:00Z",
    );
    expect(told.at(-1)).toBe(
      "warning: ends: months without day 31 have no window for it; BYMONTHDAY=-1 is the last day",
    );
  });

  it("shows spans that are open where nothing is closed by default", async () => {
    const told = await lines(
      "2",
      "--calendar",
      "holidays",
      "--from",
      "2026-12-01T00:00:00Z",
    );
    expect(told.slice(1)).toEqual([
      "open before to 2026-12-02T22:00Z  ... to Thu 2026-12-03 00:00",
      "2026-12-03T22:00Z to no end in sight  Fri 2026-12-04 00:00 to ...",
    ]);
  });

  it("is a document under --json", async () => {
    const { out } = await calendar(
      "next",
      "1",
      "--from",
      "2026-12-02T10:00:00Z",
      "--json",
    );
    expect(JSON.parse(out)).toEqual({
      calendars: ["weeknights", "year-end", "holidays"],
      zone: "Europe/Sofia",
      from: "2026-12-02T10:00:00.000Z",
      upcoming: [
        expect.objectContaining({
          kind: "skipped",
          start: "2026-12-02T20:00:00.000Z",
        }),
        {
          kind: "window",
          start: "2026-12-03T22:00:00.000Z",
          end: "2026-12-04T04:00:00.000Z",
          cutoffAt: "2026-12-04T03:00:00.000Z",
          local: { start: "Fri 2026-12-04 00:00", end: "Fri 2026-12-04 06:00" },
          durationMs: 21_600_000,
          shortened: ["excluded by 2026-12-03 (holidays)"],
          warnings: [],
        },
      ],
      warnings: [],
    });
  });
});

describe("calendar state", () => {
  const state = async (at: string) => {
    const { code, out } = await calendar("state", "--at", at);
    return { code, lines: out.trimEnd().split("\n") };
  };

  it("is open, exit 0, and says until when", async () => {
    const { code, lines: told } = await state("2026-11-26T23:00:00Z");
    expect(code).toBe(0);
    expect(told).toEqual([
      "prod: weeknights and year-end and holidays: open",
      "closes            2026-11-27T04:00Z  Fri 2026-11-27 06:00 (Europe/Sofia)",
      "nothing new from  2026-11-27T03:00Z  Fri 2026-11-27 05:00 (Europe/Sofia)",
      "opens again       2026-11-30T20:00Z  Mon 2026-11-30 22:00 (Europe/Sofia)",
      "at its close      finish-batch-and-park",
      expect.stringMatching(/^digest {12}[0-9a-f]{64}$/),
    ]);
  });

  it("is closed, exit 7, and says by whom", async () => {
    const { code, lines: told } = await state("2026-12-20T23:00:00Z");
    expect(code).toBe(7);
    expect(told.slice(0, 4)).toEqual([
      "prod: weeknights and year-end and holidays: closed",
      "  weeknights: outside of its windows",
      "  year-end: within its blackout",
      "opens             2027-01-04T20:00Z  Mon 2027-01-04 22:00 (Europe/Sofia)",
    ]);
  });

  it("lets nothing start after the cutoff, exit 7", async () => {
    const { code, lines: told } = await state("2026-11-27T03:00:00Z");
    expect(code).toBe(7);
    expect(told[1]).toContain(
      "from 2026-11-27T03:00:00Z on nothing new starts",
    );
  });

  it("is a worker's own answer under --json", async () => {
    const { out } = await calendar(
      "state",
      "--at",
      "2026-11-26T23:00:00Z",
      "--json",
    );
    expect(JSON.parse(out)).toMatchObject({
      open: true,
      until: Date.parse("2026-11-27T04:00Z"),
    });
  });
});

test.each([
  [
    ["next", "--calendar", "nights"],
    "no calendar nights\nhint: Name one of weeknights, year-end,",
  ],
  [["next", "--target", "prd"], "no target prd\nhint: Name one of prod,"],
  [
    ["next", "--target", "prod", "--calendar", "early"],
    "--target and --calendar, expected --target with one of prod, or --calendar with one of weeknights,",
  ],
  [["next", "0"], "Expected a whole number from 1 to 100."],
  [
    ["state", "--at", "2026-11-27T03:00:00"],
    "Expected an instant such as 2026-11-22T03:00:00Z.",
  ],
])("%j is refused, exit 2", async (argv, fault) => {
  const { code, err, out } = await calendar(...argv);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(err).toContain(fault);
});
