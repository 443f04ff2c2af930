import { readFileSync } from "node:fs";
import { Client } from "pg";
import {
  drainClients,
  resumeClients,
} from "../../../../activities/postgres/switchover/clients";
import { fencePrimary } from "../../../../activities/postgres/switchover/fence";
import {
  stepsAfter,
  switchSteps,
} from "../../../../activities/postgres/switchover/plan";
import {
  promote,
  proveReceived,
  proveTimeline,
} from "../../../../activities/postgres/switchover/promote";
import {
  rejoin,
  restartStandby,
} from "../../../../activities/postgres/switchover/rejoin";
import { reopenPrimary } from "../../../../activities/postgres/switchover/reopen";
import { stopPrimary } from "../../../../activities/postgres/switchover/stop-primary";
import { SwitchDrive } from "../../../harness/switch-drive";
import { describeWhen } from "../../../harness/describe-when";
import { eventually } from "../../../harness/eventually";
import {
  bouncerMissing,
  postgresMissing,
} from "../../../harness/postgres-cluster";
import {
  markOf,
  type PgPair,
  startPgPair,
  streaming,
} from "../../../harness/postgres-pair";
import { SwitchScene } from "../../../harness/switch-scene";

jest.setTimeout(180_000);

describeWhen(postgresMissing() ?? bouncerMissing())(
  "a switchover through PgBouncer",
  () => {
    let scene: SwitchScene;
    beforeAll(async () => {
      scene = await SwitchScene.start();
      await scene.writers.heard();
    });
    afterAll(() => scene.stop());

    it("loses nothing when every step is done twice", async () => {
      const drive = scene.next();
      await drive.run(switchSteps.flatMap((step) => [step, step]));
      await scene.settled(drive.order, "standby");
      const { primary, standby, run } = drive.order;
      const slots = (server: typeof primary) =>
        scene
          .clusterOf(server)
          .sql("SELECT slot_name FROM pg_replication_slots");
      expect(await slots(standby)).toBe(`rb_${run.short}`);
      expect(await slots(primary)).toBe("");
    });

    it("gives up waiting for a transaction that does not end, and lets it go on", async () => {
      const drive = scene.next();
      const { address, port } = scene.pair.lab.pgbouncer.settings;
      const { password } = scene.pair.lab.ground;
      const client = new Client({
        ...{ host: address, port, user: "app", password, database: "shop" },
      });
      await client.connect();
      await client.query("begin");
      await client.query("insert into acknowledged (writer, n) values (99, 1)");
      await expect(
        drainClients(scene.pair.ports, { ...drive.order, timeoutMs: 1_000 }),
      ).rejects.toMatchObject({ type: "postgres.notDrained" });
      expect(await drive.undo("drain", false)).toBe("primary");
      await client.query("commit");
      await client.end();
      await scene.settled(drive.order, "primary");
    });

    it("ends well though PgBouncer was restarted in the middle, and forgot that it paused", async () => {
      const drive = scene.next();
      const { bouncer } = scene.pair.lab.pgbouncer;
      await drive.run(switchSteps.slice(0, switchSteps.indexOf("received")));
      await bouncer.stop();
      await bouncer.start();
      await drive.run(["received", ...stepsAfter("received")]);
      await scene.settled(drive.order, "standby");
    });
  },
);

describeWhen(postgresMissing())("a switchover without PgBouncer", () => {
  let pair: PgPair;
  beforeAll(async () => {
    pair = await startPgPair();
  });
  afterAll(() => pair.stop());

  const clientOf = async (port: number) => {
    const { address } = pair.lab.primary;
    const { password } = pair.lab.ground;
    const client = new Client({
      ...{ host: address, port, user: "app", password, database: "shop" },
    });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const limitsOn = (cluster: PgPair["lab"]["primary"]) =>
    cluster.sql(
      "SELECT datname || '=' || datconnlimit FROM pg_database WHERE datname IN ('shop', 'books') ORDER BY 1",
    );

  it("shuts clients out, and lets them in as they were", async () => {
    const { primary } = pair.lab;
    await primary.sql("ALTER DATABASE shop CONNECTION LIMIT 7");
    const client = await clientOf(primary.port);
    const drive = new SwitchDrive(pair.ports, pair.order);
    await drive.run(["drain", "drain"]);
    await expect(client.query("select 1")).rejects.toThrow();
    await expect(clientOf(primary.port)).rejects.toThrow(
      "too many connections",
    );
    expect(await limitsOn(primary)).toBe("books=0\nshop=0");
    await drive.undo("drain", true);
    expect(await limitsOn(primary)).toBe("books=-1\nshop=7");
    await (await clientOf(primary.port)).end();
    expect(
      await primary.sql("SELECT to_regnamespace('upgrade_runbooks')"),
    ).toBe("");
  });

  it("refuses what is not proven, and changes nothing by that", async () => {
    const { ports, order, lab } = pair;
    const stopped = {
      ...{ systemIdentifier: pair.copy.systemIdentifier, nextXid: "1" },
      ...{ checkpoint: "F/0", timeline: 1 },
    };
    const after = { ...order, stopped };
    const refused = (type: string) => ({ type: `postgres.${type}` });
    await expect(promote(ports, after)).rejects.toMatchObject(
      refused("notFenced"),
    );
    await expect(fencePrimary(ports, after)).rejects.toMatchObject(
      refused("startedAgain"),
    );
    await expect(proveTimeline(ports, after)).rejects.toMatchObject(
      refused("timelineUnproven"),
    );
    await expect(rejoin(ports, after)).rejects.toMatchObject(
      refused("timelineUnproven"),
    );
    await expect(
      resumeClients(ports, { ...order, to: "standby" }),
    ).rejects.toMatchObject(refused("notWritable"));
    const foreign = { ...stopped, systemIdentifier: "1" };
    await expect(
      proveReceived(ports, { ...order, stopped: foreign }),
    ).rejects.toMatchObject(refused("wrongCluster"));
    await expect(
      fencePrimary(ports, { ...order, stopped: foreign }),
    ).rejects.toMatchObject(refused("wrongCluster"));
    expect(await lab.primary.sql("SELECT pg_is_in_recovery()")).toBe("f");
    expect(await lab.replica.sql("SELECT pg_is_in_recovery()")).toBe("t");
  });

  it("does not promote a standby that lacks the last record, or whose replay is paused", async () => {
    const { ports, order, lab } = pair;
    const file = `${order.primary.dataDirectory}/postgresql.auto.conf`;
    const settings = readFileSync(file, "utf8");
    await lab.replica.sql("SELECT pg_wal_replay_pause()");
    await lab.primary.sql("CREATE TABLE late(n int)");
    const stopped = await stopPrimary(ports.programs, order);
    const after = { ...order, stopped };
    await fencePrimary(ports, after);
    expect(readFileSync(file, "utf8")).not.toBe(settings);
    for (const step of [proveReceived, promote])
      await expect(step(ports, after)).rejects.toMatchObject({
        type: "postgres.replayPaused",
      });
    // A fence of this run is another one's to whoever else comes.
    await expect(
      fencePrimary(ports, { ...after, run: markOf("another") }),
    ).rejects.toMatchObject({ type: "postgres.foreignFence" });
    await expect(
      reopenPrimary(ports, { ...after, promoteBegun: true }),
    ).resolves.toEqual({ open: "primary", timeline: 1 });
    expect(readFileSync(file, "utf8")).toBe(settings);
    await lab.replica.start();
    await streaming(lab.primary);
    await lab.replica.sql(
      `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'rb_${order.run.short}'`,
    );
  });

  it("hands over with its limits, which the new primary takes back", async () => {
    const { ports, order, lab } = pair;
    await new SwitchDrive(ports, { ...order, run: markOf("over") }).run();
    expect(await limitsOn(lab.replica)).toBe("books=-1\nshop=7");
    await (await clientOf(lab.replica.port)).end();
    await streaming(lab.replica);
    expect(await lab.primary.sql("SELECT pg_is_in_recovery()")).toBe("t");
  });

  it("says so when two servers take writes, and opens or joins nothing", async () => {
    const { ports, order, lab } = pair;
    const { primary: standby, standby: primary } = order;
    await lab.primary.sql("SELECT pg_promote()");
    await eventually(
      async () =>
        (await lab.primary.sql("SELECT pg_is_in_recovery()")) === "f" ||
        undefined,
    );
    const swapped = { ...order, primary, standby, run: markOf("two") };
    const stopped = {
      ...{ systemIdentifier: pair.copy.systemIdentifier, nextXid: "1" },
      ...{ checkpoint: "0/1", timeline: 2 },
    };
    await expect(
      reopenPrimary(ports, { ...swapped, stopped, promoteBegun: true }),
    ).rejects.toMatchObject({ type: "postgres.twoOpen" });
    await expect(rejoin(ports, { ...swapped, stopped })).rejects.toMatchObject({
      type: "postgres.twoOpen",
    });
    const byHand = { ...swapped, to: "primary", openedByHand: true } as const;
    await expect(resumeClients(ports, byHand)).rejects.toMatchObject({
      type: "postgres.twoOpen",
    });
    await expect(restartStandby(ports, swapped)).rejects.toMatchObject({
      type: "postgres.notRejoined",
    });
  });
});
