import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type {
  EgressPort,
  LinuxGateway,
  Steering,
} from "../../../../activities/egress/port";
import { createLinuxGateways } from "../../../../activities/egress/nat/gateway";
import { rulesOf } from "../../../../activities/egress/nat/rules";
import { steerScript } from "../../../../activities/egress/nat/scripts";
import { createSsh } from "../../../../activities/ssh/ssh";
import { startCutProxy } from "../../../harness/cut-proxy";
import { describeWhen } from "../../../harness/describe-when";
import { eventually } from "../../../harness/eventually";
import { missingProgram } from "../../../harness/missing-program";
import {
  fresh,
  type NatGround,
  old,
  sites,
  startNatGround,
} from "../../../harness/nat-ground";
import { networkMissing } from "../../../harness/network";
import { hostAt, listedFingerprint } from "../../../harness/ssh-servers";

const missing =
  networkMissing() ?? missingProgram("nft", "conntrack", "arping", "python3");
const [site, other, third] = sites;

describeWhen(missing)("a Linux gateway", () => {
  let ground: NatGround;
  let egress: EgressPort<LinuxGateway>;
  let gateway: LinuxGateway;
  const ssh = createSsh();
  beforeEach(async () => {
    ground = await startNatGround();
    gateway = ground.gateway;
    egress = createLinuxGateways(ssh);
  }, 60_000);
  afterEach(() => ground.stop(), 60_000);
  afterAll(() => ssh.close());

  let generation = 1_000;
  const steer = (changes: Partial<Steering> = {}): Promise<void> =>
    egress.steer(gateway, {
      ...{ generation: ++generation, moved: [], stay: [], share: 0 },
      ...{ spread: "connection", usable: [] },
      ...changes,
    });
  const cameBy = async (to: string, count: number) => {
    const connections = await ground.connect(to, count);
    await connections.close();
    return connections.by;
  };
  const isOld = (address: string) =>
    (old as readonly string[]).includes(address);

  const linesOf = async (...argv: readonly string[]) =>
    (await ground.run("gw", ...argv))
      .split("\n")
      .map((line) => line.replace(/\s+/g, " ").trim())
      .filter(Boolean);
  /** In the kernel's order: the first of a subnet is its primary one. */
  const addresses = async () =>
    (
      await linesOf("ip", "-o", "-4", "addr", "show", "dev", "to-server")
    ).flatMap((line) => line.split(" ")[3] ?? []);
  const routes = () =>
    linesOf("ip", "-4", "route", "show", "table", "all", "dev", "to-server");
  const put = (cidr: string) =>
    ground.run("gw", "ip", "addr", "add", cidr, "dev", "to-server");
  /** The source address that the kernel takes. */
  const wayTo = async (destination: string) =>
    / dev to-server.* src (\S+)/.exec(
      (await linesOf("ip", "-4", "route", "get", destination)).join(" "),
    )?.[1];
  const promotes = async () =>
    (
      await linesOf(
        "cat",
        "/proc/sys/net/ipv4/conf/to-server/promote_secondaries",
      )
    )[0];
  const router = "203.0.113.254";
  /** A default route through a router of the old subnet, and one that names an old address. */
  const behindARouter = async () => {
    const add = (...words: readonly string[]) =>
      ground.run("gw", "ip", "route", "add", ...words, "dev", "to-server");
    await add("default", "via", router);
    await add("192.0.2.128/25", "via", router, "src", old[1]);
  };
  /** A retire that gets a signal in its middle. */
  const killed = async (name: string) => {
    const dying = createLinuxGateways({
      exec: (target, { argv, ...rest }, options) => {
        const stopped = argv.map((word) =>
          word.replace("ip addr del", () => `kill -${name} $$; ip addr del`),
        );
        expect(stopped).not.toEqual(argv);
        return ssh.exec(target, { ...rest, argv: stopped }, options);
      },
    });
    await expect(dying.retire(gateway, { cut: true })).rejects.toThrow();
  };

  it("has no fault, and tells which ones it has", async () => {
    const sound = await egress.inspect(gateway);
    expect(sound).toMatchObject({ faults: [] });
    expect(sound.portHoldS).toBeGreaterThan(0);
    await ground.run(
      "gw",
      "ip",
      "addr",
      "del",
      `${old[2]}/24`,
      "dev",
      "to-server",
    );
    await ground.run(
      "gw",
      "nft",
      "table ip early {\n chain post {\n type nat hook postrouting priority 10;\n }\n}",
    );
    expect((await egress.inspect(gateway)).faults).toEqual([
      `to-server lacks the old address ${old[2]}`,
      "chain ip early post translates addresses before ours would: give it priority srcnat",
    ]);
    expect(
      (await egress.inspect({ ...gateway, interface: "eth9" })).faults,
    ).toContain("there is no interface eth9");
  });

  it("brings new addresses up beside the old ones, and nobody uses them; a second call changes nothing", async () => {
    await egress.provision(gateway);
    await egress.provision(gateway);
    const seen = await egress.look(gateway);
    expect(seen).toMatchObject({ rules: "ours", lacks: [], onNew: 0 });
    expect(Object.keys(await cameBy(site, 6)).every(isOld)).toBe(true);
    const probe = await ground
      .run(
        ...([
          "gw",
          "curl",
          "-sS",
          "--http0.9",
          "--max-time",
          "1",
          "--interface",
          fresh[1],
          `http://${site}/`,
        ] as const),
      )
      .catch((error: { readonly stdout: string }) => error.stdout);
    expect(probe).toContain(fresh[1]);
  });

  it("refuses an address that another machine has, and one of which nobody could be asked", async () => {
    const link = (word: string) =>
      ground.run("gw", "ip", "link", "set", "to-server", word);
    await link("down");
    await expect(egress.provision(gateway)).rejects.toMatchObject({
      type: "egress.notAsked",
      seen: expect.stringContaining("is down"),
    });
    await link("up");
    await ground.run(
      "server",
      "ip",
      "addr",
      "add",
      `${fresh[0]}/32`,
      "dev",
      "lo",
    );
    await expect(egress.provision(gateway)).rejects.toMatchObject({
      type: "egress.addressTaken",
      seen: expect.stringContaining(fresh[0]),
    });
    expect((await egress.look(gateway)).lacks).toEqual([...fresh]);
  });

  it("spreads each connection over all new addresses, so that three carry three times the ports of one, which is all that a range gives from one host to one destination", async () => {
    await egress.provision(gateway);
    await steer({ moved: [site] });
    const moved = await ground.connect(site, 384);
    expect(moved.by).toEqual({
      [fresh[0]]: 128,
      [fresh[1]]: 128,
      [fresh[2]]: 128,
    });
    const seen = await egress.look(gateway);
    expect(seen).toMatchObject({
      onNew: 384,
      tuples: [{ tuple: `${site}:80`, old: 0, new: 384 }],
    });
    const before = seen.counters;
    expect(await cameBy(site, 2)).toEqual({ failed: 2 });
    const { counters } = await egress.look(gateway);
    expect(counters.insertFailed).toBeGreaterThan(before.insertFailed);
    expect(Object.keys(await cameBy(other, 3)).every(isOld)).toBe(true);
    await moved.close();
    // The kernel gives a source port the address that it had before (find_appropriate_src in nf_nat_core.c).
    await ground.run("gw", "conntrack", "-F");
    await steer({ moved: [third], spread: "range" });
    const { failed = 0, ...by } = await cameBy(third, 130);
    expect(Object.values(by)).toEqual([128]);
    expect(failed).toBe(2);
  });

  it("uses only the addresses that a destination lets in, leaves who stays, sends a share of all others, and takes all back at once while open connections keep their address", async () => {
    await egress.provision(gateway);
    const usable = [{ tuple: `${site}:80`, addresses: [fresh[0], fresh[2]] }];
    await steer({ moved: [site, other], usable });
    expect(await cameBy(site, 10)).toEqual({ [fresh[0]]: 5, [fresh[2]]: 5 });
    expect(Object.keys(await cameBy(other, 9)).sort()).toEqual([...fresh]);
    await steer({ stay: [third], share: 100 });
    // A set of the load before is there still, and is nobody's change.
    expect((await egress.look(gateway)).rules).toBe("ours");
    expect(Object.keys(await cameBy(third, 6)).every(isOld)).toBe(true);
    expect(Object.keys(await cameBy(site, 6)).some(isOld)).toBe(false);
    await steer({ share: 25 });
    const by = Object.entries(await cameBy(site, 120));
    const moved = by
      .filter(([address]) => !isOld(address))
      .reduce((sum, [, count]) => sum + count, 0);
    expect(moved).toBeGreaterThan(8);
    expect(moved).toBeLessThan(60);
    await steer({ moved: [site] });
    const open = await ground.connect(site, 30);
    await steer();
    expect(Object.keys(await cameBy(site, 6)).every(isOld)).toBe(true);
    expect(await open.alive()).toBe(30);
    await open.close();
  });

  it("refuses an order that comes late, whichever it is", async () => {
    await egress.provision(gateway);
    await steer({ moved: [site] });
    const now = generation;
    const superseded = { type: "egress.superseded" };
    const orders = {
      steer: () => steer({ generation: now - 1 }),
      reload: () => egress.reload(gateway, now - 1),
      restore: () => egress.restore(gateway, now - 1),
    };
    for (const order of Object.values(orders))
      await expect(order()).rejects.toMatchObject(superseded);
    expect(Object.keys(await cameBy(site, 3)).some(isOld)).toBe(false);
    await egress.restore(gateway, now + 1);
    await egress.provision(gateway);
    await expect(steer({ generation: now })).rejects.toMatchObject(superseded);
    expect(Object.keys(await cameBy(site, 3)).every(isOld)).toBe(true);
  }, 90_000);

  it("waits for an order that is half done before it judges the rules", async () => {
    await egress.provision(gateway);
    const { workFolder } = gateway;
    // Rules change first, and what is remembered of them after.
    const half = `exec 9>"$1/lock"; flock 9; nft add chain ip runbooks_egress half
      until [ -e "$1/go" ]; do sleep 0.02; done; nft delete chain ip runbooks_egress half`;
    const order = ground.run("gw", "sh", "-c", half, "sh", workFolder);
    await eventually(async () => {
      const listed = await ground.run(
        "gw",
        "nft",
        "list",
        "table",
        "ip",
        "runbooks_egress",
      );
      return listed.includes("chain half") || undefined;
    });
    const look = egress.look(gateway);
    const { ino } = await stat(join(workFolder, "lock"));
    await eventually(async () => {
      const locks = await readFile("/proc/locks", "utf8");
      const waits = new RegExp(`-> FLOCK .*:${ino} `).test(locks);
      return waits || undefined;
    }, 10_000);
    await writeFile(join(workFolder, "go"), "");
    await order;
    expect((await look).rules).toBe("ours");
  });

  it("tells rules that somebody changed by hand, and the next load puts ours back", async () => {
    await egress.provision(gateway);
    await steer({ moved: [site] });
    await ground.run(
      "gw",
      "nft",
      "flush",
      "set",
      "ip",
      "runbooks_egress",
      "moved",
    );
    expect((await egress.look(gateway)).rules).toBe("changed");
    await steer({ moved: [site] });
    expect((await egress.look(gateway)).rules).toBe("ours");
    await ground.run(
      "gw",
      "nft",
      "table ip early {\n chain post {\n type nat hook postrouting priority 10;\n }\n}",
    );
    expect((await egress.look(gateway)).rules).toBe("elsewhere");
  });

  it("tells rules that somebody changed in the moment of the load itself", async () => {
    await egress.provision(gateway);
    const folder = await mkdtemp(join(tmpdir(), "edits-"));
    const over = join(folder, "over");
    const flush = "nft flush set ip runbooks_egress moved";
    const loop = `until [ -e "$0" ]; do ${flush}; done; ${flush}`;
    const edits = ground.run("gw", "sh", "-c", loop, over);
    await steer({ moved: [site] });
    await writeFile(over, "");
    await edits;
    await rm(folder, { recursive: true });
    expect((await egress.look(gateway)).rules).toBe("changed");
  });

  it("tells an old address that somebody took off, until it is to be off", async () => {
    await egress.provision(gateway);
    const lacksOld = async () => (await egress.look(gateway)).lacksOld;
    expect(await lacksOld()).toEqual([]);
    const words = [`${old[2]}/24`, "dev", "to-server"] as const;
    await ground.run("gw", "ip", "addr", "del", ...words);
    expect(await lacksOld()).toEqual([old[2]]);
    await ground.run("gw", "ip", "addr", "add", ...words);
    await egress.retire(gateway, {});
    expect(await lacksOld()).toEqual([]);
    await egress.bringBack(gateway);
    expect(await lacksOld()).toEqual([]);
  });

  it("counts each connection once, on over a load, and has its rules again after a boot", async () => {
    await egress.provision(gateway);
    await steer({ moved: [site] });
    await cameBy(site, 5);
    await steer({ moved: [site, other] });
    expect((await egress.look(gateway)).counters.opened).toBe(5);
    // Nobody answers, so that its SYN goes out twice.
    await ground.run(
      ...(["server", "nft"] as const),
      `table ip lost {
 chain in {
  type filter hook input priority 0;
  ip daddr ${third} counter drop
 }
}`,
    );
    const curl = ["curl", "-s", "--connect-timeout", "2", `http://${third}/`];
    await expect(ground.run("client", ...curl)).rejects.toThrow();
    const lost = await ground.run("server", "nft", "list", "table", "lost");
    expect(lost).toContain("packets 2 ");
    expect((await egress.look(gateway)).counters.opened).toBe(6);
    await ground.run("gw", "nft", "delete", "table", "ip", "runbooks_egress");
    for (const address of fresh)
      await ground.run(
        "gw",
        "ip",
        "addr",
        "del",
        `${address}/32`,
        "dev",
        "to-server",
      );
    expect(await egress.look(gateway)).toMatchObject({
      ...{ rules: "absent", lacks: [...fresh] },
    });
    await egress.reload(gateway, generation);
    expect(await egress.look(gateway)).toMatchObject({
      rules: "ours",
      lacks: [],
    });
    expect(Object.keys(await cameBy(other, 3)).some(isOld)).toBe(false);
  });

  it("has the old rules or the new ones wherever the link to it is cut", async () => {
    await egress.provision(gateway);
    await steer({ moved: [site] });
    const many = Array.from(
      { length: 20_000 },
      (_, at) => `10.1.${(at >> 8) & 255}.${at & 255}`,
    );
    const { host, access } = gateway.ssh;
    const link = await startCutProxy(host);
    const { knownHostsFile } = ground.sshd;
    const fingerprint = listedFingerprint(knownHostsFile, host);
    const near = { ...host, address: "127.0.0.1", port: link.port };
    const linked = {
      ...gateway,
      ssh: { host: hostAt(near, { fingerprint }), access },
    };
    const sizes: number[] = [];
    for (let words = 1, isCut = true; isCut; words++) {
      const own = createSsh({ random: () => 0 });
      const cut = link.cutAt(words, true);
      const steering = { moved: many, stay: [], share: 0, usable: [] };
      await createLinuxGateways(own)
        .steer(linked, {
          ...{ ...steering, generation: ++generation },
          spread: "connection",
        })
        .catch(() => undefined);
      ({ isCut } = cut);
      // What was sent may still be in work there.
      await eventually(
        async () => !(await processes()).includes("sh") || undefined,
      );
      const look = await egress.look(gateway);
      expect(look.rules).toBe("ours");
      // It has the rules that it says it has: those that a boot would bring back, too.
      const isNew = look.generation === generation;
      sizes.push(await movedThere());
      expect(sizes.at(-1)).toBe(isNew ? many.length : 1);
      await steer({ moved: [site] });
      await own.close();
    }
    await link.stop();
    expect(new Set(sizes)).toEqual(new Set([1, many.length]));
  }, 120_000);

  const processes = () => ground.network.host("gw").processes();
  /** Elements of the set. */
  const movedThere = async (): Promise<number> => {
    const words = ["nft", "-j", "list", "set", "ip", "runbooks_egress"];
    const listed = await ground.run("gw", ...words, "moved");
    const { nftables } = JSON.parse(listed) as {
      nftables: { set?: { elem?: unknown[] } }[];
    };
    return nftables.find(({ set }) => set)?.set?.elem?.length ?? 0;
  };

  it("has the old rules or the new ones when whoever loads them is killed, and takes 10,000 destinations in one load", async () => {
    await egress.provision(gateway);
    await steer({ moved: [site] });
    const many = Array.from(
      { length: 60_000 },
      (_, at) => `10.${(at >> 16) + 1}.${(at >> 8) & 255}.${at & 255}`,
    );
    const rules = rulesOf(gateway, {
      ...{ generation: ++generation, moved: many, stay: [], share: 0 },
      ...{ spread: "connection", usable: [] },
    });
    const sizes = new Set<number>();
    for (const afterMs of [5, 60, 120, 240, 480]) {
      const child = spawn(
        "nsenter",
        [
          ...[
            `--net=${ground.network.host("gw").namespace}`,
            "sh",
            "-c",
            steerScript,
          ],
          ...["egress", gateway.workFolder, "to-server", String(generation)],
          ...[fresh.join(" "), old.join(" ")],
        ],
        { detached: true },
      );
      child.stdin.on("error", () => undefined);
      child.stdin.end(rules);
      await pause(afterMs);
      if (child.exitCode === null) process.kill(-child.pid!, "SIGKILL");
      sizes.add(await movedThere());
    }
    expect([...sizes].filter((size) => size !== 1 && size !== 60_000)).toEqual(
      [],
    );
    await steer({ moved: [site] });
    expect(await egress.look(gateway)).toMatchObject({
      rules: "ours",
      generation,
    });
    const some = Array.from(
      { length: 10_000 },
      (_, at) => `10.1.${at >> 8}.${at & 255}`,
    );
    const began = performance.now();
    await steer({ moved: some });
    const tookMs = Math.round(performance.now() - began);
    process.stdout.write(`10,000 destinations were loaded in ${tookMs} ms\n`);
    const words = ["list", "set", "ip", "runbooks_egress", "moved"];
    const stdout = await ground.run("gw", "nft", ...words);
    expect(stdout.match(/10\.1\./g)).toHaveLength(10_000);
  }, 90_000);

  it("takes old addresses off once nothing is open on them, for which half a list is no answer, and brings them and their routes back as they were", async () => {
    await behindARouter();
    const before = [await addresses(), await routes()];
    await egress.provision(gateway);
    const all = await addresses();
    const open = await ground.connect(site, 2);
    const lookBroken = { type: "egress.lookBroken" };
    const blind = halfBlind();
    await expect(blind.look(gateway)).rejects.toMatchObject(lookBroken);
    await expect(blind.retire(gateway, {})).rejects.toMatchObject(lookBroken);
    await steer({ share: 100 });
    await expect(egress.retire(gateway, {})).rejects.toMatchObject({
      type: "egress.stillUsed",
    });
    await open.close();
    await eventually(
      async () => (await egress.look(gateway)).onOld === 0 || undefined,
    );
    await egress.retire(gateway, {});
    await egress.retire(gateway, {});
    expect(await addresses()).toEqual(
      all.filter((one) => !isOld(one.split("/")[0] ?? "")),
    );
    expect(await promotes()).toBe("0");
    expect(await wayTo(router)).toBe(fresh[0]);
    expect(await wayTo("192.0.2.1")).toBeDefined();
    expect(await wayTo("192.0.2.200")).toBe(fresh[0]);
    expect(Object.keys(await cameBy(site, 3)).some(isOld)).toBe(false);
    await egress.bringBack(gateway);
    await egress.bringBack(gateway);
    expect(await addresses()).toEqual(all);
    await egress.retire(gateway, {});
    await egress.restore(gateway, ++generation);
    expect([await addresses(), await routes()]).toEqual(before);
  });

  /** Looks and changes with a list of connections that ends early. */
  const halfBlind = () =>
    createLinuxGateways({
      exec: (target, { argv, ...rest }, options) => {
        const broken = argv.map((word) =>
          word.replace(
            "conntrack -L -p tcp 2>/dev/null;",
            "conntrack -L -p tcp 2>/dev/null | head -1; false;",
          ),
        );
        expect(broken).not.toEqual(argv);
        return ssh.exec(target, { ...rest, argv: broken }, options);
      },
    });

  it("keeps the first address of a subnet the first, and cuts what is open only when it may", async () => {
    const neighbour = "203.0.113.9";
    await put(`${neighbour}/24`);
    await egress.provision(gateway);
    const all = await addresses();
    const open = await ground.connect(site, 2);
    await killed("TERM");
    expect(await promotes()).toBe("0");
    await killed("KILL");
    expect(await promotes()).toBe("1");
    await egress.retire(gateway, { cut: true });
    expect(await promotes()).toBe("0");
    expect(await wayTo("203.0.113.77")).toBe(neighbour);
    await egress.bringBack(gateway);
    expect(await addresses()).toEqual(all);
    expect(await wayTo("203.0.113.77")).toBe(old[0]);
    await open.close();
  });

  it("is as it was before, once it is restored", async () => {
    const ruleset = () => ground.run("gw", "nft", "-s", "list", "ruleset");
    const addresses = () =>
      ground.run("gw", "ip", "-o", "-4", "addr", "show", "dev", "to-server");
    const before = [await ruleset(), (await addresses()).replace(/\s+/g, " ")];
    await egress.provision(gateway);
    await steer({ moved: [site], share: 50 });
    await egress.restore(gateway, ++generation);
    await egress.restore(gateway, generation);
    expect([await ruleset(), (await addresses()).replace(/\s+/g, " ")]).toEqual(
      before,
    );
    expect(Object.keys(await cameBy(site, 3)).every(isOld)).toBe(true);
    await egress.provision(gateway);
    await steer({ moved: [site] });
    expect(Object.keys(await cameBy(site, 3)).some(isOld)).toBe(false);
    // What another migration would take for its own is the operator's, once it is released.
    await egress.release(gateway);
    await egress.release(gateway);
    const earlier = { type: "egress.earlierMigration" };
    await expect(egress.provision(gateway)).rejects.toMatchObject(earlier);
    expect((await egress.inspect(gateway)).faults).toEqual([
      expect.stringContaining("rules of an earlier migration"),
      ...fresh.map(
        (address) => `to-server has the new address ${address} already`,
      ),
    ]);
    expect(Object.keys(await cameBy(site, 3)).some(isOld)).toBe(false);
  });
});
