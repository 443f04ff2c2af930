import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";

const main = resolve(__dirname, "../../../dist/bench/main.js");
const missing = ["/usr/sbin/sshd", "/usr/libexec/sshd", "/sbin/sshd"].some(
  existsSync,
)
  ? undefined
  : "sshd is not installed (Debian: openssh-server)";

/** What a bench starts, each by the name that it gives it. */
const needed = ["sh", "id", "rm", "sleep", "ssh-keygen", "useradd", "userdel"];

let programs: string;

beforeAll(async () => {
  programs = await mkdtemp(join(tmpdir(), "bench-path-"));
  for (const name of needed) {
    const path = pathOf(name);
    if (path !== undefined) await symlink(path, join(programs, name));
  }
});

afterAll(() => rm(programs, { recursive: true, force: true }));

describeWhen(missing)("bench fleet", () => {
  it("measures in turn, names the peer that is not there and prints one object at the end", async () => {
    const bench = start("--peers=ours,bare,pdsh", "--json");
    const [code] = (await once(bench.process, "close")) as [number];
    expect({ code, said: bench.stderr() }).toMatchObject({ code: 0 });
    const line = bench.stdout().trim().split("\n").at(-1) ?? "";
    expect(JSON.parse(line)).toMatchObject({
      hosts: 6,
      medianMs: {
        ours: expect.any(Number),
        bare: expect.any(Number),
        pdsh: null,
        ansible: null,
      },
      ratio: { bare: expect.any(Number), pdsh: null, ansible: null },
      coldStartMs: expect.any(Number),
      eventsPerHost: expect.any(Number),
      budgets: { runs: 1, hold: true },
    });
    expect(bench.stderr()).toContain("left out: pdsh: pdsh is not installed");
    expect(traces(bench.process)).toEqual([]);
  }, 180_000);

  it("leaves no server, user or folder behind when it is killed", async () => {
    const bench = start("--peers=bare", "--rounds=50");
    await eventually(() =>
      Promise.resolve(bench.stderr().includes("round 1") || undefined),
    );
    expect(traces(bench.process)).not.toEqual([]);
    bench.process.kill("SIGKILL");
    await once(bench.process, "close");
    await eventually(() =>
      Promise.resolve(traces(bench.process).length === 0 || undefined),
    );
  }, 180_000);

  it.each([
    [["--hosts=1"], "hosts"],
    [["--hosts=20000", "--peers=rsh"], "peers"],
    [["--hosts=100", "--resume"], "in work at once"],
  ])("refuses %j", async (flags, words) => {
    const bench = start(...flags);
    const [code] = (await once(bench.process, "close")) as [number];
    expect(code).toBe(1);
    expect(bench.stderr()).toContain(words);
  });
});

function start(...flags: readonly string[]) {
  const args = [main, "fleet", "--hosts=6", "--rounds=1", ...flags];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, PATH: programs },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (bytes: Buffer) => (stdout += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => (stderr += bytes.toString()));
  return { process: child, stdout: () => stdout, stderr: () => stderr };
}

/** Of that bench: its user, its folder, and the processes that name one of them. */
function traces({ pid }: ChildProcess): string[] {
  const user = `bench-${pid}`;
  const folders = ["/dev/shm", tmpdir()]
    .filter(existsSync)
    .flatMap((base) => readdirSync(base))
    .filter((name) => name.startsWith(`${user}-`));
  const users = readFileSync("/etc/passwd", "utf8").split("\n");
  const mine = readdirSync("/proc").filter((name) =>
    /^\d+$/.test(name) && name !== String(pid)
      ? commandLineOf(name).includes(user)
      : false,
  );
  return [
    ...users.filter((line) => line.startsWith(`${user}:`)),
    ...folders,
    ...mine,
  ];
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

function pathOf(program: string): string | undefined {
  return (process.env["PATH"] ?? "")
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find(existsSync);
}
