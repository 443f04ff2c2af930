import { createSql } from "../../../../activities/postgres/client";
import type {
  RunMark,
  StepProgress,
} from "../../../../activities/postgres/port";
import { nameOf, runMark } from "../../../../activities/postgres/run-mark";
import {
  installAmcheck,
  removeAmcheck,
} from "../../../../activities/postgres/slot/amcheck";
import { createSlot } from "../../../../activities/postgres/slot/create-slot";
import { dropSlot } from "../../../../activities/postgres/slot/drop-slot";
import { handOverSlot } from "../../../../activities/postgres/slot/hand-over";
import type {
  SlotLevel,
  SlotSight,
} from "../../../../activities/postgres/slot/port";
import {
  removeSentinels,
  writeSentinel,
} from "../../../../activities/postgres/slot/sentinel";
import {
  lookAtSlot,
  watchSlot,
} from "../../../../activities/postgres/slot/watch-slot";
import { describeWhen } from "../../../harness/describe-when";
import { eventually } from "../../../harness/eventually";
import {
  type PgLab,
  postgresMissing,
  startPgLab,
} from "../../../harness/postgres-cluster";
import { WalReceiver } from "../../../harness/wal-receiver";

const mb = 1_024 * 1_024;
const sql = createSql();
let runs = 0;

describeWhen(postgresMissing())("a run's slot on a real primary", () => {
  let lab: PgLab;
  let run: RunMark;
  let slot: string;
  const receivers: WalReceiver[] = [];

  beforeAll(async () => {
    lab = await startPgLab({ fill: { sizeMb: 1 }, hosts: ["other"] });
  });
  afterAll(() => lab.stop());
  beforeEach(() => {
    run = runMark({ workflowId: "replica-setup:t:c", rootRunId: `r${++runs}` });
    slot = nameOf(run);
    // A slot is reserved from the last checkpoint on.
    return lab.primary.sql("checkpoint");
  });
  afterEach(async () => {
    for (const receiver of receivers.splice(0)) await receiver.kill();
    await dropAll();
  });

  it("is reserved and capped, and taken away again without a trace", async () => {
    expect(await create(200)).toMatchObject({
      ...{ slot, cap: { was: "-1", setTo: "200MB" } },
      restartLsn: expect.stringMatching(/^0\//),
    });
    expect(await cap()).toBe("200MB");
    expect(await row()).toBe("physical|f|reserved");
    await expect(dropSlot(place())).resolves.toEqual({
      ...{ slot: "dropped", cap: "restored" },
    });
    expect(await cap()).toBe("-1");
    expect(await row()).toBe("");
    expect(await schemas()).toBe("0");
    await expect(dropSlot(place())).resolves.toEqual({
      ...{ slot: "gone", cap: "untouched" },
    });
  });

  it("is created once, however often a worker died on the way", async () => {
    const first = await create(200);
    await expect(create(200)).resolves.toEqual(first);
    await ask(`delete from upgrade_runbooks.owned where kind = 'cap'`);
    await expect(create(200)).resolves.toMatchObject({ cap: { was: "200MB" } });
    await ask("alter system reset max_slot_wal_keep_size");
  });

  it("is finished where a worker died between the cap's note and the cap", async () => {
    await create(200);
    await ask("alter system reset max_slot_wal_keep_size");
    await ask("select pg_reload_conf()");
    await eventually(async () => (await cap()) === "-1" || undefined);
    await expect(create(200)).resolves.toMatchObject({
      cap: { was: "-1", setTo: "200MB" },
    });
    expect(await cap()).toBe("200MB");
  });

  it("is not taken over by its name, nor from what uses it, nor when it is another kind", async () => {
    await ask(`select pg_create_physical_replication_slot('${slot}', true)`);
    await expect(create(200)).rejects.toMatchObject({ type: "slot.notOurs" });
    expect(await cap()).toBe("-1");
    await ask(`select pg_drop_replication_slot('${slot}')`);
    await create(200);
    await streaming("pg_receivewal of mine");
    await expect(create(200)).rejects.toMatchObject({ type: "slot.inUse" });
  });

  it("is not accepted once it holds other WAL than it did", async () => {
    await create(200);
    await ask(
      `update upgrade_runbooks.owned set facts = '{"restartLsn": "0/1"}' where kind = 'slot'`,
    );
    await expect(create(200)).rejects.toMatchObject({ type: "slot.lost" });
  });

  it("leaves another's slot its WAL, and a smaller cap as it is", async () => {
    await ask("select pg_create_physical_replication_slot('theirs', true)");
    await write(40);
    expect(await create(8)).toMatchObject({
      cap: { was: "-1", setTo: expect.stringMatching(/^1[0-9]{2}MB$/) },
    });
    await dropSlot(place());
    await ask("alter system set max_slot_wal_keep_size = '100MB'");
    await ask("select pg_reload_conf()");
    await eventually(async () => (await cap()) === "100MB" || undefined);
    await expect(create(500)).resolves.toMatchObject({
      cap: { was: "100MB" },
    });
    await expect(dropSlot(place())).resolves.toMatchObject({
      cap: "untouched",
    });
    expect(await cap()).toBe("100MB");
    await ask("alter system reset max_slot_wal_keep_size");
    await ask("select pg_reload_conf()");
    await eventually(async () => (await cap()) === "-1" || undefined);
  });

  it("keeps a cap that somebody has set since, and the first one's for the run that ends last", async () => {
    const other = runMark({ workflowId: "w", rootRunId: "other" });
    const theirs = { sql, run: other, primary: lab.servers.primary };
    await create(300);
    await createSlot({ ...theirs, capBytes: 150 * mb });
    expect(await cap()).toBe("150MB");
    await expect(dropSlot(place())).resolves.toMatchObject({ cap: "kept" });
    expect(await cap()).toBe("150MB");
    await expect(dropSlot(theirs)).resolves.toMatchObject({ cap: "restored" });
    expect(await cap()).toBe("-1");
    await create(300);
    await ask("alter system set max_slot_wal_keep_size = '77MB'");
    await ask("select pg_reload_conf()");
    await eventually(async () => (await cap()) === "77MB" || undefined);
    await expect(dropSlot(place())).resolves.toMatchObject({ cap: "kept" });
    expect(await cap()).toBe("77MB");
    await ask("alter system reset max_slot_wal_keep_size");
    await ask("select pg_reload_conf()");
    await eventually(async () => (await cap()) === "-1" || undefined);
  });

  it("is seen at each of its levels, and lost, though the server calls it reserved again", async () => {
    const { restartLsn } = await create(64);
    const seen: SlotLevel[] = [];
    let sight: SlotSight = await look("ok", restartLsn);
    for (let level = sight.level; seen.at(-1) !== "lost"; level = sight.level) {
      seen.push(level);
      const watching = watchSlot(
        sql,
        { ...watch(level, restartLsn), everyMs: 20 },
        new AbortController().signal,
      );
      while (!(await settled(watching))) {
        await write(4);
        if (level === "abort") await ask("checkpoint");
      }
      sight = await watching;
      if (sight.level === "lost") seen.push("lost");
    }
    expect(seen).toEqual(["ok", "warn", "hold", "abort", "lost"]);
    expect(sight.reason).toMatch(/given the slot up|holds no WAL/);
    await streaming(slot);
    await eventually(async () =>
      (await row()).endsWith("reserved") ? true : undefined,
    );
    await expect(look("lost", restartLsn)).resolves.toMatchObject({
      level: "lost",
      walStatus: expect.stringMatching(/reserved|extended/),
      reason: expect.stringContaining(`${restartLsn} is needed`),
    });
  });

  it("is lost when somebody drops it behind our back", async () => {
    const { restartLsn } = await create(64);
    const told: string[] = [];
    const watching = watchSlot(
      sql,
      { ...watch("ok", restartLsn), everyMs: 20 },
      new AbortController().signal,
      ({ line }) => void told.push(line),
    );
    await ask(`select pg_drop_replication_slot('${slot}')`);
    await expect(watching).resolves.toMatchObject({ level: "lost" });
    // News is returned: who has stopped the watch must not hear it by the way.
    expect(told.filter((line) => !line.startsWith("holds"))).toEqual([]);
  });

  it("is told as it is after its time, without news", async () => {
    await create(64);
    const calm = { ...watch("ok"), everyMs: 20, untilMs: 50 };
    const { signal } = new AbortController();
    const told: StepProgress[] = [];
    await expect(
      watchSlot(sql, calm, signal, (progress) => told.push(progress)),
    ).resolves.toMatchObject({ level: "ok" });
    expect(told[0]).toMatchObject({ step: "watch-slot", percent: 0 });
    expect(told[0]?.line).toMatch(/^holds .* of its cap of 64 MB$/);
  });

  it("waits for its own stream to end", async () => {
    await create(64);
    const receiver = await streaming(slot);
    const dropping = dropSlot({ ...place(), graceMs: 20_000 });
    await receiver.kill();
    await expect(dropping).resolves.toMatchObject({ slot: "dropped" });
  });

  it("ends its own stream where nobody else will, also when its receiver takes not even word of that", async () => {
    await create(200);
    const receiver = await streaming(slot);
    await receiver.clog();
    await expect(dropSlot({ ...place(), graceMs: 300 })).resolves.toMatchObject(
      { slot: "dropped" },
    );
  });

  it("is never dropped from under another's stream, nor as another run's", async () => {
    await create(64);
    const theirs = await streaming("somebody");
    await expect(dropSlot({ ...place(), graceMs: 300 })).rejects.toMatchObject({
      type: "slot.inUse",
      seen: expect.stringContaining('"somebody" from'),
    });
    expect(await row()).toMatch(/^physical\|t/);
    await theirs.kill();
    await ask(
      "update upgrade_runbooks.owned set root_run_id = 'x' where kind = 'slot'",
    );
    await expect(dropSlot(place())).rejects.toMatchObject({
      type: "slot.notOurs",
    });
    expect(await row()).not.toBe("");
  });

  it("belongs to its standby once it is handed over, and the cap is the server's again", async () => {
    await create(64);
    await expect(handOverSlot(place())).resolves.toEqual({ cap: "restored" });
    await expect(handOverSlot(place())).resolves.toEqual({ cap: "untouched" });
    expect([await cap(), await row()]).toEqual(["-1", "physical|f|reserved"]);
    await ask(`select pg_drop_replication_slot('${slot}')`);
    await expect(handOverSlot(place())).rejects.toMatchObject({
      type: "slot.lost",
    });
  });

  it("leaves its cap in no files that were copied, and is left behind by a switchover", async () => {
    const other = lab.cluster("other");
    await lab.init(other);
    const standby = lab.server("other");
    const copied = "alter system set max_slot_wal_keep_size = '64MB'";
    const capThere = () => other.sql("show max_slot_wal_keep_size");
    const reloaded = (want: string) =>
      eventually(async () => (await capThere()) === want || undefined);
    await other.sql(copied);
    await other.sql("select pg_reload_conf()");
    await reloaded("64MB");
    await create(64);
    await handOverSlot({ ...place(), standby });
    await reloaded("-1");
    await ask(`select pg_drop_replication_slot('${slot}')`);
    await expect(
      handOverSlot({ ...place(), standby, isSwitched: true }),
    ).resolves.toEqual({ cap: "untouched" });
    expect(await schemas()).toBe("0");
  });

  it("is created though commits wait for a standby that is not there", async () => {
    await ask("alter system set synchronous_standby_names = 'ghost'");
    await ask("select pg_reload_conf()");
    await eventually(
      async () =>
        (await ask("show synchronous_standby_names")) === "ghost" || undefined,
    );
    try {
      await create(64);
      await writeSentinel({ ...place(), name: "before" });
      await dropSlot(place());
    } finally {
      await ask("alter system reset synchronous_standby_names");
      await ask("select pg_reload_conf()");
    }
  });

  it("writes a sentinel once, below the LSN that it tells, and removes the run's alone", async () => {
    const other = runMark({ workflowId: "w", rootRunId: "other" });
    const theirs = { sql, run: other, primary: lab.servers.primary };
    const first = await writeSentinel({ ...place(), name: "before" });
    const again = await writeSentinel({ ...place(), name: "before" });
    expect(again).toMatchObject({ name: "before", at: first.at });
    expect(first.at).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    const below = `select count(*) from upgrade_runbooks.sentinel where lsn < '${first.lsn}' and name = 'before'`;
    expect(await ask(below)).toBe("1");
    await writeSentinel({ ...theirs, name: "before" });
    await removeSentinels(place());
    expect(await ask("select root_run_id from upgrade_runbooks.sentinel")).toBe(
      "other",
    );
    await removeSentinels(theirs);
    expect(await schemas()).toBe("0");
  });

  it("installs amcheck where it was missing, and removes it there alone", async () => {
    const other = runMark({ workflowId: "w", rootRunId: "other" });
    const theirs = { sql, run: other, primary: lab.servers.primary };
    await ask("create extension amcheck", "books");
    await expect(installAmcheck(place())).resolves.toEqual([
      ...["postgres", "shop"],
    ]);
    await expect(installAmcheck(place())).resolves.toEqual([
      ...["postgres", "shop"],
    ]);
    await expect(installAmcheck(theirs)).resolves.toEqual([]);
    await expect(removeAmcheck(place())).resolves.toEqual([]);
    expect(await amcheckIn("shop")).toBe("1");
    await expect(removeAmcheck(theirs)).resolves.toEqual(["postgres", "shop"]);
    await expect(removeAmcheck(theirs)).resolves.toEqual([]);
    expect([await amcheckIn("shop"), await amcheckIn("books")]).toEqual([
      ...["0", "1"],
    ]);
    expect(await schemas()).toBe("0");
  });

  const place = () => ({ sql, run, primary: lab.servers.primary });
  const ask = (text: string, database?: string) =>
    lab.primary.sql(text, database);
  const create = (capMb: number) =>
    createSlot({ ...place(), capBytes: capMb * mb });
  const cap = () => ask("show max_slot_wal_keep_size");
  const row = () =>
    ask(
      `select slot_type, active, wal_status from pg_replication_slots where slot_name = '${slot}'`,
    );
  const schemas = () =>
    ask("select count(*) from pg_namespace where nspname = 'upgrade_runbooks'");
  const amcheckIn = (database: string) =>
    ask(
      "select count(*) from pg_extension where extname = 'amcheck'",
      database,
    );

  const watch = (level: SlotLevel, needsLsn?: string) => ({
    ...{ run, primary: lab.servers.primary, slot, level, needsLsn },
    ...{ capBytes: 64 * mb, thresholds: { warn: 30, hold: 55, abort: 80 } },
  });
  const look = (level: SlotLevel, needsLsn?: string) =>
    lookAtSlot(sql, watch(level, needsLsn));

  /** Megabytes of WAL: 16 to a segment. */
  async function write(megabytes: number): Promise<void> {
    for (let written = 0; written < megabytes; written += 8)
      await ask(
        `select pg_logical_emit_message(false, 'x', repeat('x', ${mb} * ${Math.min(8, megabytes - written)}))`,
      );
  }

  async function streaming(application: string): Promise<WalReceiver> {
    const receiver = await WalReceiver.start(lab, slot, application);
    receivers.push(receiver);
    return receiver;
  }

  async function dropAll(): Promise<void> {
    await eventually(async () => {
      await ask(
        "select pg_drop_replication_slot(slot_name) from pg_replication_slots where not active",
      );
      return (await ask("select count(*) from pg_replication_slots")) === "0"
        ? true
        : undefined;
    });
    await ask("drop schema if exists upgrade_runbooks cascade");
    await ask("alter system reset max_slot_wal_keep_size");
    await ask("select pg_reload_conf()");
    await eventually(async () => (await cap()) === "-1" || undefined);
  }
});

async function settled(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol("open");
  return (await Promise.race([promise, Promise.resolve(open)])) !== open;
}
