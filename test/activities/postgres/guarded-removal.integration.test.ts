import { execFileSync } from "node:child_process";
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import {
  guardedRemoval,
  removeOwned,
} from "../../../activities/postgres/guarded-removal";
import {
  type OwnedFolder,
  ownedFolder,
  ownerLine,
} from "../../../activities/postgres/owned-folder";
import type {
  PostgresServer,
  RunMark,
} from "../../../activities/postgres/port";
import { createPrograms } from "../../../activities/postgres/programs";
import { runMark } from "../../../activities/postgres/run-mark";
import { createSsh } from "../../../activities/ssh/ssh";
import { describeWhen } from "../../harness/describe-when";
import {
  type PgLab,
  postgresMissing,
  startPgLab,
} from "../../harness/postgres-cluster";

describeWhen(postgresMissing())("the guarded removal", () => {
  const ssh = createSsh();
  const programs = createPrograms(ssh);
  let lab: PgLab;
  let server: PostgresServer;
  let systemIdentifier: string;
  let runs = 0;
  beforeAll(async () => {
    lab = await startPgLab({ fill: false });
    server = lab.servers.replica;
    systemIdentifier = await lab.primary.sql(
      "select system_identifier from pg_control_system()",
    );
  });
  afterAll(async () => {
    await ssh.close();
    await lab.stop();
  });

  /** Everything below the lab, but what servers write while they run. */
  const tree = (): string[] =>
    execFileSync("find", [lab.folder], { encoding: "utf8" })
      .split("\n")
      .filter(
        (path) =>
          !/pg_(stat|logical|wal|subtrans)|pgsql_tmp|postmaster|\.log$/.test(
            path,
          ),
      )
      .sort();

  const give = (path: string): void => {
    const { owner } = lab.ground;
    if (owner !== undefined) chownSync(path, owner.uid, owner.gid);
  };
  const folder = (path: string): void => {
    mkdirSync(path, { recursive: true });
    give(path);
  };
  const file = (path: string, text: string): void => {
    writeFileSync(path, text);
    give(path);
  };

  interface Made extends OwnedFolder {
    readonly run: RunMark;
  }
  /** A folder with all that a run leaves beside it. */
  function made(kind: "attempts" | "scratch" = "attempts"): Made {
    const run = runMark({
      workflowId: "replica-setup:x",
      rootRunId: `r${(runs += 1)}`,
    });
    const owned = ownedFolder(server, run, kind, 1);
    folder(owned.parent);
    for (const part of [
      owned.path,
      owned.tablespaces,
      join(owned.path, "base"),
    ])
      folder(part);
    file(join(owned.path, "base", "1"), "data");
    file(owned.owner, `${ownerLine(run, server, systemIdentifier)}\n`);
    file(owned.done, "{}\n");
    return { ...owned, run };
  }
  const remove = (
    { run }: Made,
    more: {
      kind?: "attempts" | "scratch";
      systemIdentifier?: string;
      server?: PostgresServer;
    } = {},
  ) =>
    removeOwned(programs, more.server ?? server, {
      run,
      kind: more.kind ?? "attempts",
      n: 1,
      systemIdentifier: more.systemIdentifier ?? systemIdentifier,
    });

  /** Nothing at all has changed. */
  async function refuses(
    work: () => Promise<unknown>,
    why: RegExp,
  ): Promise<void> {
    const before = tree();
    await expect(work()).rejects.toMatchObject({
      type: "postgres.notOurs",
      failureClass: "human",
      message: expect.stringMatching(why),
    });
    expect(tree()).toEqual(before);
  }

  test.each(["attempts", "scratch"] as const)(
    "removes what the run made among %s, and what stands beside it; again, too",
    async (kind) => {
      const mine = made(kind);
      const other = made(kind);
      await expect(remove(mine, { kind })).resolves.toBe("removed");
      expect(
        readdirSync(mine.parent).filter((name) =>
          name.startsWith(mine.run.short),
        ),
      ).toEqual([]);
      await expect(remove(mine, { kind })).resolves.toBe("absent");
      expect(existsSync(join(other.path, "base", "1"))).toBe(true);
    },
  );

  test("takes up a removal that was interrupted", async () => {
    const mine = made();
    execFileSync("rm", ["-r", mine.path]);
    await expect(remove(mine)).resolves.toBe("removed");
    expect(existsSync(mine.owner)).toBe(false);
  });

  test("removes links to tablespaces, and nothing behind them", async () => {
    const mine = made();
    const elsewhere = join(lab.folder, "elsewhere");
    folder(elsewhere);
    file(join(elsewhere, "precious"), "data");
    folder(join(mine.path, "pg_tblspc"));
    symlinkSync(elsewhere, join(mine.path, "pg_tblspc", "16384"));
    await expect(remove(mine)).resolves.toBe("removed");
    expect(existsSync(join(elsewhere, "precious"))).toBe(true);
  });

  test("refuses a folder without an owner file", async () => {
    const mine = made();
    execFileSync("rm", [mine.owner]);
    await refuses(() => remove(mine), /no owner file/);
  });

  test("refuses an owner file that is a link", async () => {
    const mine = made();
    renameSync(mine.owner, `${mine.owner}.real`);
    symlinkSync(`${mine.owner}.real`, mine.owner);
    await refuses(() => remove(mine), /no owner file/);
  });

  test.each([
    [
      "another run",
      (mine: Made) =>
        ownerLine(
          { ...mine.run, rootRunId: "another" },
          server,
          systemIdentifier,
        ),
    ],
    [
      "another host",
      (mine: Made) => ownerLine(mine.run, { id: "primary" }, systemIdentifier),
    ],
    [
      "another cluster",
      (mine: Made) => ownerLine(mine.run, server, "7000000000000000001"),
    ],
    ["nobody", () => ""],
  ])("refuses a folder whose owner file names %s", async (_, line) => {
    const mine = made();
    file(mine.owner, `${line(mine)}\n`);
    await refuses(() => remove(mine), /its owner file says/);
  });

  test("refuses a pinned folder", async () => {
    const mine = made();
    file(mine.pin, "{}\n");
    await refuses(() => remove(mine), /it is pinned/);
  });

  test("refuses a link in place of the folder", async () => {
    const mine = made();
    execFileSync("rm", ["-r", mine.path]);
    symlinkSync(lab.primary.dataDirectory, mine.path);
    await refuses(() => remove(mine), /is no folder of its own/);
    expect(await lab.primary.sql("select 1")).toBe("1");
  });

  test("refuses a link in place of its tablespaces", async () => {
    const mine = made();
    execFileSync("rm", ["-r", mine.tablespaces]);
    symlinkSync(lab.primary.dataDirectory, mine.tablespaces);
    await refuses(() => remove(mine), /is no folder of its own/);
  });

  test("refuses a path that leads over a link", async () => {
    const mine = made();
    const link = join(lab.folder, `link-${runs}`);
    symlinkSync(server.workFolder, link);
    const workFolder = link;
    await refuses(
      () => remove(mine, { server: { ...server, workFolder } }),
      /a symbolic link leads to/,
    );
  });

  test.each(["/../..", "/x/../work", "/.", "//"])(
    "refuses a work folder with %s in it",
    async (part) => {
      const mine = made();
      const workFolder = `${server.workFolder}${part}`;
      await refuses(
        () => remove(mine, { server: { ...server, workFolder } }),
        /is not a plain path/,
      );
    },
  );

  test.each([
    ["/", "attempts", "0123456789ab-1"],
    ["", "attempts", "0123456789ab-1"],
    ["relative", "attempts", "0123456789ab-1"],
    ["WORK", "..", "0123456789ab-1"],
    ["WORK", "", "0123456789ab-1"],
    ["WORK", "attempts", ""],
    ["WORK", "attempts", "."],
    ["WORK", "attempts", ".."],
    ["WORK", "attempts", "*"],
    ["WORK", "attempts", "0123456789ab-"],
    ["WORK", "attempts", "0123456789ab-1/../../data"],
    ["WORK", "attempts", "0123456789ab-1 2"],
    ["WORK", "attempts", "0123456789xy-1"],
    ["WORK", "attempts", "-rf-1"],
  ])(
    "does nothing with work folder %j, kind %j and name %j",
    async (work, kind, name) => {
      made();
      const before = tree();
      const args = [
        work === "WORK" ? server.workFolder : work,
        kind,
        name,
        "x",
        server.dataDirectory,
        systemIdentifier,
      ];
      const ended = await programs.script(server, {
        script: guardedRemoval,
        args,
        timeoutMs: 10_000,
      });
      expect(ended).toMatchObject({
        exitCode: 65,
        stdout: expect.stringMatching(/^refused /),
      });
      expect(tree()).toEqual(before);
    },
  );

  test("refuses a copy of another cluster", async () => {
    const mine = made();
    await copyPrimaryTo(mine.path);
    const other = "7000000000000000001";
    file(mine.owner, `${ownerLine(mine.run, server, other)}\n`);
    await refuses(
      () => remove(mine, { systemIdentifier: other }),
      /it holds the cluster \d+/,
    );
    file(mine.owner, `${ownerLine(mine.run, server, systemIdentifier)}\n`);
    await expect(remove(mine)).resolves.toBe("removed");
  });

  test("refuses a folder with a live server on it, whatever its files say", async () => {
    const mine = made();
    await copyPrimaryTo(mine.path);
    const { port, socketFolder } = lab.replica;
    const pg = (word: string) =>
      lab.replica.run([
        "pg_ctl",
        "-w",
        "-D",
        mine.path,
        "-l",
        `${mine.path}.log`,
        "-o",
        `-p ${port} -k ${socketFolder} -h ''`,
        word,
      ]);
    await pg("start");
    await refuses(() => remove(mine), /a server runs on/);
    // Without its pid file a server stops by itself, within a minute: until then it works there.
    const pid = join(mine.path, "postmaster.pid");
    renameSync(pid, `${mine.path}.hidden`);
    await refuses(() => remove(mine), /a process works in it/);
    renameSync(`${mine.path}.hidden`, pid);
    await pg("stop");
    await expect(remove(mine)).resolves.toBe("removed");
  });

  test("takes a pid file for stale when its number is another program's by now", async () => {
    const mine = made();
    file(join(mine.path, "postmaster.pid"), `${process.pid}\n`);
    await expect(remove(mine)).resolves.toBe("removed");
  });

  test.each([
    ["is the data directory", (mine: Made) => mine.path],
    ["holds the data directory", (mine: Made) => join(mine.path, "base")],
    [
      "lies in the data directory",
      (mine: Made) => server.workFolder.slice(0, mine.path.length),
    ],
  ])("refuses a folder that %s", async (_, data) => {
    const mine = made();
    const dataDirectory = data(mine);
    await refuses(
      () => remove(mine, { server: { ...server, dataDirectory } }),
      /data directory/,
    );
  });

  test("refuses a folder of another user", async () => {
    if (lab.ground.owner === undefined) return;
    const mine = made();
    chownSync(mine.path, 0, 0);
    await refuses(() => remove(mine), /belongs to another user|is no folder/);
  });

  async function copyPrimaryTo(path: string): Promise<void> {
    const { address, port } = lab.servers.primary.sql;
    execFileSync("rm", ["-r", path]);
    const conninfo = `host=${address} port=${port} user=repl passfile=${lab.passfile}`;
    await lab.replica.run([
      "pg_basebackup",
      "-d",
      conninfo,
      "-D",
      path,
      "-c",
      "fast",
    ]);
  }
});
