import { planFor } from "../../../runbooks/replica-setup/prepare";
import { PostgresTarget } from "../postgres-target";

const good = {
  ...{ target: "prod", change: "c-1", primary: "db-1", replica: "db-2" },
};

const hosts = ["db-1", "db-2", "web-1"];
const { faultsOf } = new PostgresTarget(planFor, hosts);

describe("the input of replica-setup", () => {
  it("is a plan when nothing is wrong with it", async () => {
    expect(await faultsOf(good)).toEqual([]);
  });

  it("names all faults of its form at once", async () => {
    const input = {
      ...{ target: "prod", change: "c 1", primary: "db-1", replica: "" },
      backup: { method: "rsync" },
      verify: { policy: "thorough" },
      slot: { warn: 80, hold: 70 },
      timeBoxS: 5,
      colour: "blue",
    };
    const faults = await faultsOf(input);
    expect(faults.map((line) => line.split(":")[0])).toEqual(
      expect.arrayContaining([
        ...["change", "replica", "backup.method", "verify.policy", "slot"],
        ...["timeBoxS", "colour"],
      ]),
    );
  });

  it("names a host that the target lacks, and one that is named twice", async () => {
    expect(
      await faultsOf({ ...good, primary: "db-9", replica: "db-9" }),
    ).toEqual([
      'primary: found "db-9", expected db-1, db-2 or web-1',
      'replica: found "db-9", expected db-1, db-2 or web-1',
      'replica: found "db-9", which is primary already, expected another host; a server is no replica of itself',
    ]);
  });

  it("wants a target that has PostgreSQL", async () => {
    expect(await faultsOf({ ...good, target: "web" })).toEqual([
      'target: found "web", which has no postgres, expected prod',
    ]);
    expect(await faultsOf({ ...good, target: "constructor" })).toEqual([
      'target: found "constructor", expected prod',
    ]);
  });

  it("wants secrets that the worker can read, and shows none", async () => {
    const [fault = ""] = await faultsOf(good, {
      password: "env:NO_SUCH_SECRET_HERE",
    });
    expect(fault).toContain("postgres.password of the target");
    expect(fault).toContain("NO_SUCH_SECRET_HERE is not set");
    const pasted = await faultsOf(good, { password: "hunter2" });
    expect(pasted.join()).toContain("expected a reference");
    expect(pasted.join()).not.toContain("hunter2");
  });

  it("wants folders of which neither is in the other", async () => {
    expect(
      (await faultsOf(good, { workFolder: "/srv/pg/data/backups" })).join(),
    ).toContain(
      "postgres.servers.db-1.workFolder: found /srv/pg/data/backups, beside dataDirectory /srv/pg/data",
    );
  });

  it("wants two servers in two places", async () => {
    const servers = { "db-2": { address: "127.0.0.1" } };
    expect(await faultsOf(good, { servers })).toEqual([
      "replica: found db-2 at 127.0.0.1:5432, where db-1 is, expected an address or a port of its own; say it under postgres.servers of the target",
    ]);
  });

  it.each([
    "/",
    "/var",
    "/etc",
    "relative",
    "/srv/../etc",
    "/srv/pg/",
    "/srv/a b",
    "/srv//pg",
  ])("takes %s for no folder of PostgreSQL's own", async (folder) => {
    const faults = await faultsOf(good, { dataDirectory: folder });
    expect(faults.join()).toContain("dataDirectory");
  });

  it("lets nothing run as root", async () => {
    expect((await faultsOf(good, { osUser: "root" })).join()).toContain(
      "expected a user other than root",
    );
  });
});
