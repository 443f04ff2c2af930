import { once } from "node:events";
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { configurationSchema } from "../../../activities/configuration/port";
import { readLabRecord, stopLab } from "../../../lab/hosts/stop-lab";
import { startGuard } from "../../../lab/postgres/guard";
import { startPostgresLab, type PostgresLab } from "../../../lab/postgres/lab";
import { bouncerMissing } from "../../../lab/postgres/bouncer";
import { postgresMissing } from "../../../lab/postgres/ground";
import { writesLost } from "../../../lab/postgres/writers";
import { runChild } from "../../harness/child";
import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";
import { isRunning } from "../hosts/processes";

jest.setTimeout(180_000);

const newFolder = () => mkdtempSync(join(tmpdir(), "lab-"));
const logged = (lab: PostgresLab, word: string) =>
  existsSync(lab.postgres.writesLog)
    ? readFileSync(lab.postgres.writesLog, "utf8").split(` ${word} `).length - 1
    : 0;
const untilLogged = (lab: PostgresLab, word: string, more: number) => {
  const before = logged(lab, word);
  return eventually(() => logged(lab, word) >= before + more || undefined);
};

describeWhen(postgresMissing())("a lab with PostgreSQL", () => {
  const folder = newFolder();
  const dir = join(folder, "lab");
  let lab: PostgresLab;
  beforeAll(async () => {
    lab = await startPostgresLab({ dir, sizeMb: 2 });
  });
  afterAll(async () => {
    await lab.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("writes a configuration that names both servers", () => {
    const text = readFileSync(lab.configFile, "utf8");
    const { targets } = configurationSchema.parse(parse(text));
    const settings = targets["lab"]?.postgres;
    const { primary, replica } = lab.postgres;
    expect(settings?.servers).toMatchObject({
      primary: { port: primary.port, dataDirectory: primary.dataDirectory },
      replica: { port: replica.port, dataDirectory: replica.dataDirectory },
    });
    const hasBouncer = bouncerMissing() === undefined;
    expect(settings?.pgbouncer !== undefined).toBe(hasBouncer);
    expect(lab.hosts.map(({ id }) => id).slice(0, 2)).toEqual([
      "primary",
      "replica",
    ]);
  });

  test("says what its servers are and what its writers got", async () => {
    await untilLogged(lab, "acknowledged", 5);
    const status = (await (
      await fetch(`${lab.controlUrl}/status`)
    ).json()) as Awaited<ReturnType<typeof lab.postgres.status>>;
    expect(status.postgres).toMatchObject({
      primary: expect.stringMatching(/^primary, \d+ MB$/) as string,
      replica: "empty",
    });
    expect(status.postgres.writes.acknowledged).toBeGreaterThanOrEqual(5);
  });

  test("has writers that go on behind a crash, and know what was acknowledged", async () => {
    const { primary, writesLog } = lab.postgres;
    await untilLogged(lab, "acknowledged", 5);
    await primary.kill();
    await untilLogged(lab, "unanswered", 1);
    await primary.start();
    await untilLogged(lab, "acknowledged", 20);
    await lab.postgres.stopWriters();
    const { acknowledged, lost } = await writesLost(primary, writesLog);
    expect(acknowledged).toBe(logged(lab, "acknowledged"));
    expect(lost).toBe(0);
    await primary.sql("DELETE FROM writes WHERE sequence = 2", "shop");
    expect((await writesLost(primary, writesLog)).lost).toBe(4);
  });

  test("is ended by its folder alone, with all that it made", async () => {
    const { primary } = lab.postgres;
    const pid = (await primary.pid()) ?? 0;
    const ground = readLabRecord(dir)?.postgres?.folder ?? "";
    expect([isRunning(pid), existsSync(ground)]).toEqual([true, true]);
    await stopLab(dir);
    expect([isRunning(pid), existsSync(ground)]).toEqual([false, false]);
    expect(existsSync(dir)).toBe(false);
  });
});

describeWhen(postgresMissing())("a lab with PostgreSQL that is killed", () => {
  test("leaves no server, and its folder can be cleared", async () => {
    const folder = newFolder();
    const dir = join(folder, "lab");
    const child = runChild(require.resolve("./lab-child"), [dir]);
    const pid = Number(await child.line());
    const ground = readLabRecord(dir)?.postgres?.folder ?? "";
    expect([isRunning(pid), existsSync(ground)]).toEqual([true, true]);
    child.process.kill("SIGKILL");
    await once(child.process, "exit");
    await stopLab(dir);
    expect([isRunning(pid), existsSync(ground)]).toEqual([false, false]);
    rmSync(folder, { recursive: true });
  });
});

describe("a lab with PostgreSQL that cannot be", () => {
  const dir = join(tmpdir(), "never-a-lab");
  const sized = (sizeMb: number) => startPostgresLab({ dir, sizeMb });
  afterAll(() => expect(existsSync(dir)).toBe(false));

  test.each([0, 1.5, 100_001, NaN])("is refused with %d MB", async (sizeMb) => {
    await expect(sized(sizeMb)).rejects.toMatchObject({
      type: "input.invalid",
    });
  });

  test("is refused where PostgreSQL is missing, with what to install", async () => {
    const path = process.env["PATH"];
    process.env["PATH"] = "/nowhere";
    try {
      await expect(sized(1)).rejects.toMatchObject({
        type: "lab.postgresMissing",
        message: expect.stringContaining("apt-get install") as string,
      });
    } finally {
      process.env["PATH"] = path;
    }
  });
});

test("the guard leaves alone what no lab made", async () => {
  const folder = newFolder();
  writeFileSync(join(folder, "mine.txt"), "");
  await startGuard(folder).end();
  expect(existsSync(join(folder, "mine.txt"))).toBe(true);
  rmSync(folder, { recursive: true });
});
