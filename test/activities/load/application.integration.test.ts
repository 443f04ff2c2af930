import { join } from "node:path";
import type { ApplicationOrder } from "../../../activities/load/port";
import { describeWhen } from "../../harness/describe-when";
import { missingProgram } from "../../harness/missing-program";
import { withoutWrk } from "../../harness/wrk";
import { startLoadHost, type TestedHost } from "./load-host";
import { startSite } from "./targets";

const missing =
  process.platform === "linux"
    ? missingProgram("python3")
    : "sockets of processes are read from Linux's /proc";
const root = join(__dirname, "../../..");
const november = join(root, "lab/network/november-client.py");
const autocannon = require.resolve("autocannon");

/** What autocannon says on stderr stays there; its JSON becomes our line. */
const asReport = `
let text = "";
process.stdin.on("data", (part) => (text += part)).on("end", () => {
  const { requests, errors, timeouts, non2xx } = JSON.parse(text);
  const failed = errors + timeouts + non2xx;
  console.log(JSON.stringify({ requests: requests.total + errors, failed }));
});
`;

describeWhen(missing ?? withoutWrk())("load of wrk", () => {
  test("is read from its own words", async () => {
    const [from, site] = await Promise.all([startLoadHost(), startSite()]);
    const command = ["wrk", "-t1", "-c4", "-d1s", `http://${site.tuple}/`];
    const key = from.nextKey();
    const timeoutMs = 60_000;
    const report = await from.load
      .application({ host: from.host, key, command, timeoutMs })
      .finally(() => Promise.all([from.stop(), site.stop()]));
    expect(report).toMatchObject({
      ...{ failed: 0, openedByHost: true },
      sockets: [{ tuple: site.tuple, most: 4 }],
    });
    expect(report.requests).toBeGreaterThan(4);
  });
});

describeWhen(missing)("load of an application", () => {
  let from: TestedHost;
  let site: Awaited<ReturnType<typeof startSite>>;

  beforeAll(async () => {
    from = await startLoadHost();
  });
  beforeEach(async () => {
    site = await startSite();
  });
  afterEach(() => site.stop());
  afterAll(() => from.stop());

  const order = (
    command: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): ApplicationOrder => ({
    ...{ host: from.host, key: from.nextKey(), command, env },
    timeoutMs: 60_000,
  });
  const client = (jobs: number, env: Readonly<Record<string, string>> = {}) => {
    const words = ["--jobs", String(jobs), "--limit", "8", "--to", site.tuple];
    const command = ["python3", november, ...words, "--seconds", "1.5"];
    return from.load.application(order(command, env));
  };

  test("a client within its limit reuses its connections", async () => {
    const report = await client(8);
    expect(report).toMatchObject({ host: "app-1", failed: 0 });
    expect(report.openedByHost).toBeUndefined();
    expect(report.opened).toBe(site.connections());
    expect(report.opened).toBeLessThanOrEqual(8);
    expect(report.requests).toBeGreaterThan(5 * report.opened);
    const [socket] = report.sockets;
    expect(socket?.tuple).toBe(site.tuple);
    expect(socket?.most).toBeLessThanOrEqual(8);
  });

  test("one above it opens a connection for each request", async () => {
    const report = await client(9);
    expect(report.failed).toBe(0);
    expect(report.requests).toBeGreaterThan(9);
    expect(report.opened).toBe(report.requests);
    expect(site.connections()).toBe(report.requests);
  });

  test("the mended one reuses them at any number of jobs", async () => {
    const report = await client(40, { NOVEMBER_FIXED: "1" });
    expect(report.opened).toBeLessThanOrEqual(40);
    expect(report.requests).toBeGreaterThan(report.opened);
  });

  test("what a process opened that has left its parent counts, too", async () => {
    const [, port = ""] = site.tuple.split(":");
    const opener = `import socket, time
held = [socket.create_connection(("127.0.0.1", ${port})) for _ in range(6)]
time.sleep(2)`;
    // The shell between them is gone before the sockets are open.
    const script = `(python3 -c '${opener}' >/dev/null 2>&1 &); sleep 2; echo '{"requests":6,"failed":0}'`;
    const report = await from.load.application(order(["sh", "-c", script]));
    expect(report.sockets).toEqual([{ tuple: site.tuple, most: 6 }]);
    // All of this host counts here: it is shared with other tests.
    expect(report.opened).toBeGreaterThanOrEqual(6);
  });

  /** Opens what it is told, or so many fewer, for as long as it is told and somewhat longer. */
  const carrier = `import json, os, socket, sys, time
order = json.loads(os.environ["RUNBOOK_LOAD"])
[one] = order["destinations"]
host, port = one["tuple"].split(":")
held = [socket.create_connection((host, int(port))) for _ in range(one["connections"] - int(sys.argv[1]))]
time.sleep(order["holdS"] + 1)
print(json.dumps({"requests": len(held), "failed": 0, "opened": len(held), "p999Ms": 3}))`;
  const carried = (fewer: number) =>
    from.load.application({
      ...order(["python3", "-c", carrier, String(fewer)]),
      peak: {
        destinations: [{ tuple: site.tuple, connections: 8 }],
        ...{ holdS: 1, lifeS: 20 },
      },
    });

  test("a command that carries a peak is believed what its host saw of it", async () => {
    const whole = await carried(0);
    expect(whole.carried).toMatchObject({ peak: 8, p999Ms: 3 });
    expect(whole.carried?.heldS).toBeGreaterThan(0);
    const fewer = await carried(1);
    expect(fewer.carried).toMatchObject({ peak: 7, heldS: 0 });
  });

  test("a command that carries more than its peak is counted up to it", async () => {
    expect((await carried(-3)).carried).toMatchObject({ peak: 8 });
  });

  test("autocannon drives a site through the same order", async () => {
    const script = `"$1" "$2" -j -n -c 5 -d 1 "http://${site.tuple}/" | "$1" -e "$3"`;
    const words = [process.execPath, autocannon, asReport];
    const report = await from.load.application(
      order(["sh", "-c", script, "sh", ...words]),
    );
    expect(report).toMatchObject({ failed: 0, openedByHost: true });
    expect(report.requests).toBeGreaterThan(5);
    expect(report.sockets).toEqual([{ tuple: site.tuple, most: 5 }]);
  });

  test("a command that ends as we say that python3 is missing has failed itself", async () => {
    const script = "echo out of seats; exit 90";
    await expect(
      from.load.application(order(["sh", "-c", script])),
    ).rejects.toMatchObject({
      type: "load.commandFailed",
      seen: "sh ended with 90 on app-1:\nout of seats",
    });
  });

  test("a command that fails, and one that is not there, are told as such", async () => {
    const failing = order(["sh", "-c", "echo no licence >&2; exit 4"]);
    await expect(from.load.application(failing)).rejects.toMatchObject({
      type: "load.commandFailed",
      seen: expect.stringContaining("no licence") as string,
    });
    await expect(
      from.load.application(order(["no-such-client"])),
    ).rejects.toMatchObject({ type: "load.commandFailed" });
  });

  test("a command that reports nothing is told what to print", async () => {
    await expect(
      from.load.application(order(["echo", "done"])),
    ).rejects.toMatchObject({ type: "load.badReport" });
  });
});
