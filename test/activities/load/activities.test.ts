import { once } from "node:events";
import { MockActivityEnvironment } from "@temporalio/testing";
import { DefaultLogger } from "@temporalio/worker";
import { createLoadActivities } from "../../../activities/load/activities";
import { loadError } from "../../../activities/load/errors";
import type {
  LoadHost,
  LoadPort,
  StormOrder,
  StormReport,
} from "../../../activities/load/port";
import { hostSchema } from "../../../activities/inventory/port";
import { sshAccessSchema } from "../../../activities/ssh/port";

const hostOf = (id: string): LoadHost => ({
  id,
  ssh: {
    host: hostSchema.parse({ id, address: "127.0.0.1" }),
    access: sshAccessSchema.parse({}),
  },
});
const orderOf = (id: string): StormOrder => ({
  ...{ host: hostOf(id), key: `run/${id}/stress/1` },
  ...{ destinations: [], holdS: 1, lifeS: 1 },
});
const reportOf = (host: string): StormReport => ({
  host,
  total: {
    ...{ tried: 1, failed: {}, peak: 1, heldS: 1, slowShare: 0 },
    ...{ p50Ms: 1, p99Ms: 1, p999Ms: 1 },
  },
  ...{ destinations: [], opening: [] },
});

const broken = (host: string) =>
  loadError("stormBroke", { seen: `it broke on ${host}`, facts: { host } });

const loadOf = (parts: Partial<LoadPort>): LoadPort => ({
  storm: ({ host }) => Promise.resolve(reportOf(host.id)),
  application: () => Promise.reject(new Error("nobody asked for it")),
  stop: () => Promise.resolve(),
  ...parts,
});

const run = <T>(work: () => Promise<T>): Promise<T> =>
  new MockActivityEnvironment({}, { logger: new DefaultLogger("ERROR") }).run<
    [],
    T,
    () => Promise<T>
  >(work);

test("all hosts storm at once, and their reports keep the order", async () => {
  const begun: string[] = [];
  let go = (): void => undefined;
  const all = new Promise<void>((resolve) => (go = resolve));
  const load = loadOf({
    storm: async ({ host }) => {
      begun.push(host.id);
      if (begun.length === 2) go();
      await all;
      return reportOf(host.id);
    },
  });
  const { runStorm } = createLoadActivities({ load });
  const orders = [orderOf("app-1"), orderOf("app-2")];
  const reports = await run(() => runStorm({ orders }));
  expect(reports.map(({ host }) => host)).toEqual(["app-1", "app-2"]);
});

test("a host that fails lets go of the others, and keeps its type", async () => {
  let letGo = false;
  const load = loadOf({
    storm: async ({ host }, signal) => {
      if (host.id === "app-2") throw broken(host.id);
      if (signal !== undefined) await once(signal, "abort");
      letGo = true;
      throw new Error("detached");
    },
  });
  const { runStorm } = createLoadActivities({ load });
  const orders = [orderOf("app-1"), orderOf("app-2")];
  await expect(run(() => runStorm({ orders }))).rejects.toMatchObject({
    type: "load.stormBroke",
  });
  expect(letGo).toBe(true);
});

test("what can be stopped is stopped before the rest is told", async () => {
  const stopped: string[] = [];
  const load = loadOf({
    stop: async ({ id }) => {
      if (id === "app-1") throw broken(id);
      await Promise.resolve();
      stopped.push(id);
    },
  });
  const { stopLoad } = createLoadActivities({ load });
  const jobs = ["app-1", "app-2", "app-3"].map((id) => ({
    ...{ host: hostOf(id), key: "key" },
  }));
  await expect(run(() => stopLoad({ jobs }))).rejects.toMatchObject({
    type: "load.stormBroke",
  });
  expect(stopped).toEqual(["app-2", "app-3"]);
});
