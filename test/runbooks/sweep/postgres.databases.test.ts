import { existsSync, readdirSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SweepReport } from "../../../runbooks/sweep/contract";
import type { sweep } from "../../../runbooks/sweep/workflow";
import { gatesQuery } from "../../../workflows/gate/messages";
import { lockUpdates } from "../../../workflows/lock/messages";
import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";
import { postgresMissing } from "../../harness/postgres-cluster";
import { type ReplicaRig, startReplicaRig } from "../replica-setup/replica-rig";

jest.setTimeout(300_000);

describeWhen(postgresMissing())("a replica setup that is over", () => {
  let rig: ReplicaRig;
  beforeAll(async () => {
    rig = await startReplicaRig();
  });
  afterAll(() => rig.stop());

  it("when it was terminated: its slot stays while a standby needs it, all else is freed, then the slot, too", async () => {
    const run = await rig.start();
    await rig.answer(run, "begin", "approve");
    await eventually(async () => {
      const gates = await run.query(gatesQuery);
      return gates.some(({ id }) => id === "ready") || undefined;
    }, 120_000);
    await run.terminate("a test");

    const first = await freed();
    expect(first.filter((one) => one.startsWith("person"))).toEqual([
      ...["person setting", "person slot"],
    ]);
    expect(first).toEqual(
      expect.arrayContaining([
        ...["freed copy", "freed extension", "freed sentinel"],
      ]),
    );
    expect(await streams()).toBe("1");
    const { dataDirectory, workFolder } = rig.lab.servers.replica;
    const scratches = join(workFolder, "scratch");
    expect(existsSync(scratches) ? readdirSync(scratches) : []).toEqual([]);

    // A standby that is down for a while needs its WAL when it comes back.
    await rig.lab.replica.stop();
    await eventually(async () => (await streams()) === "0" || undefined);
    expect(await freed()).toEqual(["person setting", "person slot"]);

    rmSync(dataDirectory, { recursive: true });
    expect(await freed()).toEqual(["freed setting", "freed slot"]);
    expect(await freed()).toEqual([]);
    expect(await ask("select count(*) from pg_replication_slots")).toBe("0");
    expect(await ask("show max_slot_wal_keep_size")).toBe("-1");
    expect(
      await ask("select count(*) from pg_namespace where nspname like 'upgr%'"),
    ).toBe("0");
    // Its lock is kept until a person has looked.
    await rig.server.client.workflow
      .getHandle("lock:db")
      .executeUpdate(lockUpdates.release, {
        args: [{ resource: "db", by: "ada", reason: "nothing is left" }],
      });
  });

  it("when it has completed: nothing is found, and neither server has its cap", async () => {
    const run = await rig.start();
    await rig.answer(run, "begin", "approve");
    await rig.answer(run, "ready", "finish");
    await run.result();
    expect(await freed()).toEqual([]);
    const cap = "show max_slot_wal_keep_size";
    expect([await ask(cap), await rig.lab.replica.sql(cap)]).toEqual([
      ...["-1", "-1"],
    ]);
    expect(await streams()).toBe("1");
  });

  const ask = (text: string) => rig.lab.primary.sql(text);
  const streams = () =>
    ask("select count(*) from pg_replication_slots where active");

  /** Sweeps until workers of what has just ended are thought to know it. */
  const freed = () =>
    eventually(async () => {
      const { client } = rig.server;
      const input = { target: "db", change: "t", mode: "free" as const };
      const handle = await client.workflow.start<typeof sweep>("sweep", {
        ...{ taskQueue: rig.taskQueue, args: [input] },
        workflowId: "sweep:db:t",
      });
      const { report } = await handle.result();
      const file = join(rig.folder, "artifacts", report?.json.key ?? "");
      const text = await readFile(file, "utf8");
      const { leftovers } = JSON.parse(text) as SweepReport;
      const told = leftovers
        .filter(({ kind }) => !["lock", "kept", "watcher"].includes(kind))
        .map(
          ({ kind, todo, isFreed }) =>
            `${isFreed === true ? "freed" : todo} ${kind}`,
        );
      // The last one is told when it stays.
      if (told.some((one) => one.startsWith("wait"))) throw new Error(text);
      return told;
    }, 90_000);
});
