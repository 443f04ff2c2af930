import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  BaseAgent,
  utils,
  type IdentityCallback,
  type ParsedKey,
  type SignCallback,
  type SigningRequestOptions,
} from "ssh2";
import { parse } from "yaml";
import { hostSchema } from "../../../activities/inventory/port";
import { newKeyPair } from "../../../lab/hosts/keys";
import { startLab, type Lab } from "../../../lab/hosts/lab";
import { eventually } from "../../harness/eventually";
import {
  connectError,
  connectTo,
  finished,
  forward,
  hostOf,
  open,
  output,
  run,
} from "./lab-client";
import { isRunning } from "./processes";
import { useLab } from "./use-lab";

let folder: string;
let lab: Lab;

useLab(
  {
    hosts: 6,
    service: false,
    applyMs: 20,
  },
  (started, itsFolder) => {
    lab = started;
    folder = itsFolder;
  },
);

/** Offers one key and signs with another. */
class PretendingAgent extends BaseAgent<ParsedKey> {
  asked = false;

  constructor(
    private readonly offered: ParsedKey,
    private readonly held: ParsedKey,
  ) {
    super();
  }

  override getIdentities(done: IdentityCallback<ParsedKey>): void {
    done(null, [this.offered]);
  }

  override sign(
    _key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    done?: SignCallback,
  ): void {
    this.asked = true;
    const answer = typeof options === "function" ? options : done;
    const signature = this.held.sign(data);
    if (signature instanceof Error) throw signature;
    answer?.(null, signature);
  }
}

function parsed(text: string): ParsedKey {
  const key = utils.parseKey(text);
  if (key instanceof Error) throw key;
  return key;
}

describe("a lab host", () => {
  test("runs a real command under a folder of its own", async () => {
    expect(
      await output(lab, "web-01", "echo $HOST_ID; pwd; touch $HOST_ROOT/x"),
    ).toBe(`web-01\n${lab.hostRoot("web-01")}/home/${lab.user}`);
    expect(existsSync(join(lab.hostRoot("web-01"), "x"))).toBe(true);
    expect(existsSync(join(lab.hostRoot("web-02"), "x"))).toBe(false);
  });

  test("answers the exit code and both streams", async () => {
    expect(await run(lab, "web-01", "echo out; echo err >&2; exit 3")).toEqual({
      code: 3,
      signal: undefined,
      stdout: "out\n",
      stderr: "err\n",
    });
  });

  test("gives a command that does not exist 127", async () => {
    expect(await run(lab, "web-01", "no-such-command")).toMatchObject({
      code: 127,
    });
  });

  test("hands stdin on, and its end", async () => {
    const client = await connectTo(lab, "web-01");
    const channel = await open(client, "wc -c");
    channel.end("x".repeat(300_000));
    expect((await finished(channel)).stdout.trim()).toBe("300000");
    client.end();
  });

  test("brings large outputs whole", async () => {
    const { stdout } = await run(
      lab,
      "web-01",
      "head -c 3000000 /dev/zero | tr '\\0' x",
    );
    expect(stdout).toHaveLength(3_000_000);
  });

  test("serves several commands at once over one connection", async () => {
    const client = await connectTo(lab, "web-01");
    const fifo = "$HOST_ROOT/fifo";
    await output(lab, "web-01", `mkfifo ${fifo}`);
    // Each waits for the other: one after the other they would never end.
    const reader = await open(client, `cat ${fifo}`);
    const writer = await open(client, `echo met > ${fifo}`);
    const [read] = await Promise.all([finished(reader), finished(writer)]);
    expect(read.stdout).toBe("met\n");
    client.end();
  });

  test("passes a signal to the command and tells which one ended it", async () => {
    const client = await connectTo(lab, "web-01");
    const channel = await open(client, "echo up; sleep 60");
    channel.once("data", () => channel.signal("TERM"));
    expect(await finished(channel)).toMatchObject({
      code: null,
      signal: "SIGTERM",
    });
    client.end();
  });

  test("answers keep-alives", async () => {
    const often = { keepaliveInterval: 20, keepaliveCountMax: 2 };
    const client = await connectTo(lab, "web-01", often);
    // Three intervals without an answer would end the connection.
    const { code } = await finished(await open(client, "sleep 0.3"));
    expect(code).toBe(0);
    client.end();
  });

  test("takes only such environment as sshd would", async () => {
    const client = await connectTo(lab, "web-01");
    const env = { LANG: "C.UTF-8", HOST_ROOT: "/", LD_PRELOAD: "/x" };
    const result = await new Promise((resolve, reject) => {
      client.exec(
        "echo $LANG $HOST_ROOT $LD_PRELOAD",
        { env },
        (error, channel) => {
          if (error) reject(error);
          else resolve(finished(channel));
        },
      );
    });
    expect(result).toMatchObject({
      stdout: `C.UTF-8 ${lab.hostRoot("web-01")}\n`,
    });
    client.end();
  });

  test("turns away another key, another user and a password", async () => {
    const { privateKey } = newKeyPair("somebody");
    const failed = "All configured authentication methods failed";
    await expect(connectTo(lab, "web-01", { privateKey })).rejects.toThrow(
      failed,
    );
    await expect(
      connectTo(lab, "web-01", { username: "root" }),
    ).rejects.toThrow(failed);
    const password = { privateKey: "", password: "x" };
    await expect(connectTo(lab, "web-01", password)).rejects.toThrow(failed);
  });

  test("turns away who knows the public key only", async () => {
    const [open = "", other = ""] = [
      readFileSync(`${lab.identityFile}.pub`, "utf8"),
      newKeyPair("somebody").privateKey,
    ];
    const agent = new PretendingAgent(parsed(open), parsed(other));
    const config = { privateKey: "", agent };
    await expect(connectTo(lab, "web-01", config)).rejects.toThrow(
      "All configured authentication methods failed",
    );
    expect(agent.asked).toBe(true);
  });

  test("shows a host key of its own", async () => {
    const keys = readFileSync(lab.knownHostsFile, "utf8").trim().split("\n");
    expect(new Set(keys.map((line) => line.split(" ")[2])).size).toBe(6);
  });

  test("can be a jump host to another, and to nowhere else", async () => {
    const jump = await connectTo(lab, "web-01");
    const sock = await forward(jump, hostOf(lab, "web-02"));
    const client = await connectTo(lab, "web-02", { sock });
    expect((await finished(await open(client, "echo $HOST_ID"))).stdout).toBe(
      "web-02\n",
    );
    const elsewhere = {
      ...hostOf(lab, "web-02"),
      address: "127.0.0.1",
      port: Number(new URL(lab.controlUrl).port),
    };
    await expect(forward(jump, elsewhere)).rejects.toThrow(
      "Channel open failure",
    );
    client.end();
    jump.end();
  });
});

describe("when the connection drops", () => {
  const startTwo =
    "sleep 61 & echo $!; setsid sleep 62 >/dev/null 2>&1 </dev/null & echo $!; wait";

  test("the command's process group ends, and what has a session of its own goes on", async () => {
    const client = await connectTo(lab, "web-03");
    const channel = await open(client, startTwo);
    const pids: number[] = [];
    await new Promise<void>((resolve) => {
      channel.on("data", (chunk: Buffer) => {
        pids.push(...chunk.toString().trim().split("\n").map(Number));
        if (pids.length === 2) resolve();
      });
    });
    const [attached = 0, detached = 0] = pids;
    expect(isRunning(attached)).toBe(true);
    client.destroy();
    await eventually(() => !isRunning(attached) || undefined, 20_000);
    expect(isRunning(detached)).toBe(true);
    process.kill(detached, "SIGKILL");
  });

  test("the command hears SIGHUP first", async () => {
    const client = await connectTo(lab, "web-03");
    const mark = join(lab.hostRoot("web-03"), "heard");
    const command = `trap 'touch ${mark}; exit' HUP; echo up; while :; do sleep 0.01; done`;
    const channel = await open(client, command);
    await new Promise((resolve) => channel.once("data", resolve));
    client.destroy();
    await eventually(() => existsSync(mark) || undefined, 20_000);
  });

  test("a command that ignores SIGHUP ends too", async () => {
    const client = await connectTo(lab, "web-03");
    const channel = await open(
      client,
      "trap '' HUP; echo $$; sleep 63; sleep 64",
    );
    const pid = await new Promise<number>((resolve) => {
      channel.once("data", (chunk: Buffer) =>
        resolve(Number(chunk.toString())),
      );
    });
    client.destroy();
    await eventually(() => !isRunning(pid) || undefined, 20_000);
  });
});

describe("the files of a lab", () => {
  test("an inventory of valid hosts, whose boot id can be asked for", async () => {
    const { hosts } = JSON.parse(readFileSync(lab.inventoryFile, "utf8")) as {
      hosts: unknown[];
    };
    const parsed = hosts.map((host) => hostSchema.parse(host));
    expect(parsed.map(({ id }) => id)).toEqual(lab.hosts.map(({ id }) => id));
    const probe = parsed[0]?.bootIdProbe ?? [];
    expect(await output(lab, "web-01", probe.join(" "))).toMatch(
      /^[0-9a-f-]{36}$/,
    );
  });

  test("a key that only its owner reads", () => {
    expect(statSync(lab.identityFile).mode & 0o777).toBe(0o600);
  });

  test("a configuration that runs app-ctl", () => {
    expect(parse(readFileSync(lab.configFile, "utf8"))).toMatchObject({
      targets: { lab: { inventory: { file: "inventory.json" } } },
      components: {
        app: { steps: { apply: { run: ["app-ctl", "apply", "{{version}}"] } } },
      },
    });
  });
});

test("where only 127.0.0.1 exists, each host has a port", async () => {
  const ports = await startLab({
    dir: join(folder, "ports"),
    hosts: 3,
    service: true,
    addresses: "ports",
  });
  try {
    for (const { id } of ports.hosts)
      expect(
        await output(
          ports,
          id,
          "echo $HOST_ID; LAB_READY_MS=20000 app-ctl ready",
        ),
      ).toBe(`${id}\nready`);
    expect(new Set(ports.hosts.map(({ address }) => address))).toEqual(
      new Set(["127.0.0.1"]),
    );
  } finally {
    await ports.stop();
  }
  const [first] = ports.hosts;
  expect(await connectError("127.0.0.1", first?.port ?? 0)).toBe(
    "ECONNREFUSED",
  );
});

test("a base port in use is told, and nothing stays behind", async () => {
  const dir = join(folder, "taken");
  const { port, address } = hostOf(lab, "web-01");
  expect(address).toBeDefined();
  const start = startLab({ dir, hosts: 2, service: false, basePort: port });
  await expect(start).rejects.toMatchObject({ type: "lab.portInUse" });
  expect(existsSync(dir)).toBe(false);
});

test("1,000 hosts are up in seconds, and each answers", async () => {
  const began = Date.now();
  const large = await startLab({
    dir: join(folder, "large"),
    hosts: 1_000,
    service: false,
  });
  try {
    expect(Date.now() - began).toBeLessThan(25_000);
    expect(await output(large, "batch-100", "app-ctl ready")).toBe("ready");
    // Only what was touched has a folder.
    expect(existsSync(join(large.dir, "hosts", "web-001"))).toBe(false);
  } finally {
    await large.stop();
  }
}, 180_000);
