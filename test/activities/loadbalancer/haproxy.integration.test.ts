import type { Balancer } from "../../../activities/loadbalancer/port";
import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";
import {
  Haproxy,
  type HaproxyOptions,
  withoutHaproxy,
} from "../../harness/haproxy";
import {
  behindHaproxy,
  callOf,
  gateway,
  get,
  type Got,
  oneWorker,
  Site,
} from "./backend";

const names = ["a", "b", "c", "d"];

/** Resolves once the visit has reported the line, or any. */
const said = ({ lines }: { lines: string[] }, line = lines[0]) =>
  eventually(
    () =>
      (line === undefined ? lines.length > 0 : lines.includes(line)) ||
      undefined,
    10_000,
  );

describeWhen(withoutHaproxy())("a host behind a real HAProxy", () => {
  let sites: Site[] = [];
  const running: Haproxy[] = [];

  beforeAll(async () => {
    sites = await Promise.all(names.map((name) => Site.start(name)));
  });
  afterAll(() => Promise.all(sites.map((site) => site.stop())));
  afterEach(async () => {
    for (const site of sites) {
      site.healthy = true;
      site.release();
    }
    await Promise.all(running.splice(0).map((haproxy) => haproxy.stop()));
  });

  const site = (name: string): Site => sites[names.indexOf(name)] as Site;
  const servers = (options: (name: string) => string = () => "") =>
    sites.map(({ name, port }) => ({
      name,
      address: "127.0.0.1",
      port,
      options: options(name),
    }));

  async function haproxyWith(
    options: Partial<HaproxyOptions> = {},
  ): Promise<Haproxy> {
    const haproxy = await Haproxy.start({ servers: servers(), ...options });
    running.push(haproxy);
    if (options.check !== false && options.level !== "user")
      await haproxy.until({ a: "UP", b: "UP", c: "UP" });
    return haproxy;
  }

  const behind = (
    haproxy: Haproxy,
    settings: Record<string, unknown> = {},
  ): Balancer =>
    behindHaproxy({ sockets: [haproxy.socket], maxOut: 1, ...settings });

  async function answeredBy(haproxy: Haproxy, requests = 8): Promise<string[]> {
    const got: string[] = [];
    for (let i = 0; i < requests; i++) got.push((await get(haproxy.url)).body);
    return [...new Set(got)].sort();
  }

  it("gets no request once it is drained, and its share again once it is back", async () => {
    const haproxy = await haproxyWith();
    const balancer = oneWorker();
    await expect(balancer.drain(callOf(behind(haproxy), "a"))).resolves.toEqual(
      { sessionsLeft: 0 },
    );
    expect(await answeredBy(haproxy)).toEqual(["b", "c", "d"]);
    await balancer.undrain(callOf(behind(haproxy), "a"));
    expect(await answeredBy(haproxy)).toEqual(names);
  });

  it("may be drained and put back again and again", async () => {
    const haproxy = await haproxyWith();
    const balancer = oneWorker();
    await balancer.drain(callOf(behind(haproxy), "a"));
    await balancer.drain(callOf(behind(haproxy), "a"));
    await haproxy.until({ a: "DRAIN" });
    await balancer.undrain(callOf(behind(haproxy), "a"));
    await balancer.undrain(callOf(behind(haproxy), "a"));
    await haproxy.until({ a: "UP" });
  });

  it("is out only when its last session has ended", async () => {
    const haproxy = await haproxyWith();
    const { answer } = await hold(haproxy, "a");
    const call = callOf(behind(haproxy), "a");
    let isOut = false;
    const drained = oneWorker()
      .drain(call)
      .finally(() => (isOut = true));
    await said(call, "drains, 1 session left");
    expect(await answeredBy(haproxy)).toEqual(["b", "c", "d"]);
    expect(isOut).toBe(false);
    site("a").release();
    expect(await drained).toEqual({ sessionsLeft: 0 });
    expect(await answer).toMatchObject({ status: 200, body: "a" });
  });

  it("goes at the drain's deadline, and says how many sessions were left", async () => {
    const haproxy = await haproxyWith();
    const { answer } = await hold(haproxy, "a");
    const call = callOf(behind(haproxy, { drainTimeoutS: 0.3 }), "a");
    expect(await oneWorker().drain(call)).toEqual({ sessionsLeft: 1 });
    expect(call.lines.at(-1)).toBe(
      "1 session left at the deadline, goes on without them",
    );
    site("a").release();
    expect(await answer).toMatchObject({ status: 200, body: "a" });
  });

  it("loses clients that stick to it at the deadline, not their requests", async () => {
    const haproxy = await haproxyWith({
      backend: ["cookie SRV insert"],
      servers: servers((name) => `cookie ${name}`),
    });
    const { answer } = await hold(haproxy, "a");
    const sticky = "SRV=a";
    const call = callOf(behind(haproxy, { drainTimeoutS: 0.3 }), "a");
    const drained = oneWorker().drain(call);
    await said(call);
    expect((await get(haproxy.url, sticky)).body).toBe("a");
    await drained;
    expect((await get(haproxy.url, sticky)).body).not.toBe("a");
    await oneWorker().undrain(call);
    expect((await get(haproxy.url, sticky)).body).toBe("a");
    site("a").release();
    await answer;
  });

  it("lets as many leave together as may", async () => {
    const haproxy = await haproxyWith();
    const worker = oneWorker();
    const halves = behind(haproxy, { maxOut: "50%" });
    await Promise.all(
      ["a", "b"].map((name) => worker.drain(callOf(halves, name))),
    );
    await haproxy.until({ a: "DRAIN", b: "DRAIN", c: "UP", d: "UP" });
  });

  it("waits while servers are down by their health checks", async () => {
    const haproxy = await haproxyWith();
    site("c").healthy = site("d").healthy = false;
    await haproxy.until({ c: "DOWN", d: "DOWN" });
    const call = callOf(behind(haproxy, { maxOut: "50%" }), "a");
    const drained = oneWorker().drain(call);
    await said(
      call,
      `waits: 2 of 4 servers of app are out at ${haproxy.socket}, 2 may be`,
    );
    expect((await haproxy.statuses()).a).toBe("UP");
    site("c").healthy = true;
    expect(await drained).toEqual({ sessionsLeft: 0 });
  });

  it("gives its turn up after the turn's limit, and is still in", async () => {
    const haproxy = await haproxyWith();
    site("b").healthy = false;
    await haproxy.until({ b: "DOWN" });
    const settings = { turnTimeoutS: 1 };
    const call = callOf(behind(haproxy, settings), "a");
    await expect(oneWorker().drain(call)).rejects.toMatchObject({
      type: "balancer.tooManyOut",
      failureClass: "wait",
      seen: `no turn to leave within 1 s: 1 of 4 servers of app are out at ${haproxy.socket}, 1 may be`,
    });
    expect((await haproxy.statuses()).a).toBe("UP");
  });

  it("needs no turn when it is down itself", async () => {
    const haproxy = await haproxyWith();
    site("a").healthy = site("b").healthy = false;
    await haproxy.until({ a: "DOWN", b: "DOWN" });
    await oneWorker().drain(callOf(behind(haproxy), "a"));
    site("a").healthy = true;
    await haproxy.until({ a: "DRAIN" });
  });

  it("stays in the maintenance that a person put it into", async () => {
    const haproxy = await haproxyWith();
    await haproxy.ask("set server app/a state maint");
    await oneWorker().drain(callOf(behind(haproxy), "a"));
    expect((await haproxy.statuses()).a).toBe("MAINT");
  });

  it("leaves backup servers out of the count", async () => {
    const haproxy = await haproxyWith({
      servers: servers((name) => (name === "d" ? "backup" : "")),
    });
    site("d").healthy = false;
    await haproxy.until({ d: "DOWN" });
    await oneWorker().drain(callOf(behind(haproxy), "a"));
    await haproxy.until({ a: "DRAIN" });
  });

  it("is back when the balancer's own health check calls it up", async () => {
    const haproxy = await haproxyWith();
    const worker = oneWorker();
    await worker.drain(callOf(behind(haproxy), "a"));
    site("a").healthy = false;
    await haproxy.until({ a: "DOWN" });
    const call = callOf(behind(haproxy), "a");
    const back = worker.undrain(call);
    await said(call, `back, not up yet: DOWN (L7STS) at ${haproxy.socket}`);
    site("a").healthy = true;
    await back;
    expect((await haproxy.statuses()).a).toBe("UP");
  });

  it("fails when the balancer never calls it up", async () => {
    const haproxy = await haproxyWith();
    site("a").healthy = false;
    await haproxy.until({ a: "DOWN" });
    const call = callOf(behind(haproxy, { upTimeoutS: 1 }), "a");
    await expect(oneWorker().undrain(call)).rejects.toMatchObject({
      type: "balancer.neverUp",
      failureClass: "human",
      seen: `app/a was not up within 1 s: DOWN (L7STS) at ${haproxy.socket}`,
      hint: expect.stringContaining("what a answers"),
    });
  });

  it("is up at once where the balancer checks nobody", async () => {
    const haproxy = await haproxyWith({ check: false });
    const worker = oneWorker();
    await worker.drain(callOf(behind(haproxy), "a"));
    await worker.undrain(callOf(behind(haproxy), "a"));
    expect(await answeredBy(haproxy)).toEqual(names);
  });

  it("leaves every balancer in front of it, by the strictest count of them", async () => {
    const one = await haproxyWith();
    const other = await haproxyWith();
    await other.ask("set server app/b state maint");
    const both = behindHaproxy({
      sockets: [one.socket, `127.0.0.1:${other.tcpSocketPort}`],
      maxOut: 1,
    });
    const call = callOf(both, "a");
    const drained = oneWorker().drain(call);
    await said(
      call,
      `waits: 1 of 4 servers of app are out at 127.0.0.1:${other.tcpSocketPort}, 1 may be`,
    );
    expect((await one.statuses()).a).toBe("UP");
    await other.ask("set server app/b state ready");
    await drained;
    await Promise.all([one, other].map((each) => each.until({ a: "DRAIN" })));
    await oneWorker().undrain(call);
    await Promise.all([one, other].map((each) => each.until({ a: "UP" })));
  });

  it("is in everywhere again when one of its balancers refuses", async () => {
    const one = await haproxyWith();
    const other = await haproxyWith({ level: "user" });
    const sockets = [one.socket, other.socket];
    await expect(
      oneWorker().drain(callOf(behindHaproxy({ sockets }), "a")),
    ).rejects.toMatchObject({ type: "balancer.denied" });
    await one.until({ a: "UP" });
    expect(one.changes).toEqual([
      { server: "a", isOut: true },
      { server: "a", isOut: false },
    ]);
  });

  it("outlives a restart of the balancer, and is drained by the new one, too", async () => {
    const haproxy = await haproxyWith();
    const { answer } = await hold(haproxy, "a");
    const call = callOf(behind(haproxy), "a");
    const drained = oneWorker().drain(call);
    await said(call);
    await haproxy.end();
    await expect(answer).rejects.toThrow();
    await haproxy.run();
    expect(await drained).toEqual({ sessionsLeft: 0 });
    await haproxy.until({ a: "DRAIN", b: "UP" });
  });

  it("says where nobody listens, to be tried again", async () => {
    const haproxy = await haproxyWith();
    const balancer = behind(haproxy);
    await haproxy.end();
    await expect(
      oneWorker(300).drain(callOf(balancer, "a")),
    ).rejects.toMatchObject({
      type: "balancer.unreachable",
      failureClass: "retry",
      seen: expect.stringContaining(haproxy.socket),
    });
    await haproxy.run();
    await oneWorker().drain(callOf(balancer, "a"));
  });

  it.each([
    ["backend", { backend: "web2" }, "balancer.unknownBackend"],
    ["server", { server: "z" }, "balancer.unknownServer"],
  ])("names a %s that the balancer does not know", async (_, wrong, type) => {
    const haproxy = await haproxyWith();
    const call = callOf(behind(haproxy, wrong), "a");
    const failure = { type, failureClass: "human" };
    await expect(oneWorker().drain(call)).rejects.toMatchObject(failure);
    await expect(oneWorker().undrain(call)).rejects.toMatchObject(failure);
  });

  it("tells when the socket may only look", async () => {
    const haproxy = await haproxyWith({ level: "user" });
    const call = callOf(behind(haproxy), "a");
    await expect(oneWorker().drain(call)).rejects.toMatchObject({
      type: "balancer.denied",
      failureClass: "human",
    });
  });

  it.each(["b state maint;shutdown frontend web", "b\nquit", "b c", ""])(
    "sends nothing for a host called %j",
    async (hostId) => {
      const haproxy = await haproxyWith();
      const call = callOf(behind(haproxy), hostId);
      const failure = { type: "balancer.badName", failureClass: "stop" };
      await expect(oneWorker().drain(call)).rejects.toMatchObject(failure);
      await expect(oneWorker().undrain(call)).rejects.toMatchObject(failure);
      expect(await answeredBy(haproxy)).toEqual(names);
    },
  );

  describe("and a visit that is stopped", () => {
    const stopped = new Error("stopped");

    async function expectStopped(
      wait: (signal: AbortSignal) => [lines: string[], done: Promise<unknown>],
    ): Promise<void> {
      const control = new AbortController();
      const [lines, done] = wait(control.signal);
      const rejected = expect(done).rejects.toBe(stopped);
      await eventually(() => lines.length > 0 || undefined);
      control.abort(stopped);
      await rejected;
    }

    it("waits for its turn no longer", async () => {
      const haproxy = await haproxyWith();
      await haproxy.ask("set server app/b state maint");
      await expectStopped((signal) => {
        const call = callOf(behind(haproxy), "a", signal);
        return [call.lines, oneWorker().drain(call)];
      });
      expect((await haproxy.statuses()).a).toBe("UP");
    });

    it("is in again when not all of its balancers have counted", async () => {
      const one = await haproxyWith();
      const other = await haproxyWith();
      const control = new AbortController();
      const silent = await gateway(other.socket, (commands) => {
        if (!commands.includes("state drain")) return Promise.resolve();
        control.abort(stopped);
        return new Promise(() => undefined);
      });
      const sockets = [one.socket, silent.socket];
      const call = callOf(behindHaproxy({ sockets }), "a", control.signal);
      await expect(oneWorker().drain(call)).rejects.toBe(stopped);
      await silent.stop();
      await one.until({ a: "UP" });
      expect(one.changes).toHaveLength(2);
    });

    it("waits for sessions no longer", async () => {
      const haproxy = await haproxyWith();
      const { answer } = await hold(haproxy, "a");
      await expectStopped((signal) => {
        const call = callOf(behind(haproxy), "a", signal);
        return [call.lines, oneWorker().drain(call)];
      });
      site("a").release();
      await answer;
    });

    it("waits for the health check no longer", async () => {
      const haproxy = await haproxyWith();
      site("a").healthy = false;
      await haproxy.until({ a: "DOWN" });
      await expectStopped((signal) => {
        const call = callOf(behind(haproxy), "a", signal);
        return [call.lines, oneWorker().undrain(call)];
      });
    });
  });

  /** A request that the named site keeps open, and its answer to come. */
  async function hold(haproxy: Haproxy, name: string) {
    const got: Promise<Got>[] = [];
    while (site(name).held === 0) {
      const before = sites.reduce((sum, { held }) => sum + held, 0);
      const answer = get(`${haproxy.url}/hold`);
      answer.catch(() => undefined);
      got.push(answer);
      await eventually(
        () =>
          sites.reduce((sum, { held }) => sum + held, 0) > before || undefined,
      );
    }
    for (const other of sites) if (other.name !== name) other.release();
    await Promise.all(got.slice(0, -1));
    return { answer: got.at(-1) };
  }
});
