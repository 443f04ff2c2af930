import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { SiteBehaviour } from "../../../lab/network/behaviour";
import { startNetworkLab, type NetworkLab } from "../../../lab/network/lab";
import { networkLabMissing } from "../../../lab/network/missing";
import { stopLab } from "../../../lab/hosts/stop-lab";
import { runChild } from "../../harness/child";
import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";
import { isRunning } from "../hosts/processes";

const small = { appHosts: 4, sites: 6, oldAddresses: 4, newAddresses: 2 };
const run = promisify(execFile);

const namespaces = async (): Promise<readonly string[]> =>
  (await run("ip", ["netns", "list"])).stdout
    .split("\n")
    .map((line) => line.split(" ")[0] ?? "");

const commandOf = (pid: string): string =>
  pid === "" ? "" : readFileSync(`/proc/${pid}/cmdline`, "utf8");

describeWhen(networkLabMissing())("a network lab", () => {
  let folder: string;
  let lab: NetworkLab;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "network-lab-"));
    lab = await startNetworkLab({ dir: join(folder, "lab"), ...small });
  });
  afterAll(async () => {
    await lab.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const ssh = async (address: string, command: string): Promise<string> => {
    const options = [
      "BatchMode=yes",
      `UserKnownHostsFile=${lab.knownHostsFile}`,
      "StrictHostKeyChecking=yes",
    ].flatMap((option) => ["-o", option]);
    const who = ["-i", lab.identityFile, `${lab.user}@${address}`];
    const words = ["-F", "none", ...options, ...who, command];
    return (await run("ssh", words)).stdout.trim();
  };

  /** What curl says of one request from a host: `200`, or the number of its failure. */
  const ask = (host: string, site: string, options = ""): Promise<string> => {
    const url = lab.sites.find(({ id }) => id === site)?.url ?? "";
    const script = `curl -s -m 2 -o /dev/null -w '%{http_code}' ${options} ${url} || printf ' failed %s' $?`;
    return lab.sh(host, script);
  };
  const timedOut = "000 failed 28";
  /** curl meets the reset while it connects, or soon after. */
  const wasReset = /^000 failed (7|56)$/;

  const sourcesAt = async (site: string): Promise<readonly string[]> =>
    Object.keys((await lab.counts())[site] ?? {}).sort();

  it("lets each host be reached over SSH, in a network of its own", async () => {
    const seen = await Promise.all(
      lab.hosts.map(async ({ address }) =>
        ssh(address, "readlink /proc/self/ns/net && ip -o address show us"),
      ),
    );
    expect(seen).toHaveLength(9);
    expect(new Set(seen.map((text) => text.split("\n")[0])).size).toBe(9);
    for (const [at, { address }] of lab.hosts.entries())
      expect(seen[at]).toContain(` ${address} `);
  });

  it("sends the connections of a host out by its gateway's old addresses in turn", async () => {
    for (let n = 0; n < 4; n++) await ask("app-01", "site-01");
    expect(await sourcesAt("site-01")).toEqual(lab.gateways[0]?.old);
    for (let n = 0; n < 4; n++) await ask("app-02", "site-02");
    expect(await sourcesAt("site-02")).toEqual(lab.gateways[1]?.old);
  });

  it("has the new addresses nowhere", async () => {
    for (const { id, new: fresh } of lab.gateways) {
      const addresses = await lab.sh(id, "ip -o address show");
      for (const address of fresh) expect(addresses).not.toContain(address);
    }
  });

  it.each<[string, SiteBehaviour, string | RegExp]>([
    ["lets in whom it knows", { letsIn: ["203.0.113.101"] }, "200"],
    ["drops the others", { letsIn: [], others: "drop" }, timedOut],
    ["resets them", { letsIn: [], others: "reset" }, wasReset],
    ["denies them", { letsIn: [], others: "denied" }, "403"],
    ["challenges them", { letsIn: [], others: "challenge" }, "403"],
    ["shows them something else", { letsIn: [], others: "different" }, "200"],
    ["has a limit", { perSecond: 0 }, "429"],
    ["is down", { isDown: true }, timedOut],
    ["is up again", {}, "200"],
  ])("%s", async (_title, behaviour, expected) => {
    const fresh = lab.gateways[0]?.new[0] ?? "";
    await lab.sh("gw-1", `ip address replace ${fresh}/32 dev out`);
    await lab.setSite("site-02", behaviour);
    const seen = await ask("gw-1", "site-02", `--interface ${fresh}`);
    await lab.sh("gw-1", `ip address del ${fresh}/32 dev out`);
    expect(seen).toMatch(expected);
  });

  it("tells a challenge from a denial, and another page from its own", async () => {
    await lab.setSite("site-02", { letsIn: [], others: "challenge" });
    const head = await lab.sh("app-01", "curl -si http://198.51.100.2/");
    expect(head).toMatch(/^cf-mitigated: challenge\r$/m);
    await lab.setSite("site-02", { letsIn: [], others: "different" });
    const body = await lab.sh("app-01", "curl -s http://198.51.100.2/");
    expect(body).not.toContain("welcome");
    await lab.setSite("site-02", {});
    const own = await lab.sh("app-01", "curl -s http://198.51.100.2/");
    expect(own).toBe("welcome to site-02\n");
  });

  it("counts a limit for each source address", async () => {
    await lab.setSite("site-02", { perSecond: 1 });
    // Two old addresses: of three requests on connections of their own within a second, one is too many.
    const codes = await eventually(async () => {
      const url = "http://198.51.100.2/";
      const curl = `curl -s -o /dev/null -w '%{http_code} ' -H 'connection: close' ${url} ${url} ${url}`;
      const text = await lab.sh("app-01", curl);
      return text.includes("429") ? text : undefined;
    });
    await lab.setSite("site-02", {});
    expect(codes.match(/200/g)?.length).toBeGreaterThanOrEqual(1);
  });

  it("keeps a connection open for the next request", async () => {
    const url = "http://198.51.100.1/";
    const opened = await lab.sh(
      "app-01",
      `curl -s -o /dev/null -o /dev/null -w '%{num_connects}' ${url} ${url}`,
    );
    expect(opened).toBe("10");
  });

  it("takes up what somebody writes into the file of sites", async () => {
    const file = join(lab.dir, "sites.json");
    await run("sed", [
      "-i",
      `0,/"site-01"/s//"site-01", "isDown": true/`,
      file,
    ]);
    await eventually(async () =>
      (await ask("app-01", "site-01")) === timedOut ? true : undefined,
    );
    await lab.setSite("site-01", {});
    expect(await ask("app-01", "site-01")).toBe("200");
  });

  it("has every new connection of a steady load answered at sites that are open", async () => {
    await lab.startLoad({ perSecond: 100, sites: ["site-01", "site-02"] });
    await eventually(async () =>
      (await lab.loadCounts()).attempted > 200 ? true : undefined,
    );
    const { attempted, answered, failed } = await lab.stopLoad();
    expect(failed).toEqual({});
    expect(Object.keys(answered).sort()).toEqual(["site-01", "site-02"]);
    const sum = Object.values(answered).reduce((all, n) => all + n, 0);
    expect(sum).toBe(attempted);
  });

  it("tells of a load which site failed, and how", async () => {
    await lab.setSite("site-02", { letsIn: [], others: "denied" });
    await lab.startLoad({ perSecond: 100, sites: ["site-01", "site-02"] });
    await eventually(async () =>
      (await lab.loadCounts()).attempted > 50 ? true : undefined,
    );
    const { failed } = await lab.stopLoad();
    await lab.setSite("site-02", {});
    expect(Object.keys(failed)).toEqual(["site-02"]);
    expect(Object.keys(failed["site-02"] ?? {})).toEqual(["status 403"]);
  });

  it("does not take a load of which a part has died for one without failures", async () => {
    await lab.startLoad({ perSecond: 20, sites: ["site-01"] });
    const { namespace = "" } = lab.appHosts[0] ?? {};
    const { stdout } = await run("ip", ["netns", "pids", namespace]);
    const load = stdout
      .split("\n")
      .filter((pid) => commandOf(pid).includes("steady.py"));
    expect(load).toHaveLength(1);
    process.kill(Number(load[0]), "SIGKILL");
    await eventually(() =>
      lab.loadCounts().then(
        () => undefined,
        () => true,
      ),
    );
    await expect(lab.stopLoad()).rejects.toThrow("steady.py");
    await lab.startLoad({ perSecond: 20, sites: ["site-01"] });
    expect((await lab.stopLoad()).failed).toEqual({});
  });

  it("has a staging of its own, whose sink keeps what is opened", async () => {
    const [host] = lab.staging.hosts;
    const body = await ssh(host?.address ?? "", "curl -s http://198.18.0.1/");
    expect(body).toBe("welcome to sink");
    const { sink = {} } = await lab.sinkCounts();
    expect(Object.keys(sink)).toEqual(lab.staging.gateway.old);
  });

  it("has a gateway come up with nothing but what its operator set up", async () => {
    const bootId = () =>
      ssh(
        lab.gateways[0]?.address ?? "",
        `cat ${join(lab.dir, "hosts", "gw-1", "boot_id")}`,
      );
    const before = await bootId();
    const fresh = lab.gateways[0]?.new[0] ?? "";
    const change = `ip address add ${fresh}/32 dev out; nft add table ip runbooks_egress`;
    await ssh(lab.gateways[0]?.address ?? "", change);
    await lab.reboot("gw-1");
    expect(await lab.sh("gw-1", "nft list tables")).toBe("table ip operator\n");
    expect(await lab.sh("gw-1", "ip address show dev out")).not.toContain(
      fresh,
    );
    expect(await bootId()).not.toBe(before);
    expect(await ask("app-01", "site-01")).toBe("200");
  });

  it("writes each customer with its address", () => {
    const lines = readFileSync(lab.customersFile, "utf8").trim().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)[2]).toEqual({
      id: "site-03",
      url: "http://198.51.100.3/",
      addresses: ["198.51.100.3"],
    });
  });
});

describeWhen(networkLabMissing())("the end of a network lab", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "network-lab-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("leaves nothing", async () => {
    const dir = join(folder, "lab");
    const lab = await startNetworkLab({ dir, ...small });
    const own = lab.hosts.map(({ namespace }) => namespace);
    expect(await namespaces()).toEqual(expect.arrayContaining(own));
    await lab.startLoad({ perSecond: 10 });
    await lab.stop();
    const left = await namespaces();
    expect(own.filter((name) => left.includes(name))).toEqual([]);
    expect(existsSync(dir)).toBe(false);
  });

  it("leaves no name that keeps the next one from starting", async () => {
    // As of a network that has just ended, whose links go one by one.
    const names = Array.from(
      { length: 16 },
      (_, at) => `rbnet${(process.pid + at) % 256}-1`,
    );
    const each = (words: (name: string) => readonly string[]) =>
      Promise.allSettled(names.map((name) => run("ip", [...words(name)])));
    const held = await each((n) => ["link", "add", n, "type", "bridge"]);
    const mine = names.filter((_, at) => held[at]?.status === "fulfilled");
    expect(mine).not.toEqual([]);
    try {
      const lab = await startNetworkLab({ dir: join(folder, "lab"), ...small });
      expect(lab.hosts).toHaveLength(9);
      await lab.stop();
    } finally {
      for (const name of mine) await run("ip", ["link", "delete", name]);
    }
  });

  it("comes with that of its owner, however that ends", async () => {
    const dir = join(folder, "lab");
    const child = runChild(require.resolve("./lab-child"), [dir]);
    const own = (await child.line()).split(" ");
    const processes = (
      await Promise.all(
        own.map(
          async (name) => (await run("ip", ["netns", "pids", name])).stdout,
        ),
      )
    )
      .join("\n")
      .split("\n")
      .filter(Boolean);
    expect(processes.length).toBeGreaterThanOrEqual(own.length);
    child.process.kill("SIGKILL");
    await eventually(async () => {
      const left = await namespaces();
      return own.some((name) => left.includes(name)) ? undefined : true;
    });
    expect(processes.map(Number).filter(isRunning)).toEqual([]);
    await stopLab(dir);
    expect(existsSync(dir)).toBe(false);
  });
});
