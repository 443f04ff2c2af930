import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { HostContract } from "../../../activities/host/port";
import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";
import { freePorts } from "../../harness/free-ports";
import { missingProgram } from "../../harness/missing-program";
import { generateKey } from "../../harness/sshd";
import { RecipeHost } from "./recipe-host";

jest.setTimeout(180_000);

/** A small library that no program of the test needs, so that one of its copies may vanish. */
const library = [
  "/lib/x86_64-linux-gnu/libm.so.6",
  "/lib/aarch64-linux-gnu/libm.so.6",
].find(existsSync);

const unfit = (): string | undefined => {
  if (process.getuid?.() !== 0)
    return "needrestart tells of services to root alone";
  if (library === undefined) return "no libm.so.6 where Debian keeps it";
  return missingProgram("needrestart", "haproxy", "sshd", "ssh-keygen");
};

describeWhen(unfit())("the step old-libraries, on a real needrestart", () => {
  let host: RecipeHost;
  const pids: number[] = [];
  // What lies in /tmp does not count: programs leave all kinds of files there.
  let libraries: string;

  const contractWith = (needrestart?: string): HostContract =>
    host.contract({ recipe: { kind: "apt", packages: ["shop"], needrestart } });

  /** A service that began before the library under it was replaced. */
  async function startOutdated(words: readonly string[], pidFile: string) {
    const [program = "", ...rest] = words;
    const old = join(libraries, "libold.so");
    copyFileSync(library ?? "", old);
    const env = { ...process.env, LD_PRELOAD: old };
    execFileSync(program, rest, { env, stdio: "ignore" });
    const pid = await eventually(
      () => Number(existsSync(pidFile) && readFileSync(pidFile)) || undefined,
    );
    pids.push(pid);
    rmSync(old);
  }

  async function startHaproxy(): Promise<void> {
    const config = join(host.home, "haproxy.cfg");
    const [port] = await freePorts(1);
    writeFileSync(
      config,
      `defaults\n timeout connect 1s\n timeout client 1s\n timeout server 1s\nlisten web\n bind 127.0.0.1:${port}\n`,
    );
    const pidFile = join(host.home, "haproxy.pid");
    const words = ["/usr/sbin/haproxy", "-D", "-p", pidFile, "-f", config];
    await startOutdated(words, pidFile);
  }

  async function startSshd(): Promise<void> {
    const [port] = await freePorts(1);
    const pidFile = join(host.home, "sshd.pid");
    const options = {
      ListenAddress: `127.0.0.1:${port}`,
      HostKey: generateKey(join(host.home, "host-key")),
      PidFile: pidFile,
    };
    const words = Object.entries(options).flatMap(([name, value]) => [
      "-o",
      `${name}=${value}`,
    ]);
    await startOutdated(
      ["/usr/sbin/sshd", "-f", "/dev/null", ...words],
      pidFile,
    );
  }

  beforeAll(async () => {
    libraries = mkdtempSync(join(homedir(), ".runbooks-libraries-"));
    host = new RecipeHost("dash");
    host.local.env = {
      ...host.local.env,
      PATH: `${host.local.env["PATH"] ?? ""}:/usr/sbin:/sbin`,
    };
    await startHaproxy();
    await startSshd();
  });
  afterAll(() => {
    for (const pid of pids.splice(0)) process.kill(pid);
    rmSync(libraries, { recursive: true });
    host.dispose();
  });

  it("names services that still run old libraries, and restarts none unless it is told to", async () => {
    host.local.addTool("systemctl", "echo called; exit 1");
    const said = await host.done(contractWith(), "old-libraries");
    expect(said.split("\n")).toContain("still runs old libraries: haproxy");
    expect(said).not.toContain("called");
  });

  it("restarts them where it is told to, but not the way in", async () => {
    host.local.addTool("systemctl", 'echo "$@" >>~/systemctl');
    const said = await host.done(contractWith("restart"), "old-libraries");
    expect(said.split("\n")).toEqual(
      expect.arrayContaining([
        "restarts haproxy",
        "still runs old libraries, left alone: ssh",
      ]),
    );
    const asked = host.local.read("systemctl").split("\n");
    expect(asked).toContain("restart -- haproxy");
    expect(asked).not.toContain("restart -- ssh");
  });

  it("fails when a service does not come up again", async () => {
    host.local.addTool("needrestart", "echo NEEDRESTART-SVC: haproxy");
    host.local.addTool("systemctl", "exit 4");
    const contract = contractWith("restart");
    const { exitCode } = await host.step(contract, "old-libraries");
    expect(exitCode).toBe(4);
  });

  it("is left out when it is off", () => {
    const names = contractWith("off").extra.map(({ name }) => name);
    expect(names).not.toContain("old-libraries");
  });
});
