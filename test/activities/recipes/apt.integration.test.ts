import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HostContract } from "../../../activities/host/port";
import { describeWhen } from "../../harness/describe-when";
import { missingProgram } from "../../harness/missing-program";
import { RecipeHost } from "./recipe-host";

jest.setTimeout(180_000);

/** A root of its own for apt and dpkg, with a repository of small packages: this machine stays as it is. */
describeWhen(
  missingProgram("apt-get", "dpkg-deb", "dpkg-scanpackages", "perl"),
)("the apt recipe, on a real apt", () => {
  let host: RecipeHost;
  let contract: HostContract;
  let root: string;

  const sh = (script: string): string =>
    execFileSync("sh", ["-c", script], {
      encoding: "utf8",
      env: { ...process.env, ...host.local.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
  const offer = (version: string): void => {
    const tree = join(host.home, `tree-${version}`);
    mkdirSync(join(tree, "DEBIAN"), { recursive: true });
    writeFileSync(
      join(tree, "DEBIAN", "control"),
      `Package: shop\nVersion: ${version}\nArchitecture: all\nMaintainer: t <t@example.com>\nDescription: t\n`,
    );
    sh(
      `dpkg-deb --root-owner-group -Zgzip -b '${tree}' '${host.home}/repo' && cd '${host.home}/repo' && dpkg-scanpackages -m . >Packages 2>/dev/null`,
    );
  };

  beforeEach(() => {
    host = new RecipeHost("dash");
    root = join(host.home, "root");
    for (const folder of [
      "etc/apt/apt.conf.d",
      "etc/apt/preferences.d",
      "var/lib/apt/lists/partial",
      "var/cache/apt/archives/partial",
      "var/lib/dpkg/info",
      "var/lib/dpkg/updates",
      "var/log/apt",
    ])
      mkdirSync(join(root, folder), { recursive: true });
    mkdirSync(join(host.home, "repo"));
    writeFileSync(join(root, "var/lib/dpkg/status"), "");
    writeFileSync(
      join(root, "etc/apt/sources.list"),
      `deb [trusted=yes] file:${host.home}/repo ./\n`,
    );
    const conf = join(host.home, "apt.conf");
    writeFileSync(
      conf,
      `Dir "${root}/";\nDir::State::status "${root}/var/lib/dpkg/status";\nDir::Bin::methods "/usr/lib/apt/methods";\nDir::Bin::dpkg "/usr/bin/dpkg";\nAPT::Sandbox::User "root";\nDpkg::Options { "--root=${root}"; "--force-not-root"; "--log=/dev/null"; };\n`,
    );
    host.local.env = {
      ...host.local.env,
      PATH: `${host.local.env["PATH"] ?? ""}:/usr/sbin:/sbin`,
      APT_CONFIG: conf,
      DPKG_ADMINDIR: join(root, "var/lib/dpkg"),
      DPKG_ROOT: root,
    };
    offer("1.0");
    offer("2.0");
    contract = host.contract({
      recipe: { kind: "apt", packages: ["shop"], lockWaitS: 20 },
    });
  });
  afterEach(() => host.dispose());

  const bring = async (version: string): Promise<string> => {
    for (const name of ["precheck", "fetch", "apply"])
      await host.done(contract, name, { version });
    return host.done(contract, "version");
  };

  it("installs the version of the run, upgrades it, and goes back by undo alone", async () => {
    expect(await host.done(contract, "version")).toBe("");
    expect(await bring("1.0")).toBe("1.0");
    expect(await host.done(contract, "preview", { version: "2.0" })).toMatch(
      /^shop: 1\.0 -> 2\.0\n[^]*Inst shop \[1\.0\] \(2\.0/,
    );
    expect(await bring("2.0")).toBe("2.0");
    const down = await host.step(contract, "apply", { version: "1.0" });
    expect(down.exitCode).not.toBe(0);
    expect(await host.done(contract, "version")).toBe("2.0");
    const back = { version: "2.0", previous: "1.0" };
    await host.done(contract, "undo", back);
    await host.done(contract, "undo", back);
    expect(await host.done(contract, "version")).toBe("1.0");
  });

  it("refuses a held package before anything is done, and says how to allow it", async () => {
    await bring("1.0");
    sh("apt-mark hold shop");
    const { exitCode, stderr } = await host.step(contract, "precheck");
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(/held on this host: shop ; .*apt-mark unhold shop/);
    const late = await host.step(contract, "apply", { version: "2.0" });
    expect(late.exitCode).toBe(1);
    sh("apt-mark unhold shop");
    expect(await bring("2.0")).toBe("2.0");
  });

  it("says that a version is not offered, and takes no option for one", async () => {
    const none = await host.step(contract, "fetch", { version: "9" });
    expect(none.exitCode).toBe(100);
    expect(none.stderr).toContain("Version '9' for 'shop' was not found");
    const option = await host.step(contract, "fetch", { version: "-o=x" });
    expect(option.stderr).toContain("not a version");
  });

  it.each([
    ["the lists", "var/lib/apt/lists/lock", "fetch"],
    ["dpkg", "var/lib/dpkg/lock-frontend", "apply"],
  ])(
    "waits for a lock of %s that another process holds",
    async (_of, file, name) => {
      await host.done(contract, "fetch", { version: "1.0" });
      const script = `use Fcntl; open my $f, ">>", $ARGV[0] or die; my $l = pack("s s l! l! i", F_WRLCK, 0, 0, 0, 0); fcntl($f, F_SETLK, $l) or die "$!"; $| = 1; print "held\\n"; <STDIN>;`;
      const holder = spawn("perl", ["-e", script, join(root, file)]);
      await once(holder.stdout, "data");
      let over = false;
      const step = host
        .done(contract, name, { version: "1.0" })
        .finally(() => (over = true));
      await new Promise((later) => setTimeout(later, 900));
      expect(over).toBe(false);
      holder.stdin.end("\n");
      await once(holder, "exit");
      await step;
    },
  );

  it("gives up a lock after its time, with apt's own words", async () => {
    const short = host.contract({
      recipe: { kind: "apt", packages: ["shop"], lockWaitS: 0 },
    });
    await host.done(short, "fetch", { version: "1.0" });
    const script = `use Fcntl; open my $f, ">>", $ARGV[0] or die; my $l = pack("s s l! l! i", F_WRLCK, 0, 0, 0, 0); fcntl($f, F_SETLK, $l) or die "$!"; $| = 1; print "held\\n"; <STDIN>;`;
    const lock = join(root, "var/lib/dpkg/lock-frontend");
    const holder = spawn("perl", ["-e", script, lock]);
    await once(holder.stdout, "data");
    const { exitCode, stderr } = await host.step(short, "apply", {
      version: "1.0",
    });
    holder.stdin.end("\n");
    await once(holder, "exit");
    expect(exitCode).toBe(100);
    expect(stderr).toMatch(/Could not get lock .*lock-frontend/);
  });

  it("asks for a reboot only where one is required", async () => {
    const file = join(host.home, "reboot-required");
    const reboots = host.contract({
      recipe: {
        kind: "apt",
        packages: ["shop"],
        reboot: "if-required",
        rebootFile: file,
      },
    });
    host.local.addTool("reboot", "echo booted >>~/reboots");
    host.local.addTool("needrestart", "echo NEEDRESTART-KSTA: 1");
    const none = await host.step(reboots, "reboot");
    expect(none).toMatchObject({
      exitCode: 0,
      stdout: "no reboot is required\n",
    });
    expect(existsSync(join(host.home, "reboots"))).toBe(false);
    writeFileSync(file, "");
    expect((await host.step(reboots, "reboot")).exitCode).toBe(194);
    expect(host.local.read("reboots")).toBe("booted\n");
    sh(`rm '${file}'`);
    host.local.addTool("needrestart", "echo NEEDRESTART-KSTA: 3");
    const kernel = await host.step(reboots, "reboot");
    expect(kernel.exitCode).toBe(194);
    expect(kernel.stdout).toContain("the running kernel is outdated");
  });
});
