import { configurationSchema } from "../../../activities/configuration/port";
import { hostSchema } from "../../../activities/inventory/port";
import {
  planText,
  switchQuestion,
} from "../../../runbooks/switchover/plan-words";
import { planFor } from "../../../runbooks/switchover/prepare";

const postgres = {
  user: "runbook",
  dataDirectory: "/srv/pg/data",
  workFolder: "/srv/pg/backups",
  replication: { user: "repl" },
};
const record = {
  key: "verifications/1/a.json",
  sha256: "0".repeat(64),
  bytes: 9,
};
const good = {
  ...{ target: "prod", change: "c-1", primary: "db-1", standby: "db-2" },
  record,
};

function plan(input: object, section: object = {}) {
  const configuration = configurationSchema.parse({
    targets: {
      prod: {
        inventory: { file: "/etc/hosts.yaml" },
        postgres: { ...postgres, ...section },
      },
      web: { inventory: { file: "/etc/hosts.yaml" } },
    },
    components: {},
  });
  return planFor(input, {
    configuration: { read: async () => configuration },
    inventory: {
      resolve: async () =>
        ["db-1", "db-2"].map((id, at) =>
          hostSchema.parse({ id, address: `127.0.0.${at + 1}` }),
        ),
      shouldBeAlive: async () => true,
    },
    roster: { read: async () => ({ people: [], oncall: {} }) as never },
  });
}

/** Each fault that the input has, as a person reads it; none when there is a plan. */
async function faultsOf(input: object, section?: object): Promise<string[]> {
  try {
    await plan(input, section);
    return [];
  } catch (error) {
    expect(error).toMatchObject({ type: "input.invalid" });
    return (error as Error).message
      .split("\n")
      .filter((line) => line.startsWith("  "))
      .map((line) => line.trim());
  }
}
const pathsOf = async (input: object, section?: object): Promise<string[]> =>
  (await faultsOf(input, section)).map((line) => line.split(":")[0] ?? "");

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
