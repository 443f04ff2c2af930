import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { createSql } from "../../../activities/postgres/client";
import {
  ownedFolder,
  ownerLine,
} from "../../../activities/postgres/owned-folder";
import { createPrograms } from "../../../activities/postgres/programs";
import type { PostgresPorts, RunMark } from "../../../activities/postgres/port";
import { nameOf, runMark } from "../../../activities/postgres/run-mark";
import { fenceFile } from "../../../activities/postgres/switchover/fence-file";
import { installAmcheck } from "../../../activities/postgres/slot/amcheck";
import { createSlot } from "../../../activities/postgres/slot/create-slot";
import { handOverSlot } from "../../../activities/postgres/slot/hand-over";
import { writeSentinel } from "../../../activities/postgres/slot/sentinel";
import type { ChainStanding, Runs } from "../../../activities/runs/port";
import { createSsh } from "../../../activities/ssh/ssh";
import { Chains } from "../../../activities/sweep/chains";
import { sweepServers } from "../../../activities/sweep/sweep-servers";
import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";
import {
  type PgLab,
  postgresMissing,
  startPgLab,
} from "../../harness/postgres-cluster";

jest.setTimeout(180_000);
const mb = 1_024 * 1_024;

describeWhen(postgresMissing())("PostgreSQL after runs that are over", () => {
  let lab: PgLab;
  let postgres: PostgresPorts;
  let run: RunMark;
  let runs = 0;
  const ends = new Map<string, ChainStanding>();

  beforeAll(async () => {
    lab = await startPgLab({ fill: { sizeMb: 1 } });
    const ssh = createSsh();
    postgres = { sql: createSql(), programs: createPrograms(ssh) };
  });
  afterAll(() => lab.stop());
  beforeEach(() => {
    run = runMark({ workflowId: "replica-setup:t:c", rootRunId: `r${++runs}` });
  });

  it("is shown what they left, and free of it once the sweep is told to", async () => {
    await leaveAll();
    ends.set(run.rootRunId, "terminated");
    expect(await kinds("look")).toEqual([
      ...["free setting", "free slot", "free sentinel"],
      ...["free extension", "free extension", "free extension"],
    ]);
    expect(await ask("show max_slot_wal_keep_size")).toBe("200MB");
    expect(await kinds("free")).toEqual([
      ...["freed setting", "freed slot", "freed sentinel"],
      ...["freed extension", "freed extension", "freed extension"],
    ]);
    expect(await kinds("free")).toEqual([]);
    expect(await ask("show max_slot_wal_keep_size")).toBe("-1");
    expect(await ask("select count(*) from pg_replication_slots")).toBe("0");
    expect(
      await ask("select count(*) from pg_namespace where nspname like 'upgr%'"),
    ).toBe("0");
    expect(
      await ask("select count(*) from pg_extension where extname = 'amcheck'"),
    ).toBe("0");
  });

  it("keeps everything of a run that goes on, also of one that was reset meanwhile", async () => {
    await leaveAll();
    ends.set(run.rootRunId, "open");
    expect(await kinds("free")).toEqual([]);
    ends.set(run.rootRunId, "terminated");
    const reset: Runs = { ...known, chain: asFirstTerminated() };
    expect(
      (await kinds("free", reset)).every((one) => one.startsWith("wait")),
    ).toBe(true);
    expect(await ask("select count(*) from pg_replication_slots")).toBe("1");
    await kinds("free");
  });

  it("keeps a slot from which a standby streams, one that is set up for a standby, and one that was handed over", async () => {
    await createSlot({ ...place(), capBytes: 200 * mb });
    ends.set(run.rootRunId, "terminated");
    const sender = await streaming();
    expect(await kinds("free")).toEqual(["person setting", "person slot"]);
    sender.kill("SIGKILL");
    await once(sender, "exit");
    await idle();
    const { dataDirectory } = lab.servers.replica;
    asOwner(["mkdir", "-p", dataDirectory]);
    writeFileSync(
      `${dataDirectory}/postgresql.auto.conf`,
      `primary_slot_name = '${nameOf(run)}'\n`,
    );
    expect(await kinds("free")).toEqual(["person setting", "person slot"]);
    asOwner(["rm", "-r", dataDirectory]);
    await handOverSlot(place());
    expect(await kinds("free")).toEqual([]);
    expect(await ask("select count(*) from pg_replication_slots")).toBe("1");
    await ask(
      "select pg_drop_replication_slot(slot_name) from pg_replication_slots",
    );
    await ask("drop schema upgrade_runbooks cascade");
  });

  it("loses attempts and scratch copies that are not whole, and nothing that a link leads to", async () => {
    const attempt = makeCopy("attempts", 1);
    const scratch = makeCopy("scratch", 1);
    const whole = makeCopy("attempts", 2);
    writeFileSync(whole.done, "");
    const linked = ownedFolder(lab.servers.replica, run, "scratch", 2);
    symlinkSync(lab.servers.primary.dataDirectory, linked.path);
    writeFileSync(linked.owner, ownerOf(run));
    asOwner(["true"]);
    ends.set(run.rootRunId, "terminated");
    expect(await kinds("free")).toEqual([
      ...["freed copy", "wait copy", "freed copy", "person copy"],
    ]);
    expect(
      [attempt, scratch, whole].map(({ path }) => existsSync(path)),
    ).toEqual([false, false, true]);
    expect(await ask("select 1")).toBe("1");
    expect(await kinds("free", known, 1)).toEqual([
      ...["freed copy", "person copy"],
    ]);
    expect(existsSync(whole.path)).toBe(false);
    asOwner(["rm", linked.path, linked.owner]);
  });

  it("loses the sockets of a run with its last scratch copy, and keeps a fence for a person", async () => {
    const { workFolder } = lab.servers.replica;
    const sockets = `${workFolder}/sock/${run.short}`;
    const fence = fenceFile(lab.servers.replica);
    for (const folder of [sockets, dirname(fence)])
      mkdirSync(folder, { recursive: true });
    writeFileSync(`${sockets}/.s.PGSQL.5432.lock`, "");
    writeFileSync(fence, `${JSON.stringify({ ...run, timeline: 1 })}\n`);
    makeCopy("scratch", 1);
    asOwner(["true"]);
    ends.set(run.rootRunId, "terminated");
    expect(await kinds("look")).toEqual(["person fence", "free copy"]);
    expect(existsSync(sockets)).toBe(true);
    expect(await kinds("free")).toEqual(["person fence", "freed copy"]);
    expect([sockets, fence].map((path) => existsSync(path))).toEqual([
      ...[false, true],
    ]);
    asOwner(["rm", "-r", dirname(fence)]);
  });

  it("is told of a server that does not answer, and frees no slot while a host cannot be asked", async () => {
    await createSlot({ ...place(), capBytes: 200 * mb });
    ends.set(run.rootRunId, "terminated");
    await lab.primary.stop();
    const { silent, leftovers } = await sweep("free");
    expect(leftovers).toEqual([]);
    expect(silent).toMatchObject([
      { where: expect.stringMatching(/primary$/) },
    ]);
    await lab.primary.start();
    const { ssh, ...replica } = lab.servers.replica;
    const away = {
      ...replica,
      ssh: { ...ssh, host: { ...ssh.host, port: 1 } },
    };
    const found = await sweepServers(sweeping("free", known), [
      ...[lab.servers.primary, away],
    ]);
    expect(found.silent).toHaveLength(1);
    expect(found.leftovers.map(({ todo }) => todo)).toEqual([
      ...["person", "person"],
    ]);
    expect(await kinds("free")).toEqual(["freed setting", "freed slot"]);
  });

  const ask = (text: string) => lab.primary.sql(text);
  const place = () => ({
    ...{ sql: postgres.sql, run, primary: lab.servers.primary },
  });

  async function leaveAll(): Promise<void> {
    await createSlot({ ...place(), capBytes: 200 * mb });
    await writeSentinel({ ...place(), name: "before" });
    await installAmcheck(place());
  }

  const refuse = (): never => {
    throw new Error("not asked for");
  };
  const known: Runs = {
    ...{ standing: refuse, ask: refuse, tell: refuse },
    retentionMs: async () => 1,
    chain: async ({ rootRunId }) => {
      const standing = ends.get(rootRunId) ?? "unknown";
      return { standing, ...(standing === "open" ? {} : { closedAt: 1 }) };
    },
  };
  function asFirstTerminated(): Runs["chain"] {
    let asked = 0;
    return async () =>
      asked++ === 0
        ? { standing: "terminated", closedAt: 1 }
        : { standing: "open" };
  }

  const sweeping = (mode: "look" | "free", by: Runs, olderThanMs?: number) => ({
    ...{ postgres, runs: by, chains: new Chains(by, 0) },
    signal: new AbortController().signal,
    order: {
      ...{ target: "t", mode, hostMs: 20_000, key: "k" },
      run: { workflowId: "sweep:t:c", rootRunId: "s" },
      servers: { key: "", sha256: "", bytes: 0 },
      ...(olderThanMs === undefined ? {} : { olderThanMs }),
    },
  });
  const sweep = (mode: "look" | "free", by = known, olderThanMs?: number) =>
    sweepServers(sweeping(mode, by, olderThanMs), [
      ...[lab.servers.primary, lab.servers.replica],
    ]);
  async function kinds(
    mode: "look" | "free",
    by = known,
    olderThanMs?: number,
  ): Promise<string[]> {
    const { leftovers } = await sweep(mode, by, olderThanMs);
    return leftovers.map(
      ({ kind, todo, isFreed }) =>
        `${isFreed === true ? "freed" : todo} ${kind}`,
    );
  }

  /** Files belong to the servers' owner. */
  function asOwner(argv: readonly string[]): void {
    const [program = "", ...rest] = argv;
    const { owner } = lab.ground;
    const ids = owner === undefined ? {} : { uid: owner.uid, gid: owner.gid };
    execFileSync(program, rest, { ...ids, cwd: "/" });
    if (owner !== undefined)
      execFileSync("chown", [
        "-hR",
        owner.name,
        lab.servers.replica.workFolder,
      ]);
  }
  const ownerOf = (mark: RunMark): string =>
    `${ownerLine(mark, lab.servers.replica, "7")}\n`;
  function makeCopy(kind: "attempts" | "scratch", n: number) {
    const folder = ownedFolder(lab.servers.replica, run, kind, n);
    mkdirSync(folder.path, { recursive: true });
    writeFileSync(folder.owner, ownerOf(run));
    return folder;
  }

  async function streaming(): Promise<ChildProcess> {
    const { address, port } = lab.servers.primary.sql;
    const { bin, owner, passfile } = lab.ground;
    const folder = lab.ground.makeFolder(`wal-${runs}`);
    const conninfo = `host=${address} port=${port} user=repl passfile=${passfile} application_name=${nameOf(run)}`;
    const ids = owner === undefined ? {} : { uid: owner.uid, gid: owner.gid };
    const sender = spawn(
      `${bin}/pg_receivewal`,
      ["-d", conninfo, "-D", folder, "-S", nameOf(run), "-n"],
      { stdio: "ignore", ...ids },
    );
    await eventually(async () => (await active()) === "1" || undefined);
    return sender;
  }
  const active = () =>
    ask("select count(*) from pg_replication_slots where active");
  const idle = () =>
    eventually(async () => (await active()) === "0" || undefined);
});
