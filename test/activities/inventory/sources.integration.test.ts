import { spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInventory } from "../../../activities/inventory/client";
import {
  type InventorySource,
  inventorySourceSchema,
} from "../../../activities/inventory/port";
import { describeWhen } from "../../harness/describe-when";
import {
  addressRecord,
  type DnsRecord,
  startDnsServer,
} from "../../harness/dns-server";
import { eventually } from "../../harness/eventually";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "runbooks-sources-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function inventory(env: Record<string, string> = {}) {
  return createInventory({ baseDir: folder, env });
}

const resolve = (source: object) =>
  inventory().resolve(inventorySourceSchema.parse(source));

async function failureOf(source: object, env?: Record<string, string>) {
  const error: unknown = await inventory(env)
    .resolve(inventorySourceSchema.parse(source))
    .catch((thrown: unknown) => thrown);
  if (!(error instanceof Error)) throw new Error("it was accepted");
  return error as Error & { type: string };
}

function program(name: string, script: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return `./${name}`;
}

const noAnsible =
  spawnSync("ansible-inventory", ["--version"]).status === 0
    ? undefined
    : "needs ansible-inventory (Debian: ansible-core)";

describeWhen(noAnsible)("the real ansible-inventory --list", () => {
  const command = ["ansible-inventory", "-i", "hosts.ini", "--list"];

  beforeEach(() => {
    writeFileSync(
      path.join(folder, "hosts.ini"),
      `
control ansible_connection=local
lone ansible_host=10.0.0.9
[web]
web[1:2] ansible_user=deploy
[db]
db1 ansible_port=2222 rack=r7
[prod:children]
web
db
[prod:vars]
runbook_zone=eu
nodes=3
db_password=hunter2
ansible_ssh_common_args='-o ProxyJump=ops@bastion:2200'
`,
    );
    mkdirSync(path.join(folder, "group_vars"));
    writeFileSync(
      path.join(folder, "group_vars/db.yml"),
      "runbook_pool: databases\nmotd: '{{ banner }}'\nlisten: [1, 2]\n",
    );
  });

  const common = {
    zone: "eu",
    jump: ["ops@bastion:2200"],
  };
  const expected = [
    {
      id: "lone",
      name: "lone",
      address: "10.0.0.9",
      port: 22,
      pool: "default",
    },
    ...["web1", "web2"].map((id) => ({
      ...{ id, name: id, address: id, port: 22, pool: "web", user: "deploy" },
      ...common,
      tags: { nodes: "3" },
    })),
    {
      ...{ id: "db1", name: "db1", address: "db1", port: 2222 },
      pool: "databases",
      ...common,
      tags: { nodes: "3", rack: "r7" },
    },
  ];

  it("is understood as it is, with variables of groups and hosts", async () => {
    const hosts = await resolve({ command });
    expect(hosts).toEqual(expected.map((host) => ({ tags: {}, ...host })));
    expect(JSON.stringify(hosts)).not.toContain("hunter2");
  });

  it("means the same with --export, which keeps the variables of groups apart", async () => {
    expect(await resolve({ command: [...command, "--export"] })).toEqual(
      await resolve({ command }),
    );
  });

  it("tells at the moment whether a host is still expected, and yes when it cannot answer", async () => {
    const asked = inventory();
    const source = { command };
    expect(await asked.shouldBeAlive(source, "web2")).toBe(true);
    const file = path.join(folder, "hosts.ini");
    writeFileSync(file, readFileSync(file, "utf8").replace("[1:2]", "[1:1]"));
    expect(await asked.shouldBeAlive(source, "web2")).toBe(false);
    writeFileSync(file, "[web\n");
    writeFileSync(
      path.join(folder, "ansible.cfg"),
      "[inventory]\nunparsed_is_failed = true\n",
    );
    expect(await asked.shouldBeAlive(source, "web2")).toBe(true);
  });

  it("tells what ansible-inventory complains about", async () => {
    writeFileSync(
      path.join(folder, "ansible.cfg"),
      "[inventory]\nunparsed_is_failed = true\n",
    );
    writeFileSync(path.join(folder, "hosts.ini"), "[web\n");
    const error = await failureOf({ command });
    expect(error.type).toBe("inventory.commandFailed");
    expect(error.message).toMatch(/exit code \d+; it said: .*hosts\.ini/s);
  });
});

describe("a command", () => {
  it("prints hosts as a file has them, in the folder of the configuration and without a shell", async () => {
    const list = program(
      "list",
      `printf '{"defaults": {"user": "%s"}, "hosts": [{"id": "a", "address": "%s"}]}' "$1" "$(basename "$PWD")"`,
    );
    expect(await resolve({ command: [list, "$HOME;*"] })).toMatchObject([
      { id: "a", user: "$HOME;*", address: path.basename(folder) },
    ]);
  });

  it.each([
    [
      "commandFailed",
      "echo no such region >&2; exit 3",
      /exit code 3; it said: no such region/,
    ],
    ["commandFailed", "kill -TERM $$", /ended with SIGTERM/],
    ["notJson", "echo hosts: web1", /answered no JSON/],
    ["notJson", "", /answered nothing/],
    ["empty", "echo '[]'", /lists no host/],
    [
      "empty",
      `echo '{"_meta": {"hostvars": {}}, "all": {"children": ["ungrouped"]}}'`,
      /lists no host/,
    ],
    [
      "invalid",
      `echo '{"web": {"hosts": ["a"]}}'`,
      /web: found an unknown key/,
    ],
    [
      "invalid",
      `echo '[{"id": "a", "address": "a", "port": 0}]'`,
      /line 1, \[0\]\.port: found 0/,
    ],
    [
      "invalid",
      `echo '{"_meta": {"hostvars": {"a": {"ansible_port": "no"}}}}'`,
      /a\.port: found "no", expected a number/,
    ],
    [
      "invalid",
      `echo '{"_meta": {"hostvars": {"a b": {"x": 1}}}}'`,
      /a b\.id: found "a b"/,
    ],
  ])(
    "that goes wrong is told as inventory.%s: %s",
    async (kind, script, message) => {
      const error = await failureOf({ command: [program("list", script)] });
      expect(error.type).toBe(`inventory.${kind}`);
      expect(error.message).toMatch(message);
      expect(error.message).toContain("hint: ");
    },
  );

  it("that is not there is told with its name", async () => {
    const error = await failureOf({ command: ["no-such-program-here"] });
    expect(error.type).toBe("inventory.commandMissing");
    expect(error.message).toContain("no-such-program-here");
  });

  it("that does not end is stopped with all that it started", async () => {
    const list = program(
      "list",
      `sleep 61 & echo $! > child; echo waits >&2; wait`,
    );
    const error = await failureOf({ command: [list], timeoutS: 0.3 });
    expect(error.type).toBe("inventory.commandTimeout");
    expect(error.message).toContain("within 0.3 s; it said: waits");
    const child = readFileSync(path.join(folder, "child"), "utf8").trim();
    await eventually(() => (isRunning(child) ? undefined : true), 3_000);
  });

  it("is run twice, not fifty times, by fifty hosts that fail together", async () => {
    const list = program(
      "list",
      `echo x >> calls; sleep 0.1; echo '[{"id": "a", "address": "a"}]'`,
    );
    const asked = inventory();
    const source: InventorySource = { command: [list] };
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        asked.shouldBeAlive(source, n === 0 ? "a" : `gone-${n}`),
      ),
    );
    expect(answers).toEqual([true, ...Array<boolean>(49).fill(false)]);
    expect(readFileSync(path.join(folder, "calls"), "utf8")).toBe("x\nx\n");
  });
});

/** A zombie has ended, though its parent has not asked yet. */
function isRunning(pid: string): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", pid]);
  return /^[^Z\s]/.test(String(stdout).trim());
}

describe("DNS", () => {
  const zone: Record<string, DnsRecord[]> = {};
  let dns: Awaited<ReturnType<typeof startDnsServer>>;
  beforeAll(async () => {
    dns = await startDnsServer(zone);
  });
  beforeEach(() => {
    Object.assign(zone, {
      "web.test": [addressRecord(10, 0, 0, 2), addressRecord(10, 0, 0, 1)],
      "www.test": [addressRecord(10, 0, 0, 1)],
      "six.test": [addressRecord(...Array<number>(15).fill(0), 1)],
      "_ssh._tcp.test": [
        { type: "SRV", port: 2201, target: "b.test" },
        { type: "SRV", port: 2200, target: "a.test" },
      ],
    });
  });
  afterAll(() => dns.stop());

  const asked = (more: object) => ({ dns: { server: dns.server, ...more } });

  it("tells the addresses of names, each once and in an order that stays", async () => {
    expect(
      await resolve(
        asked({ names: ["web.test", "www.test"], pool: "web", port: 2222 }),
      ),
    ).toEqual(
      ["10.0.0.1", "10.0.0.2"].map((address) => ({
        ...{ id: address, name: "web.test", address },
        ...{ port: 2222, pool: "web", tags: {} },
      })),
    );
  });

  it("tells IPv6 addresses, whose ids have dashes", async () => {
    expect(
      await resolve(asked({ names: ["six.test"], type: "AAAA" })),
    ).toMatchObject([{ id: "0--1", address: "::1", port: 22 }]);
  });

  it("tells the targets and ports of SRV records", async () => {
    const names = ["_ssh._tcp.test"];
    expect(await resolve(asked({ names, type: "SRV" }))).toMatchObject([
      { id: "a.test", address: "a.test", port: 2200 },
      { id: "b.test", address: "b.test", port: 2201 },
    ]);
    expect(
      await resolve(asked({ names, type: "SRV", port: 22 })),
    ).toMatchObject([{ port: 22 }, { port: 22 }]);
  });

  it("is asked again at the moment, and a name that is gone proves nothing", async () => {
    const reader = inventory();
    const source = inventorySourceSchema.parse(asked({ names: ["web.test"] }));
    expect(await reader.shouldBeAlive(source, "10.0.0.2")).toBe(true);
    zone["web.test"] = [addressRecord(10, 0, 0, 1)];
    expect(await reader.shouldBeAlive(source, "10.0.0.2")).toBe(false);
    delete zone["web.test"];
    expect(await reader.shouldBeAlive(source, "10.0.0.2")).toBe(true);
  });

  it("without a record for one of the names is an error that names it", async () => {
    const error = await failureOf(asked({ names: ["web.test", "wbe.test"] }));
    expect(error.type).toBe("inventory.noRecord");
    expect(error.message).toContain("no A record of wbe.test (ENOTFOUND)");
    const other = await failureOf(asked({ names: ["web.test"], type: "SRV" }));
    expect(other.message).toContain("no SRV record of web.test (ENODATA)");
  });
});

describe("Prometheus", () => {
  let server: Server;
  let url: string;
  let reply: { status: number; body: string };
  let last: IncomingMessage | undefined;
  beforeAll(async () => {
    server = createServer((request, response) => {
      last = request;
      response.writeHead(reply.status).end(reply.body);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sd`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });

  const say = (body: unknown, status = 200): void => {
    reply = {
      status,
      body: typeof body === "string" ? body : JSON.stringify(body),
    };
  };

  it("tells hosts by their targets, with labels as pool, zone, site and tags", async () => {
    say([
      {
        targets: ["web-1.test:9100", "10.0.0.2:9100", "[fd00::1]:9100"],
        labels: { job: "web", rack: "r1", __meta_x: "y", api_token: "hunter2" },
      },
      { targets: ["web-1.test:9104"], labels: { job: "mysql" } },
      {
        targets: ["db-1.test"],
        labels: {
          ...{
            runbook_id: "db",
            runbook_pool: "databases",
            runbook_zone: "eu",
          },
          ...{ runbook_site: "fra", runbook_ssh_port: "2222" },
        },
      },
    ]);
    const web = { port: 22, pool: "web", tags: { rack: "r1" } };
    expect(await resolve({ prometheus: { url } })).toEqual([
      { id: "web-1.test", name: "web-1.test", address: "web-1.test", ...web },
      { id: "10.0.0.2", name: "10.0.0.2", address: "10.0.0.2", ...web },
      { id: "fd00--1", name: "fd00::1", address: "fd00::1", ...web },
      {
        ...{ id: "db", name: "db-1.test", address: "db-1.test", port: 2222 },
        ...{ pool: "databases", zone: "eu", site: "fra", tags: {} },
      },
    ]);
  });

  it("gets the token of its reference, and no message repeats it", async () => {
    say("no", 403);
    const prometheus = { url, token: "env:SD_TOKEN" };
    const error = await failureOf({ prometheus }, { SD_TOKEN: "hunter2" });
    expect(last?.headers.authorization).toBe("Bearer hunter2");
    expect(error.type).toBe("inventory.refused");
    expect(error.message).toContain("answered 403");
    expect(error.message).not.toContain("hunter2");
    const unset = await failureOf({ prometheus });
    expect(unset.type).toBe("reference.unset");
  });

  it.each([
    ["unanswered", "busy", 503, /answered 503/],
    ["notJson", "<html>", 200, /answered no JSON/],
    ["empty", [], 200, /lists no host/],
    ["invalid", { targets: ["a:1"] }, 200, /expected a list/],
    [
      "invalid",
      [{ targets: ["http://a/x"] }],
      200,
      /\[0\]\.targets\[0\]: .*expected host:port/,
    ],
    [
      "invalid",
      [{ targets: ["a:1"], labels: { runbook_ssh_port: "ssh" } }],
      200,
      /a\.port: found "ssh"/,
    ],
    [
      "invalid",
      [{ targets: ["a:1", "b:1"], labels: { runbook_id: "x" } }],
      200,
      /an id that no other host has/,
    ],
  ])(
    "that goes wrong is told as inventory.%s: %j",
    async (kind, body, status, message) => {
      say(body, status);
      const error = await failureOf({ prometheus: { url } });
      expect(error.type).toBe(`inventory.${kind}`);
      expect(error.message).toMatch(message);
    },
  );

  it("is asked again at the moment; one that is not there leaves every host expected", async () => {
    const reader = inventory();
    const source = { prometheus: { url } };
    say([{ targets: ["a:1", "b:1"] }]);
    expect(await reader.shouldBeAlive(source, "b")).toBe(true);
    say([{ targets: ["a:1"] }]);
    expect(await reader.shouldBeAlive(source, "b")).toBe(false);
    say("", 500);
    expect(await reader.shouldBeAlive(source, "b")).toBe(true);
  });

  it("that nobody serves is told with the reason", async () => {
    const error = await failureOf({
      prometheus: { url: "http://127.0.0.1:1/sd" },
    });
    expect(error.type).toBe("inventory.unanswered");
    expect(error.message).toMatch(
      /no answer from http:\/\/127\.0\.0\.1:1\/sd \(.*/,
    );
  });
});

describe("an SSH configuration beside the source", () => {
  it("gives aliases their place, in which the inventory's own words go first", async () => {
    mkdirSync(path.join(folder, "conf.d"));
    writeFileSync(
      path.join(folder, "conf.d/jump.conf"),
      "Host bastion\n  HostName 10.9.9.9\n  User hop\n",
    );
    writeFileSync(
      path.join(folder, "config"),
      "Include conf.d/*.conf missing.conf\nHost web-* !web-3\n  HostName %h.internal\n  Port 2200\n  ProxyJump bastion:2222\nHost *\n  User ops\n  Port 2022\n",
    );
    writeFileSync(
      path.join(folder, "hosts.yaml"),
      "- { id: web-1, address: web-1 }\n- { id: web-2, address: web-2, port: 22, user: me }\n- { id: web-3, address: web-3 }\n",
    );
    const jump = ["hop@10.9.9.9:2222"];
    expect(
      await resolve({ file: "hosts.yaml", sshConfig: "config" }),
    ).toMatchObject([
      { address: "web-1.internal", port: 2200, user: "ops", jump },
      { address: "web-2.internal", port: 22, user: "me", jump },
      { address: "web-3", port: 2022, user: "ops" },
    ]);
  });

  it("that is not there is an error, for it was asked for", async () => {
    writeFileSync(path.join(folder, "hosts.yaml"), "- { id: a, address: a }\n");
    const error = await failureOf({ file: "hosts.yaml", sshConfig: "config" });
    expect(error.type).toBe("inventory.unreadable");
    expect(error.message).toContain("inventory.sshConfig");
  });
});
