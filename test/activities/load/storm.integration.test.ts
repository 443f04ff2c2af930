import { readFileSync } from "node:fs";
import { totalOf } from "../../../activities/load/total";
import { createSsh } from "../../../activities/ssh/ssh";
import { createLoad } from "../../../activities/load/load";
import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";
import { freePorts } from "../../harness/free-ports";
import { missingProgram } from "../../harness/missing-program";
import { startLoadHost, type TestedHost } from "./load-host";
import { startTarget, type Target } from "./targets";

describeWhen(missingProgram("python3"))("a storm from a host", () => {
  let from: TestedHost;
  const targets: Target[] = [];

  beforeAll(async () => {
    from = await startLoadHost();
  });
  afterEach(async () => {
    await Promise.all(targets.splice(0).map((one) => one.stop()));
  });
  afterAll(() => from.stop());

  const target = async (...args: Parameters<typeof startTarget>) => {
    const started = await startTarget(...args);
    targets.push(started);
    return started;
  };

  test("keeps exactly as many open as were ordered, of each destination", async () => {
    const [few, many] = [await target(), await target()];
    const order = from.storm([
      { tuple: few.tuple, connections: 3 },
      { tuple: many.tuple, connections: 400 },
    ]);
    const report = await from.load.storm(order);
    expect([few.peak(), many.peak()]).toEqual([3, 400]);
    expect([few.accepted(), many.accepted()]).toEqual([3, 400]);
    expect(report).toMatchObject({
      host: "app-1",
      total: { tried: 403, failed: {}, peak: 403, heldS: 1, slowShare: 0 },
      destinations: [
        { tuple: few.tuple, tried: 3, peak: 3, heldS: 1 },
        { tuple: many.tuple, tried: 400, peak: 400, heldS: 1 },
      ],
    });
    const { p50Ms, p99Ms, p999Ms } = report.total;
    expect(p50Ms).toBeGreaterThan(0);
    expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
    expect(p999Ms).toBeGreaterThanOrEqual(p99Ms);
    expect(totalOf([report])).toEqual(report.total);
  });

  test("closes each after its life, without a reset, and opens it anew", async () => {
    const talkative = await target((socket) => socket.write("welcome\n"));
    const order = from.storm([{ tuple: talkative.tuple, connections: 20 }], {
      ...{ holdS: 2, lifeS: 0.5 },
    });
    const { total } = await from.load.storm(order);
    expect(total).toMatchObject({ failed: {}, peak: 20, heldS: 2 });
    expect(total.tried).toBeGreaterThanOrEqual(60);
    expect(total.tried).toBeLessThanOrEqual(100);
    await eventually(() => (talkative.open() === 0 ? true : undefined));
    expect(talkative.accepted()).toBe(total.tried);
    expect(talkative.closed()).toEqual({ normally: total.tried, reset: 0 });
  });

  test("gives up on a destination that refuses, and says what it reached", async () => {
    const well = await target();
    const [port = 0] = await freePorts(1);
    const refused = `127.0.0.1:${port}`;
    const order = from.storm(
      [
        { tuple: well.tuple, connections: 5 },
        { tuple: refused, connections: 2 },
      ],
      { holdS: 60, giveUpS: 2 },
    );
    const { total, destinations } = await from.load.storm(order);
    const [kept, other] = destinations;
    expect(total).toMatchObject({ peak: 5, heldS: 0 });
    expect(Object.keys(total.failed)).toEqual(["refused"]);
    expect(kept).toMatchObject({ failed: {}, peak: 5 });
    expect(kept?.heldS).toBeGreaterThan(0);
    expect(other).toMatchObject({ peak: 0, heldS: 0, p999Ms: 0 });
    expect(other?.failed.refused).toBe(other?.tried);
  });

  test("floods nobody who refuses", async () => {
    const [port = 0] = await freePorts(1);
    const tuple = `127.0.0.1:${port}`;
    const order = from.storm([{ tuple, connections: 500 }], {
      ...{ holdS: 60, giveUpS: 2 },
    });
    const { total } = await from.load.storm(order);
    // Each once, and again 200 a second.
    expect(total.tried).toBeGreaterThan(500);
    expect(total.tried).toBeLessThanOrEqual(500 + 2 * 200 + 1);
  });

  test("knows resets, and holds nothing while they come", async () => {
    const harsh = await target((socket) => void socket.resetAndDestroy());
    const order = from.storm([{ tuple: harsh.tuple, connections: 4 }], {
      ...{ holdS: 60, giveUpS: 2 },
    });
    const { total } = await from.load.storm(order);
    expect(Object.keys(total.failed)).toEqual(["reset"]);
    expect(total.heldS).toBeLessThan(1);
  });

  test("is joined by whoever comes with its key", async () => {
    const one = await target();
    const order = from.storm([{ tuple: one.tuple, connections: 7 }], {
      holdS: 3,
    });
    const leaving = new AbortController();
    const left = from.load.storm(order, leaving.signal);
    const gone = expect(left).rejects.toThrow();
    await eventually(() => (one.open() === 7 ? true : undefined));
    leaving.abort();
    await gone;
    const ssh = createSsh();
    const report = await createLoad(ssh).storm(order);
    await ssh.close();
    expect(one.accepted()).toBe(7);
    expect(report.total).toMatchObject({ tried: 7, peak: 7, heldS: 3 });
  });

  test("leaves no process and no connection once it is stopped", async () => {
    const one = await target();
    const order = from.storm([{ tuple: one.tuple, connections: 9 }], {
      holdS: 600,
    });
    const running = from.load.storm(order);
    const ended = expect(running).rejects.toThrow();
    await eventually(() => (one.open() === 9 ? true : undefined));
    expect(await from.isRunning(order.key)).toBe(true);
    await from.load.stop(order.host, order.key);
    expect(await from.isRunning(order.key)).toBe(false);
    await eventually(() => (one.open() === 0 ? true : undefined));
    await ended;
  });
});

/** Root is refused no more than the kernel's own limit. */
const wantedFiles = 200 * 64_512 + 64;
const unlimited = (): string | undefined => {
  if (missingProgram("python3") !== undefined) return "no python3 here";
  if (process.platform !== "linux") return "limits differ elsewhere";
  const most = Number(readFileSync("/proc/sys/fs/nr_open", "utf8"));
  return most < wantedFiles ? undefined : "this kernel allows any open files";
};

describeWhen(unlimited())("a storm that no host can hold", () => {
  test("says how many open files it wants", async () => {
    const from = await startLoadHost();
    const destinations = Array.from({ length: 200 }, (_, n) => ({
      ...{ tuple: `127.0.0.1:${n + 1}`, connections: 64_512 },
    }));
    try {
      const storm = from.load.storm(from.storm(destinations));
      await expect(storm).rejects.toMatchObject({
        type: "load.fewFiles",
        seen: expect.stringContaining(`${wantedFiles} are wanted`) as string,
      });
    } finally {
      await from.stop();
    }
  });
});
