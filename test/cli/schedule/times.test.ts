import { localTime, timesSchema, utcTime } from "../../../cli/schedule/times";

const parsed = (flags: object = {}) =>
  timesSchema.safeParse({
    "--at": ["FRI 22:00"],
    "--tz": "Europe/Sofia",
    "--window": "PT7H",
    ...flags,
  });
const calendarOf = (at: string) => parsed({ "--at": [at] }).data?.["--at"][0];

describe("--at", () => {
  it.each([
    ["FRI 22:00", { dayOfWeek: ["FRIDAY"], hour: 22, minute: 0 }],
    ["daily 03:05", { hour: 3, minute: 5 }],
    [
      "mon-wed,sat 01:30",
      { dayOfWeek: ["MONDAY", "TUESDAY", "WEDNESDAY", "SATURDAY"] },
    ],
    ["SAT-MON 01:30", { dayOfWeek: ["SATURDAY", "SUNDAY", "MONDAY"] }],
    [
      "TUE#2 22:00",
      { dayOfWeek: ["TUESDAY"], dayOfMonth: { start: 8, end: 14 } },
    ],
  ])("%s", (at, calendar) => {
    expect(calendarOf(at)).toMatchObject({ ...calendar, comment: at });
  });

  it.each([
    "FRI",
    "22:00",
    "FRI 24:00",
    "FRI 2:00",
    "FRIDAY 22:00",
    "TUE#5 1:0",
  ])("refuses %s", (at) => {
    expect(parsed({ "--at": [at] }).error?.issues[0]?.message).toContain(
      "expected days and a time",
    );
  });

  it("wants at least one", () => {
    expect(parsed({ "--at": [] }).success).toBe(false);
  });
});

describe("--tz", () => {
  it.each(["Europe/Sofia", "UTC", "Asia/Kolkata", "America/New_York"])(
    "takes %s",
    (tz) => {
      expect(parsed({ "--tz": tz }).success).toBe(true);
    },
  );

  it.each(["europe/sofia", "EEST", "+02:00", ""])("refuses %s", (tz) => {
    expect(parsed({ "--tz": tz }).success).toBe(false);
  });
});

describe("--window", () => {
  it.each([
    ["PT7H", 25_200_000],
    ["PT90M", 5_400_000],
    ["P1DT12H", 129_600_000],
    ["P7D", 604_800_000],
  ])("%s", (window, ms) => {
    expect(parsed({ "--window": window }).data?.["--window"]).toBe(ms);
  });

  it.each(["7h", "P", "PT", "PT0M", "P8D", "PT1.5H"])(
    "refuses %s",
    (window) => {
      expect(parsed({ "--window": window }).success).toBe(false);
    },
  );
});

describe("a moment", () => {
  const at = new Date("2026-11-27T20:00:00.000Z");
  it("is told in UTC and on the clocks of the zone, over midnight too", () => {
    expect(utcTime(at)).toBe("2026-11-27T20:00:00Z");
    expect(localTime(at, "Europe/Sofia")).toBe("Fri 2026-11-27 22:00");
    expect(localTime(at, "Asia/Kolkata")).toBe("Sat 2026-11-28 01:30");
  });
});
