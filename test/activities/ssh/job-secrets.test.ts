import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LocalHost, shellsHere, until } from "./job-local-host";

const key = "run/app-07/apply/0";
const secret = "s3cr3t-Wörd 'quoted' \\n $HOME";
const secretEnv = { DB_PASSWORD: `${secret}\nline two\n\n`, EMPTY: "" };

/** Everything that `ps` can show, of every process of this machine. */
function commandLines(): string {
  if (!existsSync("/proc/self/cmdline"))
    return execFileSync("ps", ["-A", "-o", "args="]).toString();
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8");
      } catch {
        return "";
      }
    })
    .join("\n");
}

describe.each(shellsHere())("secrets on a host with %s", (shell) => {
  let host: LocalHost;
  beforeEach(() => {
    host = new LocalHost(shell);
  });
  afterEach(() => host.dispose());
  const script =
    'printf "%s|%s|" "$DB_PASSWORD" "${EMPTY-unset}" | od -An -v -tx1; until [ -e ~/go ]; do sleep .01; done';
  const request = { key, command: { script }, secretEnv, timeoutMs: 20_000 };
  const bytesOf = (text: string) => text.replaceAll(/\s/g, "");
  const expected = Buffer.from(`${secretEnv.DB_PASSWORD}||`).toString("hex");

  test("reach the job as they are, and stand in no command line and no file", async () => {
    const seen: string[] = [];
    let looking = true;
    const watch = (async () => {
      while (looking) {
        seen.push(commandLines());
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const call = host.jobs().runJob(host.target, request);
    const stdout = join(host.folderOf(key), "stdout");
    await until(() => existsSync(stdout) && readFileSync(stdout).length > 0);
    writeFileSync(join(host.home, "go"), "");
    const result = await call;
    looking = false;
    await watch;
    expect(bytesOf(result.stdout)).toBe(expected);
    // The watch is no use unless it sees the job's own processes.
    expect(seen.some((text) => text.includes(host.folderOf(key)))).toBe(true);
    expect(seen.join("\n")).not.toMatch(/s3cr3t|line two/);
    const files = readdirSync(host.folderOf(key));
    expect(files.join()).toMatch(/\brun\./);
    for (const file of files)
      expect(readFileSync(join(host.folderOf(key), file), "utf8")).not.toMatch(
        /s3cr3t|line two/,
      );
  });

  test("reach a job that runs in a scope of systemd", async () => {
    host.fakeSystemd('while [ "${1#--}" != "$1" ]; do shift; done; exec "$@"');
    writeFileSync(join(host.home, "go"), "");
    const result = await host.jobs().runJob(host.target, request);
    expect(bytesOf(result.stdout)).toBe(expected);
    const calls = host.read("systemd-run.log").trim().split("\n");
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatch(
      /^--scope --quiet --collect --unit=runbook-[0-9a-f]{32} sh /,
    );
  });

  test("a systemd that gives no scope does not keep the job from running", async () => {
    host.fakeSystemd("exit 1");
    writeFileSync(join(host.home, "go"), "");
    const result = await host.jobs().runJob(host.target, request);
    expect(result).toMatchObject({ attached: "started", exitCode: 0 });
    expect(bytesOf(result.stdout)).toBe(expected);
  });

  test("with sudo the whole protocol runs as the other user", async () => {
    host.addTool("sudo", 'echo "$1 $2 $3" >>~/sudo.log; shift 2; exec "$@"');
    const access = { ...host.target.access, become: true };
    writeFileSync(join(host.home, "go"), "");
    const target = { ...host.target, access };
    const result = await host.jobs().runJob(target, request);
    expect(bytesOf(result.stdout)).toBe(expected);
    expect(host.read("sudo.log")).toBe("-n -H sh\n");
  });

  test("sudo that asks for a password is told as a missing permission", async () => {
    host.addTool("sudo", "echo 'sudo: a password is required' >&2; exit 1");
    const access = { ...host.target.access, become: true };
    const target = { ...host.target, access };
    await expect(host.jobs().runJob(target, request)).rejects.toMatchObject({
      type: "ssh.notPermitted",
    });
  });
});
