import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { networkLabMissing } from "../../lab/network/missing";
import { postgresMissing } from "../../lab/postgres/ground";
import { describeWhen } from "../harness/describe-when";
import { eventually } from "../harness/eventually";
import type { Said } from "./run-cli";

/** What a user's shell sees of the built program; `npm run test:program` has built it. */
const runbook = resolve(__dirname, "../../bin/runbook");

let folder: string;
let env: Record<string, string | undefined>;

beforeAll(async () => {
  if (!existsSync(resolve(__dirname, "../../dist/cli/main.js")))
    throw new Error("build it first: npm run build");
  folder = await mkdtemp(join(tmpdir(), "cli-built-"));
  const { TEMPORAL_ADDRESS: _, ...others } = process.env;
  env = { ...others, RUNBOOK_ARTIFACTS: join(folder, "artifacts") };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs it to its end as a shell would. */
async function shell(
  argv: readonly string[],
  changed: Record<string, string> = {},
): Promise<Said> {
  const child = spawn(runbook, [...argv], {
    env: { ...env, ...changed },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "exit"),
  ]);
  return { code: Number(code), out, err };
}

/** Starts it and leaves it running; resolves with the first document that it prints. */
async function background(argv: readonly string[]) {
  const child = spawn(runbook, [...argv, "--json"], {
    env: { ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const errors = text(child.stderr);
  const document = await firstDocument(child);
  if (document === undefined) throw new Error(await errors);
  return { child, document };
}

async function firstDocument(
  child: ChildProcess,
): Promise<Record<string, string> | undefined> {
  let written = "";
  const ended = once(child, "exit").then(() => "ended");
  for (;;) {
    const chunk = await Promise.race([once(child.stdout!, "data"), ended]);
    if (chunk === "ended") return undefined;
    written += String(chunk[0]);
    if (written.endsWith("}\n"))
      return JSON.parse(written) as Record<string, string>;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("the built program", () => {
  it("answers --help at once, and a wrong call by exit 2 on stderr", async () => {
    const help = await shell(["--help"]);
    expect(help).toMatchObject({ code: 0, err: "" });
    expect(help.out).toContain("Usage: runbook");
    const wrong = await shell([
      "plan",
      "--config",
      "/nonexistent",
      "-f",
      "/no",
    ]);
    expect(wrong).toMatchObject({ code: 2, out: "" });
    expect(wrong.err).toContain("error: cannot read /no (ENOENT)");
  });

  it("ends quietly when its reader has gone", async () => {
    const pipe = `"${runbook}" --help | head -1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await new Promise<{
      stdout: string;
      stderr: string;
    }>((done) =>
      execFile("bash", ["-c", pipe], (_, stdout, stderr) =>
        done({ stdout, stderr }),
      ),
    );
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^Usage: runbook.*\n0\n$/);
  });

  it("refuses a worker with a wrong variable before it connects", async () => {
    const { code, err } = await shell(["worker"], { RUNBOOK_SLOTS: "0" });
    expect(code).toBe(2);
    expect(err).toContain("RUNBOOK_SLOTS");
  });
});

describe("runbook lab", () => {
  const bare = ["--hosts", "3", "--pools", "1", "--no-service"];

  it("is brought up apart from the shell, looked at, and taken down", async () => {
    const dir = join(folder, "detached");
    const place = ["--dir", dir];
    const up = await shell(["lab", "up", ...place, ...bare, "--detach"]);
    expect(up.err).toBe("");
    expect(up.out).toContain(`export RUNBOOK_CONFIG=${dir}/runbooks.yaml`);
    const status = await shell(["lab", "status", ...place, "--json"]);
    expect(JSON.parse(status.out)).toMatchObject({
      hosts: 3,
      up: 3,
      faults: [],
    });
    const again = await shell(["lab", "up", ...place, ...bare, "--detach"]);
    expect(again.code).toBe(8);
    expect(again.err).toContain("is not empty");
    expect((await shell(["lab", "down", ...place])).code).toBe(0);
    expect(existsSync(dir)).toBe(false);
    expect((await shell(["lab", "status", ...place])).code).toBe(8);
  }, 180_000);

  it("with PostgreSQL has hosts of its own", async () => {
    const { code, err } = await shell(["lab", "up", "--postgres", ...bare]);
    expect(code).toBe(2);
    expect(err).toContain("'--hosts <number>' cannot be used with option");
  }, 180_000);

  it("tells all wrong options at once", async () => {
    const wrong = ["--hosts", "many", "--fault", "web-01:explode"];
    const { code, err } = await shell([
      ...["lab", "up", "--dir", join(folder, "never")],
      ...wrong,
    ]);
    expect(code).toBe(2);
    expect(err).toContain("hosts");
  }, 180_000);

  it("in the foreground ends with Ctrl-C, and leaves nothing", async () => {
    const dir = join(folder, "foreground");
    const { child } = await background(["lab", "up", "--dir", dir, ...bare]);
    child.kill("SIGINT");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(existsSync(dir)).toBe(false);
  }, 180_000);
});

describeWhen(postgresMissing())("runbook lab up --postgres", () => {
  it("is brought up apart from the shell, looked at, and taken down", async () => {
    const place = ["--dir", join(folder, "postgres")];
    const size = ["--postgres", "--size-mb", "1"];
    const up = await shell(["lab", "up", ...place, ...size, "--detach"]);
    expect(up).toMatchObject({ err: "", code: 0 });
    expect(up.out).toContain("PostgreSQL: below ");
    const { out } = await shell(["lab", "status", ...place]);
    expect(out).toContain("Host primary: primary, ");
    expect(out).toContain("host replica: empty; ");
    expect(out).toMatch(/Writes: \d+ acknowledged, 0 unanswered/);
    expect((await shell(["lab", "down", ...place])).code).toBe(0);
    expect((await shell(["lab", "status", ...place])).code).toBe(8);
  }, 180_000);
});

describeWhen(networkLabMissing())("runbook lab up --network", () => {
  it("is brought up apart from the shell, looked at, and taken down", async () => {
    const place = ["--dir", join(folder, "network")];
    const up = await shell(["lab", "up", ...place, "--network", "--detach"]);
    expect(up).toMatchObject({ err: "", code: 0 });
    expect(up.out).toContain("Lab of 17 hosts");
    const { out } = await shell(["lab", "status", ...place]);
    expect(out).toContain("17 of 17 hosts up");
    expect(out).toContain("Sites: 30; ");
    expect((await shell(["lab", "down", ...place])).code).toBe(0);
    expect((await shell(["lab", "status", ...place])).code).toBe(8);
  }, 180_000);
});

describe("runbook dev", () => {
  it("carries a run out for another shell, and ends whole with one signal", async () => {
    const dir = join(folder, "dev-lab");
    const argv = [
      "dev",
      "--lab",
      "2",
      "--lab-dir",
      dir,
      "--task-queue",
      "dev-test",
    ];
    const { child, document } = await background(argv);
    const { TEMPORAL_ADDRESS, RUNBOOK_CONFIG, taskQueue } = document;
    const told = { TEMPORAL_ADDRESS, RUNBOOK_CONFIG } as Record<string, string>;
    const sets = ["target=lab", "change=c1", "component=app", "version=2.0.0"];
    const started = await shell(
      [
        ...["start", "--task-queue", taskQueue ?? ""],
        ...sets.flatMap((set) => ["--set", set]),
      ],
      told,
    );
    expect(started).toMatchObject({ code: 0, err: "" });
    const watched = await shell(["watch", "fleet-upgrade:lab:c1"], told);
    expect(watched.out).toContain("Ended: planned");
    expect(watched.code).toBe(0);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(existsSync(dir)).toBe(false);
    await eventually(() => !isAlive(Number(document.serverPid)) || undefined);
  }, 120_000);
});
