import { join } from "node:path";
import type { WorkflowHandle } from "@temporalio/client";
import { freezeSignals, freezesQuery } from "../../workflows/freeze/messages";
import { eventually } from "../harness/eventually";
import { recordChain, recordHistory } from "../harness/temporal";
import { KeepersRig, type Listener } from "../workflows/keepers/keepers-rig";
import { version } from "../../package.json";
import type { KeeperChain, KeeperPath } from "./keeper-paths";

const folder = join(__dirname, "keepers", version);

let rig: KeepersRig;
/** Its keepers hand over after a few events instead of thousands. */
let hasty: KeepersRig;
beforeAll(async () => {
  rig = await KeepersRig.start();
  hasty = await KeepersRig.start(60);
}, 120_000);
afterAll(async () => {
  await rig.stop();
  await hasty.stop();
}, 60_000);

/** Each path begins with a keeper that knows nothing. */
async function save(handle: WorkflowHandle, name: KeeperPath): Promise<void> {
  await handle.terminate("recorded");
  await recordHistory(handle, join(folder, `${name}.json`));
}

async function saveChain(
  { workflowId }: WorkflowHandle,
  runId: string,
  name: KeeperChain,
): Promise<void> {
  const { client } = hasty.server;
  await client.workflow.getHandle(workflowId).terminate("recorded");
  const count = await recordChain(
    ...([client, { workflowId, runId }, join(folder, name)] as const),
  );
  expect(count).toBeGreaterThan(1);
}

const listeners = (count: number, of = rig): Promise<Listener[]> =>
  Promise.all(Array.from({ length: count }, () => of.listener()));
const named = (listener: Listener | undefined): Listener => {
  if (listener === undefined) throw new Error("too few listeners");
  return listener;
};
const leave = (run: Listener) => rig.tellLocks("leave", { run: run.run });
const word = { by: "ada", reason: "mended" };

it("a line for a lock, each called in turn", async () => {
  const [a, b, c] = (await listeners(3)).map(named);
  for (const run of [a, b, c]) await rig.ask(named(run), "/web");
  await leave(named(a));
  await b?.until(({ calls }) => calls > 0);
  await rig.ask(named(b), "/web");
  // Asks again, as whoever waits does from time to time.
  await rig.ask(named(c), "/web");
  await leave(named(b));
  await c?.until(({ calls }) => calls > 0);
  await rig.ask(named(c), "/web");
  await leave(named(c));
  await save(rig.locks, "lock-line");
}, 60_000);

it("a lock that stays on hosts in doubt until a person releases it", async () => {
  const [a, b] = (await listeners(2)).map(named);
  await rig.ask(named(a), "/web");
  const resources = [`${rig.target}/web/web-1`, `${rig.target}/web/web-2`];
  const keep = { resources, reason: "2 hosts failed" };
  await rig.tellLocks("leave", { run: named(a).run, keep });
  await rig.ask(named(b), "/web");
  const release = (place: string) =>
    rig.tellLocks("release", { resource: `${rig.target}${place}`, ...word });
  await expect(release("/app")).rejects.toThrow();
  await release("/web/web-1");
  await rig.locks.signal("release", { resource: `${rig.target}/web`, ...word });
  await b?.until(({ calls }) => calls > 0);
  await rig.ask(named(b), "/web");
  await leave(named(b));
  await save(rig.locks, "lock-kept");
}, 60_000);

it("a lock of a run that is over and never left", async () => {
  const [a, b] = (await listeners(2)).map(named);
  await rig.ask(named(a), "");
  await rig.ask(named(b), "/web");
  await rig.tellLocks("closed", { run: named(a).run, end: "terminated" });
  await rig.ask(named(b), "/web");
  await rig.tellLocks("release", { resource: rig.target, ...word });
  await b?.until(({ calls }) => calls > 0);
  await rig.ask(named(b), "/web");
  await rig.tellLocks("closed", { run: named(b).run, end: "completed" });
  await save(rig.locks, "lock-closed");
}, 60_000);

it("a turn of a run that is not there any more", async () => {
  const [a, b, c] = (await listeners(3)).map(named);
  for (const run of [a, b, c]) await rig.ask(named(run), "");
  await b?.end();
  await leave(named(a));
  await c?.until(({ calls }) => calls > 0);
  await rig.ask(named(c), "");
  await leave(named(c));
  await save(rig.locks, "lock-caller-gone");
}, 60_000);

it("locks over a hop", async () => {
  const [a, b, c] = (await listeners(3, hasty)).map(named);
  const { runId } = await hasty
    .ask(named(c), "/app")
    .then(() => hasty.locks.describe());
  const resources = [`${hasty.target}/app/app-1`];
  const keep = { resources, reason: "1 host failed" };
  await hasty.tellLocks("leave", { run: named(c).run, keep });
  await hasty.ask(named(a), "/web");
  await hasty.hop(hasty.locks, () => hasty.ask(named(b), "/web"));
  await hasty.tellLocks("leave", { run: named(a).run });
  await b?.until(({ calls }) => calls > 0);
  await hasty.ask(named(b), "/web");
  await saveChain(hasty.locks, runId, "lock-handed-over");
}, 60_000);

const watch = (run: Listener, of = rig) =>
  of.tellFreezes("watch", { run: run.run, resources: [of.target] });

it("freezes that are set and lifted, and told to whom they concern", async () => {
  const [a, b] = (await listeners(2)).map(named);
  await watch(named(a));
  await rig.tellFreezes("watch", { run: named(b).run, resources: ["else"] });
  await rig.freeze({ id: "one" });
  await rig.freeze({ id: "two", scope: `${rig.target}/web` });
  await a?.until(({ notice }) => notice?.freezes.length === 2);
  await rig.lift("one");
  await expect(rig.lift("one")).rejects.toThrow();
  await expect(rig.freeze({ id: "x", scope: "a b" })).rejects.toThrow();
  await rig.lift("two");
  await a?.until(({ notice }) => notice?.freezes.length === 0);
  for (const run of [a, b])
    await rig.tellFreezes("unwatch", { run: named(run).run });
  await save(rig.freezes, "freezes-told");
}, 60_000);

it("freezes that end by themselves, the later one set first", async () => {
  const [a] = (await listeners(1)).map(named);
  await watch(named(a));
  await rig.freeze({ id: "long", until: Date.now() + 4_000 });
  await eventually(async () => {
    const { events } = await rig.freezes.fetchHistory();
    const has = events?.some((event) => event.timerStartedEventAttributes);
    return has === true ? true : undefined;
  });
  await rig.freeze({ id: "short", until: Date.now() + 800 });
  await a?.until(({ notice }) => notice?.freezes.length === 2);
  await a?.until(({ notice }) => notice?.freezes.length === 0);
  await save(rig.freezes, "freezes-expired");
}, 60_000);

it("a freeze told to a run that is not there any more", async () => {
  const [a, b] = (await listeners(2)).map(named);
  await watch(named(a));
  await watch(named(b));
  await a?.end();
  await rig.freeze({ id: "one", scope: "all" });
  await b?.until(({ notice }) => notice?.freezes.length === 1);
  await rig.lift("one");
  await b?.until(({ notice }) => notice?.freezes.length === 0);
  await save(rig.freezes, "freezes-watcher-gone");
}, 60_000);

it("freezes by Signal, some of them malformed", async () => {
  const [a] = (await listeners(1)).map(named);
  await watch(named(a));
  const order = { id: "one", scope: "all", by: "ada", reason: "sale" };
  await rig.freezes.signal(freezeSignals.freeze, { ...order, reason: " " });
  await rig.freezes.signal(freezeSignals.freeze, order);
  await a?.until(({ notice }) => notice?.freezes.length === 1);
  const lift = { id: "one", by: "ada" };
  await rig.freezes.signal(freezeSignals.unfreeze, { ...lift, by: "" });
  await rig.freezes.signal(freezeSignals.unfreeze, lift);
  await a?.until(({ notice }) => notice?.freezes.length === 0);
  await save(rig.freezes, "freezes-by-signal");
}, 60_000);

it("freezes over a hop", async () => {
  const [a] = (await listeners(1, hasty)).map(named);
  await watch(named(a), hasty);
  const { runId } = await hasty.freezes.describe();
  await hasty.freeze({ id: "stays", blocksUndo: true });
  await hasty.freeze({ id: "ends", until: Date.now() + 15_000 });
  await a?.until(({ notice }) => notice?.freezes.length === 2);
  await hasty.hop(hasty.freezes, () => watch(named(a), hasty));
  await a?.until(({ notice }) => notice?.freezes.length === 1);
  await hasty.lift("stays");
  await eventually(async () => {
    const left = await hasty.freezes.query(freezesQuery);
    return left.length === 0 ? true : undefined;
  });
  await a?.until(({ notice }) => notice?.freezes.length === 0);
  await saveChain(hasty.freezes, runId, "freezes-handed-over");
}, 90_000);
