import { execFileSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import type { ProbeClass } from "../../../activities/customers/port";
import { createProbe } from "../../../activities/customers/probe";
import type { LinuxGateway } from "../../../activities/egress/port";
import { createSsh } from "../../../activities/ssh/ssh";
import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";
import { freePorts } from "../../harness/free-ports";
import { missingProgram } from "../../harness/missing-program";
import { startSshd, type Sshd } from "../../harness/sshd";
import { accessTo, hostAt } from "../../harness/ssh-servers";
import {
  addresses,
  customerAt,
  startSite,
  type Behaviour,
  type Site,
} from "./sites";

const missing =
  process.platform === "linux"
    ? missingProgram("curl", "openssl")
    : "loopback has one address only elsewhere than on Linux";

const site = "127.0.0.20";
const page = "x".repeat(4_000);
const answer = (response: ServerResponse, status: number, body = page) =>
  void response.writeHead(status).end(body);

/** To an old address all is well. */
const newGets =
  (behave: Behaviour): Behaviour =>
  (side, response, request) =>
    side === "old" ? answer(response, 200) : behave(side, response, request);

const behaviours: readonly (readonly [ProbeClass, string, Behaviour])[] = [
  ["allowed", "lets both in", (_, response) => answer(response, 200)],
  ["allowed", "wants a login of both", (_, response) => answer(response, 401)],
  ["drop", "is silent to strangers", newGets(() => undefined)],
  [
    "reset",
    "resets strangers",
    newGets((_, response) => void response.socket?.resetAndDestroy()),
  ],
  ["denied_http", "denies strangers", newGets((_, r) => answer(r, 403))],
  ["unknown", "denies both", (_, response) => answer(response, 403)],
  ["limited", "limits strangers", newGets((_, r) => answer(r, 429))],
  [
    "limited",
    "asks strangers to wait",
    newGets((_, response) => {
      response.writeHead(503, { "Retry-After": "30" }).end("later");
    }),
  ],
  [
    "challenge",
    "challenges strangers in the body",
    newGets((_, r) => answer(r, 200, `<script src=/cf-chl/1></script>${page}`)),
  ],
  [
    "challenge",
    "challenges strangers in a header",
    newGets((_, response) => {
      response.writeHead(403, { "CF-Mitigated": "challenge" }).end(page);
    }),
  ],
  [
    "different_body",
    "tells strangers little",
    newGets((_, r) => answer(r, 200, "no")),
  ],
  ["down_on_both", "fails for both", (_, response) => answer(response, 503)],
];

function selfSigned(folder: string) {
  const [key, cert] = [join(folder, "tls.key"), join(folder, "tls.pem")];
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt"],
      ...["ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
      ...["-subj", "/CN=other.example", "-keyout", key, "-out", cert],
    ],
    { stdio: "pipe" },
  );
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

describeWhen(missing)("a gateway's addresses at customers' sites", () => {
  let sshd: Sshd;
  let ssh: ReturnType<typeof createSsh>;
  let gateway: LinuxGateway;
  const sites: Site[] = [];

  beforeAll(async () => {
    sshd = await startSshd();
    ssh = createSsh();
    gateway = {
      kind: "linux-nat",
      id: "gw-1",
      ...addresses,
      ports: { from: 1_024, to: 65_535 },
      ssh: { host: hostAt(sshd), access: accessTo(sshd) },
      interface: "lo",
      workFolder: "/var/lib/runbook",
    };
  });
  afterEach(async () => {
    await Promise.all(sites.splice(0).map((one) => one.stop()));
  });
  afterAll(async () => {
    await ssh.close();
    await sshd.stop();
  });

  const probe = () => createProbe(ssh, { connectS: 1, totalS: 1 });
  const open = async (behave: Behaviour, address = site, port = 0) => {
    const opened = await startSite(address, behave, port);
    sites.push(opened);
    return opened;
  };

  test("come to their class, each kind of site to its own", async () => {
    const customers = await Promise.all(
      behaviours.map(async ([, , behave], n) => {
        const { port } = await open(behave);
        return customerAt(`site-${n}`, port, site);
      }),
    );
    const results = await probe().ask(gateway, customers);
    const found = results.map(({ class: class_ }, n) => [
      behaviours[n]?.[1],
      class_,
    ]);
    expect(found).toEqual(behaviours.map(([class_, title]) => [title, class_]));
  });

  test("find a site that nobody reaches down, and say both ways", async () => {
    const [port = 0] = await freePorts(1);
    const [result] = await probe().ask(gateway, [
      customerAt("gone", port, site),
    ]);
    expect(result).toEqual({
      customer: "gone",
      class: "down_on_both",
      seen: expect.stringMatching(
        /^127\.0\.0\.11 at 127\.0\.0\.20: Failed to connect .* from the old one \(127\.0\.0\.10\)$/,
      ),
    });
  });

  test("call each address of a site from one old and all new ones, and the worst counts", async () => {
    const good = await open((_, response) => answer(response, 200));
    const { port } = good;
    const bad = await open(
      newGets((_, r) => answer(r, 403)),
      "127.0.0.21",
      port,
    );
    const [result] = await probe().ask(gateway, [
      customerAt("two", port, site, "127.0.0.21"),
    ]);
    expect(result?.class).toBe("denied_http");
    expect(result?.seen).toContain("127.0.0.11 at 127.0.0.21: 403");
    for (const { requests } of [good, bad])
      expect(requests.map(({ source }) => source)).toEqual([
        ...addresses.old,
        ...addresses.new,
      ]);
  });

  test("call by the name and the path that are wanted, hostile ones too", async () => {
    const { port, requests } = await open((_, r) => answer(r, 200));
    const url = new URL(
      `http://x.example:${port}/a%22b"\\c?q="$(touch /tmp/no)'{1,2}[1-3]\\"`,
    ).href;
    const agent = 'fleet/1 "quoted" \\ `id` $(id)';
    const [result] = await probe().ask(
      gateway,
      [{ id: "x", url, addresses: [site] }],
      { userAgent: agent },
    );
    expect(result?.class).toBe("allowed");
    const { pathname, search } = new URL(url);
    for (const request of requests) {
      expect(request.agent).toBe(agent);
      expect(request.url).toBe(pathname + search);
    }
  });

  test("wait for an answer of a site before they ask it again", async () => {
    let [open_, most] = [0, 0];
    const { port, requests } = await open((_, response) => {
      most = Math.max(most, ++open_);
      setTimeout(() => {
        open_ -= 1;
        answer(response, 200);
      }, 30);
    });
    await probe().ask(gateway, [customerAt("calm", port, site)]);
    expect(requests).toHaveLength(3);
    expect(most).toBe(1);
  });

  test("go to a site of TLS by its name, whoever signed its certificate", async () => {
    const pair = selfSigned(sshd.folder);
    const names: unknown[] = [];
    const server = createTlsServer(pair, (request, response) => {
      names.push((request.socket as TLSSocket).servername);
      response.end(page);
    });
    server.listen(0, site);
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const [result] = await probe().ask(gateway, [
        {
          id: "tls",
          url: `https://shop.example:${port}/`,
          addresses: [site],
        },
      ]);
      expect(result?.class).toBe("allowed");
      expect(names).toEqual(Array(3).fill("shop.example"));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  test("never keep more of a body than is looked at", async () => {
    const half = "y".repeat(1_000_000);
    const { port } = await open((_, response) => {
      // Without a length: curl cannot know before.
      response.write(half);
      response.end(half);
    });
    const [result] = await probe().ask(gateway, [
      customerAt("large", port, site),
    ]);
    expect(result?.class).toBe("allowed");
  });

  test("are told apart from an address that the gateway lacks", async () => {
    const { port } = await open((_, response) => answer(response, 200));
    const lacking = { ...gateway, new: ["127.0.0.11", "203.0.113.9"] };
    await expect(
      probe().ask(lacking, [customerAt("any", port, site)]),
    ).rejects.toMatchObject({
      type: "probe.noSourceAddress",
      message: expect.stringContaining("203.0.113.9"),
    });
  });

  test("leave nothing behind when nobody waits for them any more", async () => {
    const before = new Set(readdirSync(tmpdir()));
    const abort = new AbortController();
    const { port } = await open(() => abort.abort(new Error("enough")));
    const customers = [customerAt("slow", port, site)];
    await expect(
      probe().ask(gateway, customers, { signal: abort.signal }),
    ).rejects.toThrow("enough");
    await eventually(() => {
      const left = readdirSync(tmpdir()).filter((name) => !before.has(name));
      return left.some((name) => name.startsWith("tmp.")) ? undefined : true;
    });
  });
});

/** A gateway whose curl is a script. */
async function withCurl<T>(
  script: string,
  work: (probe: ReturnType<typeof createProbe>, sshd: Sshd) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "curl-"));
  writeFileSync(join(folder, "curl"), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, "curl"), 0o755);
  const env = { PATH: `${folder}:${process.env["PATH"] ?? ""}` };
  const sshd = await startSshd({ env });
  const ssh = createSsh();
  try {
    return await work(createProbe(ssh), sshd);
  } finally {
    await ssh.close();
    await sshd.stop();
    rmSync(folder, { recursive: true });
  }
}

describeWhen(missing)("a gateway", () => {
  const version =
    'if [ "$1" = --version ]; then echo "curl 7.88.1 (x)"; exit; fi';
  test.each([
    ["with an old curl", 'echo "curl 7.61.1 (x86_64)"', "probe.oldCurl"],
    ["with one just too old", 'echo "curl 7.74.0 (x86_64)"', "probe.oldCurl"],
    ["without curl", "exit 127", "probe.noCurl"],
    ["whose curl ends at once", `${version}; exit 2`, "probe.incomplete"],
  ])("%s says so, and judges no site", async (_, script, type) => {
    await withCurl(script, async (probe, sshd) => {
      const gateway: LinuxGateway = {
        ...{ kind: "linux-nat", id: "gw-1", ...addresses },
        ports: { from: 1_024, to: 65_535 },
        ssh: { host: hostAt(sshd), access: accessTo(sshd) },
        ...{ interface: "lo", workFolder: "/var/lib/runbook" },
      };
      const asked = probe.ask(gateway, [customerAt("any", 80, site)]);
      await expect(asked).rejects.toMatchObject({ type });
    });
  });
});
