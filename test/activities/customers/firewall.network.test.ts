import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createProbe } from "../../../activities/customers/probe";
import type { LinuxGateway } from "../../../activities/egress/port";
import { createSsh } from "../../../activities/ssh/ssh";
import { describeWhen } from "../../harness/describe-when";
import { missingProgram } from "../../harness/missing-program";
import {
  networkMissing,
  startNetwork,
  type Network,
} from "../../harness/network";
import { startSshd, type Sshd } from "../../harness/sshd";
import { accessTo, hostAt } from "../../harness/ssh-servers";
import { addresses, customerAt } from "./sites";

const missing = networkMissing() ?? missingProgram("curl", "nft");

/** Sites of one gateway's network, whose firewalls are the kernel's own. */
const firewalls = {
  "127.0.0.20": "accept",
  "127.0.0.21": "drop",
  "127.0.0.22": "reject with tcp reset",
  "127.0.0.23": "reject with icmp type admin-prohibited",
} as const;

const server = `
require("node:http")
  .createServer((_, response) => response.end("well"))
  .listen(8080, "0.0.0.0", () => console.log("listening"));
`;

describeWhen(missing)(
  "sites behind a firewall that knows old addresses",
  () => {
    let network: Network;
    let sshd: Sshd;
    let ssh: ReturnType<typeof createSsh>;
    let sites: ChildProcess;
    let gateway: LinuxGateway;

    beforeAll(async () => {
      network = await startNetwork("gateway");
      const { namespace, address } = network.host("gateway");
      const inside = `--net=${namespace}`;
      const rules = Object.entries(firewalls).map(
        ([site, verdict]) =>
          `add rule ip sites input ip daddr ${site} tcp dport 8080 ip saddr { ${addresses.new.join(", ")} } ${verdict}`,
      );
      execFileSync("nsenter", [inside, "nft", "-f", "-"], {
        input: [
          "add table ip sites",
          "add chain ip sites input { type filter hook input priority 0; }",
          ...rules,
          "",
        ].join("\n"),
      });
      sites = spawn("nsenter", [inside, process.execPath, "-e", server], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      if (sites.stdout) await once(sites.stdout, "data");
      sshd = await startSshd({ network: namespace, address });
      ssh = createSsh();
      gateway = {
        ...{ kind: "linux-nat", id: "gw-1", ...addresses, interface: "lo" },
        ports: { from: 1_024, to: 65_535 },
        ssh: { host: hostAt(sshd), access: accessTo(sshd) },
        workFolder: "/var/lib/runbook",
      };
    });
    afterAll(async () => {
      await ssh.close();
      await sshd.stop();
      sites.kill();
      await once(sites, "exit");
      await network.end();
    });

    test("are told apart by what their firewall does to strangers", async () => {
      const customers = Object.keys(firewalls).map((site, n) =>
        customerAt(`site-${n}`, 8_080, site),
      );
      const probe = createProbe(ssh, { connectS: 1, totalS: 2 });
      const results = await probe.ask(gateway, customers);
      expect(results.map((one) => one.class)).toEqual([
        ...["allowed", "drop", "reset", "reset"],
      ]);
      expect(results[1]?.seen).toBe(
        "127.0.0.11 at 127.0.0.21: no answer in time, and 200 of 4 bytes from the old one (127.0.0.10)",
      );
    });
  },
);
