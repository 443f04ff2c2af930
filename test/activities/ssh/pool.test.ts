import type {
  Link,
  LinkRequest,
  OpenLink,
} from "../../../activities/ssh/client";
import { sshError } from "../../../activities/ssh/errors";
import type { SshFailure } from "../../../activities/ssh/errors";
import { createPool } from "../../../activities/ssh/pool";
import { sshAccessSchema, type SshTarget } from "../../../activities/ssh/port";
import { hostAt } from "../../harness/ssh-servers";

const streams = { onStdout: () => undefined, onStderr: () => undefined };
const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Links that open and close when the test says so. */
class FakeNetwork {
  readonly requests: LinkRequest[] = [];
  readonly links: FakeLink[] = [];
  /** Failures of the next openings, in order. */
  readonly failures: SshFailure[] = [];
  under = 0;
  most = 0;
  hold: Promise<void> | undefined;

  readonly openLink: OpenLink = async (request) => {
    this.requests.push(request);
    this.most = Math.max(this.most, ++this.under);
    try {
      await (this.hold ?? settled());
      request.signal.throwIfAborted();
      const failure = this.failures.shift();
      if (failure) throw sshError(failure, { seen: failure });
      const link = new FakeLink();
      this.links.push(link);
      return link;
    } finally {
      this.under--;
    }
  };
}

class FakeLink implements Link {
  closed = false;
  private listeners: (() => void)[] = [];
  private finish: (() => void)[] = [];

  exec(): Promise<{ exitCode: number }> {
    return new Promise((resolve) => {
      this.finish.push(() => resolve({ exitCode: 0 }));
    });
  }
  finishAll(): void {
    for (const finish of this.finish.splice(0)) finish();
  }
  forward(): Promise<never> {
    return Promise.reject(new Error("not here"));
  }
  onClosed(listener: () => void): void {
    if (this.closed) listener();
    else this.listeners.push(listener);
  }
  close(): void {
    this.closed = true;
    for (const listener of this.listeners.splice(0)) listener();
  }
}

let network: FakeNetwork;
beforeEach(() => {
  network = new FakeNetwork();
});

function poolWith(changes: Partial<Parameters<typeof createPool>[0]> = {}) {
  return createPool({
    openLink: network.openLink,
    policyFor: () =>
      Promise.resolve({
        preferredTypes: [],
        tryOtherTypes: false,
        judge: () => undefined,
      }),
    retryDelayMs: 1,
    random: () => 0,
    ...changes,
  });
}

function target(
  port: number,
  {
    jump,
    ...access
  }: { jump?: string[]; handshakes?: number; connectTimeoutMs?: number } = {},
): SshTarget {
  return {
    host: hostAt({ address: "a", port }, jump ? { jump } : {}),
    access: sshAccessSchema.parse({ user: "ops", ...access }),
  };
}

describe("sharing", () => {
  test("those who ask at once share one connection", async () => {
    const pool = poolWith();
    await Promise.all([1, 2, 3].map(() => pool.connect(target(1))));
    expect(network.requests).toHaveLength(1);
  });

  test("a dead connection is replaced on next use", async () => {
    const pool = poolWith();
    await pool.connect(target(1));
    network.links[0]?.close();
    expect((await pool.connect(target(1))).closed).toBe(false);
    expect(network.requests).toHaveLength(2);
  });

  test("another access is another connection", async () => {
    const pool = poolWith();
    await pool.connect(target(1));
    await pool.connect(target(1, { handshakes: 3 }));
    expect(network.requests).toHaveLength(2);
  });

  test("release closes an unused connection at once, a used one after its last command", async () => {
    const pool = poolWith();
    const { exec } = await pool.connect(target(1));
    const running = exec({ command: "true" }, streams);
    pool.release(target(1));
    expect(network.links[0]?.closed).toBe(false);
    network.links[0]?.finishAll();
    await running;
    expect(network.links[0]?.closed).toBe(true);
  });

  test("release of a host that was never reached does nothing", () => {
    expect(() => poolWith().release(target(1))).not.toThrow();
  });

  test("an unused connection is closed after its time, a used one is not", async () => {
    jest.useFakeTimers({ doNotFake: ["setImmediate"] });
    try {
      const pool = poolWith({ idleMs: 1_000 });
      const { exec } = await pool.connect(target(1));
      const running = exec({ command: "true" }, streams);
      jest.advanceTimersByTime(5_000);
      expect(network.links[0]?.closed).toBe(false);
      network.links[0]?.finishAll();
      await running;
      jest.advanceTimersByTime(999);
      expect(network.links[0]?.closed).toBe(false);
      jest.advanceTimersByTime(1);
      expect(network.links[0]?.closed).toBe(true);
    } finally {
      jest.useRealTimers();
    }
  });

  test("close ends all connections, also one that is being opened", async () => {
    const pool = poolWith();
    await pool.connect(target(1));
    const opening = pool.connect(target(2));
    const failed = expect(opening).rejects.toMatchObject({
      type: "ssh.connectionLost",
    });
    await pool.close();
    await failed;
    await settled();
    expect(network.links.every(({ closed }) => closed)).toBe(true);
  });
});

describe("giving up", () => {
  test("one of two who wait leaves the other's connection alone", async () => {
    const pool = poolWith();
    const abort = new AbortController();
    const first = pool.connect(target(1), abort.signal);
    const second = pool.connect(target(1));
    const reason = new Error("cancelled");
    abort.abort(reason);
    await expect(first).rejects.toBe(reason);
    await expect(second).resolves.toMatchObject({ closed: false });
  });

  test("the last one who waits calls the attempt off", async () => {
    const pool = poolWith();
    const abort = new AbortController();
    const only = pool.connect(target(1), abort.signal);
    await settled();
    abort.abort(new Error("cancelled"));
    await expect(only).rejects.toThrow("cancelled");
    expect(network.requests[0]?.signal.aborted).toBe(true);
  });

  test("who comes after that gets an attempt of his own", async () => {
    const pool = poolWith();
    const abort = new AbortController();
    const only = pool.connect(target(1), abort.signal);
    abort.abort(new Error("cancelled"));
    const next = pool.connect(target(1));
    await expect(only).rejects.toThrow("cancelled");
    await expect(next).resolves.toMatchObject({ closed: false });
  });
});

describe("trying again", () => {
  test.each([
    ["unreachable", 3],
    ["handshakeRefused", 6],
    ["authFailed", 1],
    ["hostKeyChanged", 1],
  ] as const)("%s is tried %d times", async (failure, tries) => {
    network.failures.push(...Array<SshFailure>(9).fill(failure));
    const pool = poolWith();
    await expect(pool.connect(target(1))).rejects.toMatchObject({
      type: `ssh.${failure}`,
    });
    expect(network.requests).toHaveLength(tries);
  });

  test("a refusal that passes is not told", async () => {
    network.failures.push("handshakeRefused", "unreachable");
    await expect(poolWith().connect(target(1))).resolves.toBeDefined();
  });

  test("all tries together have the time of one connection", async () => {
    let time = 0;
    network.failures.push("unreachable", "unreachable", "unreachable");
    const openLink: OpenLink = (request) => {
      time += 600;
      return network.openLink(request);
    };
    const pool = poolWith({ openLink, now: () => time });
    const access = { connectTimeoutMs: 1_000 };
    await expect(pool.connect(target(1, access))).rejects.toMatchObject({
      type: "ssh.unreachable",
    });
    expect(network.requests.map(({ timeoutMs }) => timeoutMs)).toEqual([
      1_000, 400,
    ]);
  });
});

describe("doors", () => {
  const ports = Array.from({ length: 20 }, (_, n) => n + 1);

  test("no more handshakes at once than allowed", async () => {
    const pool = poolWith();
    await Promise.all(
      ports.map((port) => pool.connect(target(port, { handshakes: 3 }))),
    );
    expect(network.most).toBe(3);
  });

  test("hosts behind a jump host share one login there", async () => {
    const pool = poolWith();
    await Promise.all(
      ports.map((port) => pool.connect(target(port, { jump: ["j"] }))),
    );
    const hops = network.requests.map(({ hop }) => hop.address);
    expect(hops.filter((address) => address === "j")).toHaveLength(1);
    expect(network.requests.slice(1).every(({ via }) => via)).toBe(true);
  });

  test("a jump host's connection stays while hosts are behind it, and goes after the last", async () => {
    const pool = poolWith({ idleMs: 0 });
    const used = await pool.connect(target(1, { jump: ["j"] }));
    const running = used.exec({ command: "true" }, streams);
    await pool.connect(target(2, { jump: ["j"] }));
    const [jump, first, second] = network.links;
    await new Promise<void>((gone) => second?.onClosed(gone));
    await settled();
    expect(jump?.closed).toBe(false);
    first?.finishAll();
    await running;
    await new Promise<void>((gone) => jump?.onClosed(gone));
  });

  test("a door at one jump host does not hold up another", async () => {
    const pool = poolWith();
    let open: () => void = () => undefined;
    await pool.connect(target(1, { jump: ["j"], handshakes: 1 }));
    network.hold = new Promise((done) => (open = done));
    const held = pool.connect(target(2, { jump: ["j"], handshakes: 1 }));
    await settled();
    const other = pool.connect(target(3, { handshakes: 1 }));
    await settled();
    expect(network.under).toBe(2);
    open();
    await Promise.all([held, other]);
  });

  test("a host that is silent leaves its place to others while it waits", async () => {
    network.failures.push("unreachable");
    const pool = poolWith({ retryDelayMs: 20 });
    const access = { handshakes: 1 };
    const first = pool.connect(target(1, access));
    const second = pool.connect(target(2, access));
    await Promise.all([first, second]);
    const hops = network.requests.map(({ hop }) => hop.port);
    expect(hops).toEqual([1, 2, 1]);
  });

  test("a refused handshake keeps its place while it waits", async () => {
    network.failures.push("handshakeRefused");
    const pool = poolWith({ retryDelayMs: 20 });
    const access = { handshakes: 1 };
    const first = pool.connect(target(1, access));
    const second = pool.connect(target(2, access));
    await Promise.all([first, second]);
    const hops = network.requests.map(({ hop }) => hop.port);
    expect(hops).toEqual([1, 1, 2]);
  });
});
