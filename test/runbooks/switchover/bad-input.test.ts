import {
  planText,
  switchQuestion,
} from "../../../runbooks/switchover/plan-words";
import { planFor } from "../../../runbooks/switchover/prepare";
import { PostgresTarget } from "../postgres-target";

const record = {
  key: "verifications/1/a.json",
  sha256: "0".repeat(64),
  bytes: 9,
};
const good = {
  ...{ target: "prod", change: "c-1", primary: "db-1", standby: "db-2" },
  record,
};

const { plan, pathsOf } = new PostgresTarget(planFor);

describe("the input of switchover", () => {
  it("is a plan when nothing is wrong with it, within 300 s unless it says otherwise", async () => {
    const { settings } = await plan(good);
    expect(settings).toMatchObject({ mode: "plan", timeBoxS: 300, drainS: 30 });
  });

  it("names all faults of its form at once", async () => {
    const input = {
      ...{ target: "prod", change: "c 1", primary: "db-1", standby: "" },
      ...{ timeBoxS: 10, drainS: 0, colour: "blue" },
      record: { ...record, sha256: "ABC" },
      guards: { lagMiB: -1 },
    };
    expect(await pathsOf(input)).toEqual(
      expect.arrayContaining([
        ...["change", "standby", "timeBoxS", "drainS", "colour"],
        ...["record.sha256", "guards.lagMiB"],
      ]),
    );
  });

  it("names what does not fit together at once: hosts, record, drain and secrets", async () => {
    const { record: _, ...bare } = good;
    const input = { ...bare, standby: "db-9", drainS: 300, timeBoxS: 300 };
    const faults = await pathsOf(input, { password: "env:NO_SUCH_SECRET_1" });
    expect(faults).toEqual([
      ...["record", "drainS", "standby", "postgres.password of the target"],
    ]);
  });

  it("refuses one host for both, and a target without postgres", async () => {
    expect(await pathsOf({ ...good, standby: "db-1" })).toEqual(["standby"]);
    expect(await pathsOf({ ...good, target: "web" })).toEqual(["target"]);
  });

  it("goes without a record by a reason alone, and never with both", async () => {
    const { record: _, ...bare } = good;
    expect(await pathsOf({ ...bare, withoutRecord: "  " })).toEqual([
      "withoutRecord",
    ]);
    expect(await pathsOf({ ...good, withoutRecord: "why not" })).toEqual([
      "withoutRecord",
    ]);
    const without = await plan({ ...bare, withoutRecord: "restore drill" });
    expect(switchQuestion(without).split("\n")).toEqual([
      "db-2 takes over from db-1 on prod (c-1), within 300 s or back: may it begin?",
      "WITHOUT a record that verifies the standby's data: restore drill",
    ]);
    expect(planText(without)).toContain("Verification: NONE, by the input");
  });

  it("is asked about in one line where a record verifies the standby", async () => {
    const verified = await plan(good);
    expect(switchQuestion(verified)).not.toContain("\n");
    expect(planText(verified)).toContain("Read the record of the standby");
  });
});
