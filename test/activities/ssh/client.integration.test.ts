import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { createServer, type Server, type Socket } from "node:net";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  appendKnownHost,
  readHostKey,
} from "../../../activities/ssh/host-keys";
import {
  sshAccessSchema,
  type SshAccess,
  type SshTarget,
} from "../../../activities/ssh/port";
import { createSsh, type SshOptions } from "../../../activities/ssh/ssh";
import { startLab } from "../../../lab/hosts/lab";
import {
  generateKey,
  startSshd,
  type Sshd,
  type SshdOptions,
} from "../../harness/sshd";
import { accessTo, hostAt } from "../../harness/ssh-servers";

const timeoutMs = 10_000;
const undo: (() => unknown)[] = [];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ssh-client-"));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function sshdWith(options: SshdOptions = {}): Promise<Sshd> {
  const sshd = await startSshd(options);
  undo.push(() => sshd.stop());
  return sshd;
}

function sshWith(options: SshOptions = {}) {
  const ssh = createSsh({ retryDelayMs: 10, random: () => 0.5, ...options });
  undo.push(() => ssh.close());
  return ssh;
}

const targetOf = (sshd: Sshd, access: Partial<SshAccess> = {}): SshTarget => ({
  host: hostAt(sshd),
  access: accessTo(sshd, access),
});

const hello = (
  target: SshTarget,
  ssh: ReturnType<typeof createSsh> = sshWith(),
) => ssh.exec(target, { argv: ["echo", "hello"], timeoutMs });

const logins = (sshd: Sshd) => sshd.logged(/^Accepted publickey/).length;

// Making an rsa key takes seconds on a busy machine.
jest.setTimeout(180_000);

describe("host keys in known_hosts", () => {
  const fileWith = async (name: string, text: string) => {
    const file = join(folder, name);
    await writeFile(file, text);
    return file;
  };

  test("a changed key is refused before anybody logs in", async () => {
    const sshd = await sshdWith();
    const other = await sshdWith();
    const line = `[127.0.0.1]:${sshd.port} ${other.hostKey()}\n`;
    const knownHosts = [await fileWith("changed", line)];
    await expect(hello(targetOf(sshd, { knownHosts }))).rejects.toMatchObject({
      type: "ssh.hostKeyChanged",
      hint: "Find out why the key changed before you accept the new one with: runbook trust web-1",
    });
    expect(sshd.logged(/publickey/)).toEqual([]);
  });

  test("a revoked key is refused although it is listed", async () => {
    const sshd = await sshdWith();
    const knownHosts = [
      sshd.knownHostsFile,
      await fileWith("revoked", `@revoked * ${sshd.hostKey()}\n`),
    ];
    await expect(hello(targetOf(sshd, { knownHosts }))).rejects.toMatchObject({
      type: "ssh.hostKeyRevoked",
    });
  });

  test("lines that were not read, and a line of an authority, are named when the key is unknown", async () => {
    const sshd = await sshdWith();
    const text = `@cert-authority * ${sshd.hostKey()}\nnonsense\n`;
    const knownHosts = [await fileWith("unread", text)];
    await expect(hello(targetOf(sshd, { knownHosts }))).rejects.toMatchObject({
      type: "ssh.hostKeyUnknown",
      seen: expect.stringMatching(
        /@cert-authority line does not help here; not read: .*unread:2 \(expected names, a key type and a key\)/,
      ) as string,
    });
  });

  test("a file that is not there knows nobody", async () => {
    const sshd = await sshdWith();
    const knownHosts = [join(folder, "absent")];
    await expect(hello(targetOf(sshd, { knownHosts }))).rejects.toMatchObject({
      type: "ssh.hostKeyUnknown",
    });
  });

  test("a host that is known by its RSA key is asked for that one", async () => {
    const sshd = await sshdWith({ hostKeyTypes: ["ed25519", "ecdsa", "rsa"] });
    const line = `[127.0.0.1]:${sshd.port} ${sshd.hostKey("rsa")}\n`;
    const knownHosts = [await fileWith("rsa", line)];
    const result = await hello(targetOf(sshd, { knownHosts }));
    expect(result.stdout).toBe("hello\n");
  });

  test("a fingerprint of any of the host's keys is good", async () => {
    const sshd = await sshdWith({ hostKeyTypes: ["ed25519", "ecdsa", "rsa"] });
    const printed = execFileSync("ssh-keygen", [
      "-lf",
      join(sshd.folder, "host-rsa.pub"),
    ]).toString();
    const [, fingerprint = ""] = printed.split(" ");
    const { access } = targetOf(sshd, { knownHosts: [] });
    const host = hostAt(sshd, { fingerprint });
    expect((await hello({ host, access })).stdout).toBe("hello\n");
  });

  test("the key of a jump host is verified as well", async () => {
    const sshd = await sshdWith({ ports: 2 });
    const [near = 0, far = 0] = sshd.ports;
    const line = `[127.0.0.1]:${far} ${sshd.hostKey()}\n`;
    const knownHosts = [await fileWith("far-only", line)];
    const { access } = targetOf(sshd, { knownHosts });
    const jump = [`127.0.0.1:${near}`];
    const host = hostAt({ address: "127.0.0.1", port: far }, { jump });
    await expect(hello({ host, access })).rejects.toMatchObject({
      type: "ssh.hostKeyUnknown",
      hint: expect.stringContaining(`runbook trust 127.0.0.1`) as string,
    });
  });

  test("a person can take the key, compare it and trust it", async () => {
    const sshd = await sshdWith();
    const file = join(folder, "trusted", "known_hosts");
    const target = targetOf(sshd, { knownHosts: [file], identities: [] });
    const shown = await readHostKey(target);
    expect(shown.line).toBe(`[127.0.0.1]:${sshd.port} ${sshd.hostKey()}`);
    expect(sshd.logged(/publickey/)).toEqual([]);
    expect(await appendKnownHost(file, shown.line, { hashed: true })).toBe(
      "added",
    );
    expect(await readFile(file, "utf8")).toMatch(/^\|1\|/);
    const trusting = targetOf(sshd, { knownHosts: [file] });
    expect((await hello(trusting)).stdout).toBe("hello\n");
  });

  test("the key of a host behind a jump host can be taken, too", async () => {
    const sshd = await sshdWith({ ports: 2 });
    const [near = 0, far = 0] = sshd.ports;
    const jump = [`127.0.0.1:${near}`];
    const host = hostAt({ address: "127.0.0.1", port: far }, { jump });
    const shown = await readHostKey({ host, access: accessTo(sshd) });
    expect(shown.line).toBe(`[127.0.0.1]:${far} ${sshd.hostKey()}`);
    expect(logins(sshd)).toBe(1);
  });
});

describe("identities", () => {
  test.each(["ed25519", "rsa", "ecdsa"] as const)(
    "a key of type %s lets in",
    async (type) => {
      const sshd = await sshdWith();
      const key = generateKey(join(folder, `plain-${type}`), type);
      await sshd.authorize(`${key}.pub`);
      const result = await hello(targetOf(sshd, { identities: [{ key }] }));
      expect(result.exitCode).toBe(0);
    },
  );

  test.each(["ed25519", "rsa"] as const)(
    "an encrypted %s key is opened with the passphrase behind a reference",
    async (type) => {
      const sshd = await sshdWith();
      const secret = "correct horse";
      const key = generateKey(join(folder, `locked-${type}`), type, secret);
      await sshd.authorize(`${key}.pub`);
      const identities = [{ key, passphrase: "env:KEY_PASSPHRASE" }];
      const ssh = sshWith({ env: { KEY_PASSPHRASE: secret } });
      const result = await hello(targetOf(sshd, { identities }), ssh);
      expect(result.exitCode).toBe(0);
    },
  );

  test.each([
    ["without a passphrase", undefined, /no passphrase/],
    ["with the wrong passphrase", "env:WRONG", /passphrase/],
    ["with a reference to nothing", "env:NOWHERE", /NOWHERE is not set/],
  ])(
    "an encrypted key %s is told, no secret is",
    async (_, reference, words) => {
      const sshd = await sshdWith();
      const key = join(folder, "sealed");
      await rm(key, { force: true });
      generateKey(key, "ed25519", "correct horse");
      const passphrase =
        reference === undefined ? {} : { passphrase: reference };
      const ssh = sshWith({ env: { WRONG: "hunter2" } });
      const identities = [{ key, ...passphrase }];
      const failure = hello(targetOf(sshd, { identities }), ssh);
      await expect(failure).rejects.toMatchObject({
        type: "ssh.authFailed",
        seen: expect.stringMatching(words) as string,
      });
      await expect(failure).rejects.not.toThrow(/hunter2|correct horse/);
      expect(sshd.logged(/Connection from/)).toEqual([]);
    },
  );

  test("are tried in order until one lets in", async () => {
    const sshd = await sshdWith();
    const stranger = generateKey(join(folder, "first-stranger"));
    const identities = [{ key: stranger }, { key: sshd.keyFile }];
    const result = await hello(targetOf(sshd, { identities }));
    expect(result.exitCode).toBe(0);
  });

  test("that exceed what sshd lets try are an authentication failure", async () => {
    const sshd = await sshdWith({ config: ["MaxAuthTries 2"] });
    const identities = [1, 2, 3].map((n) => ({
      key: generateKey(join(folder, `many-${n}`)),
    }));
    const failure = hello(targetOf(sshd, { identities }));
    await expect(failure).rejects.toMatchObject({ type: "ssh.authFailed" });
  });

  describe("of an agent", () => {
    let agent: ChildProcess;
    let socket: string;

    beforeAll(async () => {
      socket = join(folder, "agent");
      agent = spawn("ssh-agent", ["-D", "-a", socket], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      if (agent.stdout) await once(agent.stdout, "data");
    });
    afterAll(async () => {
      const gone = once(agent, "exit");
      agent.kill();
      await gone;
    });

    test("let in by the socket of the configuration or of the environment", async () => {
      const sshd = await sshdWith();
      const env = { SSH_AUTH_SOCK: socket };
      execFileSync("ssh-add", ["-q", sshd.keyFile], { env });
      const named = targetOf(sshd, { identities: [], agent: socket });
      expect((await hello(named)).exitCode).toBe(0);
      const known = targetOf(sshd, { identities: [], agent: true });
      expect((await hello(known, sshWith({ env }))).exitCode).toBe(0);
    });

    test("that is gone do not keep an identity from being tried", async () => {
      const sshd = await sshdWith();
      const stranger = generateKey(join(folder, "agent-stranger"));
      const agentGone = join(folder, "no-agent");
      const wrong = { identities: [{ key: stranger }], agent: agentGone };
      await expect(hello(targetOf(sshd, wrong))).rejects.toMatchObject({
        type: "ssh.authFailed",
        seen: expect.stringContaining(`agent ${agentGone}`) as string,
      });
      const right = targetOf(sshd, { agent: agentGone });
      expect((await hello(right)).exitCode).toBe(0);
    });
  });

  test("none at all is told before anything is opened", async () => {
    const sshd = await sshdWith();
    const nothing = targetOf(sshd, { identities: [], agent: true });
    await expect(hello(nothing, sshWith({ env: {} }))).rejects.toMatchObject({
      type: "ssh.authFailed",
      seen: expect.stringContaining("SSH_AUTH_SOCK is not set") as string,
    });
    expect(sshd.logged(/Connection from/)).toEqual([]);
  });
});

describe("a server that does not answer as it should", () => {
  let server: Server;
  const sockets = new Set<Socket>();
  const listen = async (serve: (socket: Socket) => void) => {
    server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      serve(socket);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    undo.push(async () => {
      for (const socket of sockets) socket.destroy();
      sockets.clear();
      server.close();
      await once(server, "close");
    });
    const address = server.address();
    return typeof address === "object" && address ? address.port : 0;
  };
  const strange = (port: number, connectTimeoutMs = 5_000): SshTarget => ({
    host: hostAt({ address: "127.0.0.1", port }),
    access: {
      ...accessTo({ user: "ops", keyFile: "key", knownHostsFile: "none" }),
      identities: [{ key: generateKey(join(folder, `key-${port}`)) }],
      connectTimeoutMs,
    },
  });

  test("closed port: unreachable, after three tries", async () => {
    const port = await listen(() => undefined);
    await undo.pop()?.();
    await expect(hello(strange(port))).rejects.toMatchObject({
      type: "ssh.unreachable",
      failureClass: "retry",
      seen: expect.stringContaining("ECONNREFUSED") as string,
      hint: "Check that web-1 is up and that its SSH port answers from this worker.",
    });
  });

  test("a name that does not exist: unreachable", async () => {
    const target = strange(22);
    const host = { ...target.host, address: "no-such-host.invalid" };
    await expect(hello({ ...target, host })).rejects.toMatchObject({
      type: "ssh.unreachable",
    });
  });

  test.each([
    ["hangs up at once", (socket: Socket) => socket.end()],
    ["resets", (socket: Socket) => socket.resetAndDestroy()],
    [
      "says that it is full",
      (socket: Socket) => socket.end("Exceeded MaxStartups\r\n"),
    ],
    [
      "hangs up after its greeting",
      (socket: Socket) => socket.end("SSH-2.0-Busy\r\n"),
    ],
  ])("%s: the handshake is refused, after six tries", async (_, serve) => {
    let connections = 0;
    const port = await listen((socket) => {
      connections++;
      serve(socket);
    });
    await expect(hello(strange(port))).rejects.toMatchObject({
      type: "ssh.handshakeRefused",
      failureClass: "retry",
    });
    expect(connections).toBe(6);
  });

  test("says nothing: unreachable within the time limit, in one try", async () => {
    let connections = 0;
    const port = await listen(() => void connections++);
    await expect(hello(strange(port, 200))).rejects.toMatchObject({
      type: "ssh.unreachable",
      seen: expect.stringMatching(
        /still exchanging keys after \d+ ms/,
      ) as string,
    });
    expect(connections).toBe(1);
  });
});

describe("limits of sshd", () => {
  test("thirty hosts at once behind a jump host with MaxStartups 2:100:2 are all reached, by one login there", async () => {
    const bastion = await sshdWith({ config: ["MaxStartups 2:100:2"] });
    const dir = await mkdtemp(join(tmpdir(), "ssh-fleet-"));
    const fleet = await startLab({ dir, hosts: 30, service: false });
    undo.push(() => fleet.stop());
    await bastion.authorize(`${fleet.identityFile}.pub`);
    const access = sshAccessSchema.parse({
      user: fleet.user,
      identities: [{ key: fleet.identityFile }],
      knownHosts: [bastion.knownHostsFile, fleet.knownHostsFile],
    });
    const jump = [`${bastion.user}@127.0.0.1:${bastion.port}`];
    const ssh = sshWith();
    const results = await Promise.all(
      fleet.hosts.map(({ id, address, port }) => {
        const host = hostAt({ address, port }, { id, jump });
        return hello({ host, access }, ssh);
      }),
    );
    expect(results.map(({ stdout }) => stdout)).toEqual(
      Array(30).fill("hello\n"),
    );
    expect(logins(bastion)).toBe(1);
  }, 180_000);

  test("thirty logins at once to an sshd with MaxStartups 2:100:2 all get in, although it drops some", async () => {
    const sshd = await sshdWith({ config: ["MaxStartups 2:100:2"] });
    const ssh = sshWith({ random: Math.random, retryDelayMs: 200 });
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, n) => {
        // Another access is another login, although the host is the same.
        const connectTimeoutMs = 5_000 + n;
        return hello(targetOf(sshd, { connectTimeoutMs }), ssh);
      }),
    );
    expect(results).toHaveLength(30);
    expect(logins(sshd)).toBe(30);
    expect(sshd.logged(/past MaxStartups/).length).toBeGreaterThan(0);
  }, 180_000);

  test("more commands than MaxSessions wait for each other", async () => {
    const sshd = await sshdWith({ config: ["MaxSessions 2"] });
    const ssh = sshWith();
    const target = targetOf(sshd);
    const results = await Promise.all(
      Array.from({ length: 20 }, () => hello(target, ssh)),
    );
    expect(results).toHaveLength(20);
    expect(logins(sshd)).toBe(1);
  });

  test("a host that grants no session is told as such", async () => {
    const sshd = await sshdWith({ config: ["MaxSessions 0"] });
    await expect(hello(targetOf(sshd))).rejects.toMatchObject({
      type: "ssh.notPermitted",
      seen: expect.stringContaining("refuses a session") as string,
    });
  });

  test("a jump host that forwards nothing is told as such", async () => {
    const bastion = await sshdWith({ config: ["AllowTcpForwarding no"] });
    const host = hostAt(bastion, { jump: [`127.0.0.1:${bastion.port}`] });
    const target = { host, access: accessTo(bastion) };
    await expect(hello(target)).rejects.toMatchObject({
      type: "ssh.forwardingRefused",
      hint: `Let sshd of 127.0.0.1 forward to 127.0.0.1:${bastion.port}; look at its AllowTcpForwarding and PermitOpen.`,
    });
  });

  test("a host that is down behind a jump host is unreachable", async () => {
    const bastion = await sshdWith();
    const gone = await startSshd();
    const { port } = gone;
    await gone.stop();
    const jump = [`127.0.0.1:${bastion.port}`];
    const host = hostAt({ address: "127.0.0.1", port }, { jump });
    const target = { host, access: accessTo(bastion) };
    await expect(hello(target)).rejects.toMatchObject({
      type: "ssh.unreachable",
      seen: expect.stringContaining("Connection refused") as string,
    });
  });

  test("a jump host that went away is logged into anew", async () => {
    const bastion = await sshdWith();
    const fleet = await sshdWith({ ports: 2 });
    await bastion.authorize(`${fleet.keyFile}.pub`);
    const knownHosts = [bastion.knownHostsFile, fleet.knownHostsFile];
    const access = accessTo(fleet, { knownHosts });
    const jump = [`127.0.0.1:${bastion.port}`];
    const ssh = sshWith();
    const [first, second] = fleet.ports.map((port, n) => {
      const place = { address: "127.0.0.1", port };
      return { host: hostAt(place, { id: `h${n}`, jump }), access };
    });
    if (!first || !second) throw new Error("two hosts are needed");
    await hello(first, ssh);
    execFileSync("sh", ["-c", killSessions(bastion)]);
    await expect(hello(second, ssh)).resolves.toMatchObject({ exitCode: 0 });
    await expect(hello(first, ssh)).resolves.toMatchObject({ exitCode: 0 });
    expect(logins(bastion)).toBe(2);
  });
});

/** Ends the processes that serve connections of this one sshd: the children of the listener that the test started. */
function killSessions(sshd: Sshd): string {
  return `for pid in $(ps -o pid= --ppid ${sshd.pid}); do kill -KILL $pid; done`;
}

describe("become", () => {
  const hostWith = async (sudo: string | undefined) => {
    const path = join(await mkdtemp(join(folder, "path-")), "bin");
    mkdirSync(path);
    if (sudo !== undefined) {
      writeFileSync(join(path, "sudo"), `#!/bin/sh\n${sudo}\n`);
      chmodSync(join(path, "sudo"), 0o755);
    }
    return sshdWith({ config: [`SetEnv PATH=${path}`] });
  };

  test.each([
    ["is not installed", undefined, /not found/],
    [
      "asks for a password",
      "echo 'sudo: a password is required' >&2; exit 1",
      /a password is required/,
    ],
  ])("sudo that %s is a matter of rights", async (_, sudo, words) => {
    const sshd = await hostWith(sudo);
    await expect(hello(targetOf(sshd, { become: true }))).rejects.toMatchObject(
      {
        type: "ssh.notPermitted",
        seen: expect.stringMatching(words) as string,
      },
    );
  });

  test("sudo gets the command, and the environment behind it", async () => {
    const sshd = await hostWith('printf "<%s>" "$@"');
    const target = targetOf(sshd, { become: true });
    const request = { argv: ["id", "-u"], env: { A: "b c" }, timeoutMs };
    const result = await sshWith().exec(target, request);
    expect(result.stdout).toBe("<-n><-H><--><env><A=b c><id><-u>");
  });
});
