import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createProbe } from "../../../activities/customers/probe";
import { createLinuxGateways } from "../../../activities/egress/nat/gateway";
import {
  type Evidence,
  signaturesOf,
} from "../../../activities/egress/nat/signatures";
import type {
  EgressPort,
  LinuxGateway,
  Steering,
} from "../../../activities/egress/port";
import { createSsh } from "../../../activities/ssh/ssh";
import { describeWhen } from "../../harness/describe-when";
import { missingProgram } from "../../harness/missing-program";
import {
  type Connections,
  fresh,
  type NatGround,
  old,
  sites,
  startNatGround,
} from "../../harness/nat-ground";
import { networkMissing } from "../../harness/network";

const missing =
  networkMissing() ??
  missingProgram("nft", "conntrack", "arping", "python3", "curl");
const [hot, other, third] = sites;

const web = `
require("node:http")
  .createServer((_, response) => response.end("well"))
  .listen(8080, "0.0.0.0", () => console.log("listening"));
`;

// A full table is not among them: nf_conntrack_max is one for the whole machine, and read-only in a namespace of its own.
describeWhen(missing)("trouble made on purpose at a gateway", () => {
  let ground: NatGround;
  let egress: EgressPort<LinuxGateway>;
  let pages: ChildProcess;
  const ssh = createSsh();
  const held: Connections[] = [];
  beforeAll(async () => {
    ground = await startNatGround("gw-2");
    egress = createLinuxGateways(ssh);
    await egress.provision(ground.gateway);
    pages = spawn(
      "nsenter",
      [`--net=${ground.network.host("server").namespace}`, "node", "-e", web],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    await once(pages.stdout!, "data");
  }, 60_000);
  afterEach(async () => {
    for (const one of held.splice(0)) await one.close();
  });
  afterAll(async () => {
    pages.kill();
    await ssh.close();
    await ground.stop();
  }, 60_000);

  let generation = 1_000;
  const steer = (changes: Partial<Steering>): Promise<void> =>
    egress.steer(ground.gateway, {
      ...{ generation: ++generation, moved: [], stay: [], share: 0 },
      ...{ spread: "connection", usable: [] },
      ...changes,
    });
  const hold = async (site: string, count: number): Promise<Connections> => {
    const connections = await ground.connect(site, count);
    held.push(connections);
    return connections;
  };
  const tries = async (site: string, tried: number) => {
    const connections = await hold(site, tried);
    return { tried, failed: await connections.failed() };
  };
  /** Ids of what the figures say that were taken around the work. */
  const idsAround = async (
    work: () => Promise<Omit<Evidence, "before" | "after">>,
  ): Promise<readonly string[]> => {
    const before = await egress.look(ground.gateway);
    const figures = await work();
    const after = await egress.look(ground.gateway);
    return signaturesOf({ before, after, ...figures }).map(({ id }) => id);
  };

  it("is none where all is well", async () => {
    await steer({ moved: [hot] });
    const ids = await idsAround(async () => ({ storm: await tries(hot, 30) }));
    expect(ids).toEqual([]);
  });

  it("is a long search close to a destination's last ports, and no port behind them", async () => {
    const usable = [{ tuple: `${other}:80`, addresses: [fresh[0]] }];
    await steer({ moved: [other], usable });
    await hold(other, 118);
    const close = () => tries(other, 8);
    expect(await idsAround(async () => ({ storm: await close() }))).toEqual([
      "portSearch",
    ]);
    const storm = await tries(third, 1);
    expect(storm.failed).toEqual({});
    const beyond = await idsAround(async () => {
      const last = await tries(other, 4);
      expect(last.failed).toEqual({ timeout: 2 });
      return { storm: last };
    });
    expect(beyond).toEqual(["portsExhausted"]);
  });

  it("is the client's own where it has no port left", async () => {
    const range = (ports: string) =>
      ground.run(
        ...(["client", "sysctl", "-qw"] as const),
        `net.ipv4.ip_local_port_range=${ports}`,
      );
    await range("40000 40003");
    const ids = await idsAround(async () => {
      const storm = await tries(third, 6);
      expect(storm.failed).toEqual({ noLocalPort: 2 });
      return { storm };
    });
    await range("32768 60999");
    expect(ids).toEqual(["noLocalPort"]);
  });

  it("is one customer's who does not let the new addresses in", async () => {
    await ground.run(
      ...(["server", "nft"] as const),
      `table ip closed {
 chain in {
  type filter hook input priority 0;
  ip daddr ${third} ip saddr { ${fresh.join(", ")} } drop
 }
}`,
    );
    const customers = [hot, third].map((address) => ({
      id: `at-${address}`,
      url: `http://${address}:8080/`,
      addresses: [address],
    }));
    const probe = createProbe(ssh, { connectS: 1, totalS: 2 });
    const probes = await probe.ask(ground.gateway, customers);
    await ground.run("server", "nft", "delete", "table", "ip", "closed");
    const seen = await egress.look(ground.gateway);
    expect(signaturesOf({ before: seen, after: seen, probes })).toMatchObject([
      { id: "allowList", figures: `at-${third}: drop` },
    ]);
  });

  it("is a burst of resets when somebody deletes the entries of open connections", async () => {
    await steer({ moved: [hot] });
    const open = await hold(hot, 40);
    const ids = await idsAround(async () => {
      const entries = ["-p", "tcp", "-d", hot, "--dport", "80"];
      await ground.run("gw", "conntrack", "-D", ...entries);
      expect(await open.alive()).toBeLessThan(5);
      return { storm: { tried: 40, failed: await open.failed() } };
    });
    expect(ids).toEqual(["resetBurst"]);
  });

  it("is one gateway's where its neighbour has a wrong address of it", async () => {
    await throughTheSecond(third);
    const { address } = ground.network.host("gw");
    const neighbour = (...words: readonly string[]) =>
      ground.run("server", "ip", "neigh", ...words, "dev", "to-gw");
    const elsewhere = await tries(third, 5);
    await neighbour(
      ...["replace", address, "lladdr", "02:00:00:00:00:01"],
      ...["nud", "permanent"],
    );
    const ids = await idsAround(async () => ({
      storm: await tries(other, 3),
      elsewhere,
    }));
    await neighbour("del", address);
    expect(ids).toEqual(["oneGatewayOnly"]);
  });

  it("is lost addresses where the first one of their subnet was removed", async () => {
    const address = (...words: readonly string[]) =>
      ground.run("gw", "ip", "addr", ...words, "dev", "to-server");
    for (const one of fresh) {
      await address("del", `${one}/32`);
      await address("add", `${one}/24`);
    }
    const ids = await idsAround(async () => {
      await address("del", `${old[0]}/24`);
      return {};
    });
    expect(ids).toEqual(["addressesLost"]);
    expect((await egress.look(ground.gateway)).lacks).toEqual([...fresh]);
  });

  /** A second gateway stands before this site. */
  async function throughTheSecond(site: string): Promise<void> {
    const way = (place: "client" | "gw-2", via: "gw-2" | "server") =>
      ground.run(
        ...([place, "ip", "route", "replace", `${site}/32`, "via"] as const),
        ...[ground.network.host(via).address, "dev", `to-${via}`],
      );
    await way("client", "gw-2");
    await way("gw-2", "server");
    await ground.run("gw-2", "sysctl", "-qw", "net.ipv4.ip_forward=1");
    await ground.run(
      ...(["gw-2", "nft"] as const),
      `table ip operator {
 chain post {
  type nat hook postrouting priority srcnat;
  oifname "to-server" masquerade
 }
}`,
    );
  }
});
