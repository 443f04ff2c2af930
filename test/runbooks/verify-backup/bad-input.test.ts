import { planText } from "../../../runbooks/verify-backup/plan-words";
import { planFor } from "../../../runbooks/verify-backup/prepare";
import { PostgresTarget } from "../postgres-target";

const good = {
  ...{ target: "prod", change: "c-1", host: "db-2" },
  backup: "0123456789ab-1",
};

const { plan, faultsOf, pathsOf } = new PostgresTarget(planFor);

describe("the input of verify-backup", () => {
  it("is a plan of the standard policy when nothing is wrong with it", async () => {
    const { settings } = await plan(good);
    expect(settings).toMatchObject({ mode: "plan", policy: "standard" });
  });

  it("names all faults of its form at once", async () => {
    const input = {
      ...{ target: "prod", change: "c 1", host: "", policy: "deep" },
      ...{ backup: "/srv/../etc", levels: ["V2", "V10"], validForH: 0 },
      colour: "blue",
    };
    expect(await pathsOf(input)).toEqual(
      expect.arrayContaining([
        ...["change", "host", "backup", "policy", "levels[1]"],
        ...["validForH", "colour"],
      ]),
    );
  });

  it("names what does not fit together at once: path, hosts and secrets", async () => {
    const input = { ...good, backup: "/srv/other/b", primary: "db-9" };
    const faults = await faultsOf(input, { password: "env:NO_SUCH_SECRET_1" });
    expect(faults.map((line) => line.split(":")[0])).toEqual([
      ...["backup", "primary", "postgres.password of the target"],
    ]);
    expect(faults[0]).toMatch(
      /a folder below \/srv\/pg\/backups, the work folder of db-2; move the backup there/,
    );
  });

  it.each([
    [
      "beside the work folder, though its name begins alike",
      "/srv/pg/backups2/a",
    ],
    ["that is the work folder itself", "/srv/pg/backups"],
    ["that is a data directory", "/srv/pg/data"],
    [
      "that is somebody's scratch copy",
      "/srv/pg/backups/scratch/0123456789ab-1",
    ],
  ])("refuses a path %s", async (_what, backup) => {
    expect(await pathsOf({ ...good, backup })).toEqual(["backup"]);
  });

  it.each([
    ["with a step up", "/srv/pg/backups/../data"],
    ["that climbs by a name", "../data"],
    ["with a word of the shell", "$(reboot)"],
    ["with an option", "-rf"],
  ])("refuses a backup %s", async (_what, backup) => {
    expect(await pathsOf({ ...good, backup })).toEqual(["backup"]);
  });

  it("leaves out by name what needs a primary, when it has none", async () => {
    const text = planText(await plan({ ...good, policy: "full" }));
    expect(text).toContain("Levels: V1, V2, V3, V4, V5, V6, V7, as the policy");
    expect(text).toMatch(/Left out: V8 Rows, for .*primary/);
    expect(text).toMatch(/Left out: V9 Sentinel/);
  });

  it("compares rows with the primary that it names", async () => {
    const input = { ...good, policy: "full", primary: "db-1" };
    const text = planText(await plan(input));
    expect(text).toContain("Levels: V1, V2, V3, V4, V5, V6, V7, V8, as");
    expect(text).toContain("Primary: db-1, which V8 alone asks");
  });
});
