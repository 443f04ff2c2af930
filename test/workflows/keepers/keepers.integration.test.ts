import {
  freezeSignals,
  freezesQuery,
} from "../../../workflows/freeze/messages";
import { locksQuery, releaseSignal } from "../../../workflows/lock/messages";
import { eventually } from "../../harness/eventually";
import { KeepersRig } from "./keepers-rig";

jest.setTimeout(180_000);

let rig: KeepersRig;
beforeAll(async () => {
  rig = await KeepersRig.start(80);
}, 180_000);
afterAll(() => rig.stop(), 30_000);

const held = { kind: "held" };
const table = () => rig.locks.query(locksQuery);
const standings = async (): Promise<string[]> =>
  (await table()).map(({ standing }) => standing.kind);
const doubt = (place: string) => ({
  ...{ resources: [`${rig.target}${place}`], reason: "1 host failed" },
});
const frozenIds = async (): Promise<string[]> =>
  (await rig.freezes.query(freezesQuery)).map(({ id }) => id);

describe("the keeper of locks", () => {
  it("calls the next in line, once, and passes over one that is not there any more", async () => {
    const [a, b, c] = [
      await rig.listener(),
      await rig.listener(),
      await rig.listener(),
    ];
    expect(await rig.ask(a, "")).toEqual(held);
    expect(await rig.ask(b, "/web")).toMatchObject({ position: 1 });
    expect(await rig.ask(c, "/web")).toMatchObject({ position: 2 });
    await b.end();
    await rig.tellLocks("leave", { run: a.run });
    expect(await c.until(({ calls }) => calls > 0)).toEqual({ calls: 1 });
    expect(await standings()).toEqual(["called"]);
    expect(await rig.ask(c, "/web")).toEqual(held);
    await rig.tellLocks("leave", { run: c.run });
    expect(await table()).toEqual([]);
    for (const one of [a, c]) await one.end();
  });

  it("keeps who holds, waits and is in doubt over its own hops, and stays when it is cancelled", async () => {
    const [a, b, c] = [
      await rig.listener(),
      await rig.listener(),
      await rig.listener(),
    ];
    await rig.ask(c, "/app");
    await rig.tellLocks("leave", { run: c.run, keep: doubt("/app/app-1") });
    await rig.ask(a, "/web");
    await rig.ask(b, "");
    const before = await table();
    expect(await standings()).toEqual(["kept", "held", "waiting"]);
    await rig.locks.cancel();
    await rig.hop(rig.locks, () => rig.ask(b, ""));
    expect(await table()).toEqual(before);
    await rig.tellLocks("leave", { run: a.run });
    expect(await standings()).toEqual(["kept", "waiting"]);
    const word = { by: "ada", reason: "looked at it" };
    const resource = `${rig.target}/app`;
    await rig.locks.signal(releaseSignal, { ...word, resource, reason: " " });
    await expect(
      rig.tellLocks("release", { ...word, resource, by: "" }),
    ).rejects.toMatchObject({
      cause: { message: expect.stringContaining("by: expected a text") },
    });
    expect(await standings()).toEqual(["kept", "waiting"]);
    await rig.locks.signal(releaseSignal, { ...word, resource });
    expect(await b.until(({ calls }) => calls > 0)).toEqual({ calls: 1 });
    await rig.tellLocks("closed", { run: b.run, end: "completed" });
    expect(await table()).toEqual([]);
    for (const one of [a, b, c]) await one.end();
  });
});

describe("a run that is told of freezes", () => {
  const freeze = { scope: "all", by: "ada", reason: "sale", at: 0 };
  const notice = (version: number, ...ids: string[]) => ({
    ...{ version, freezes: ids.map((id) => ({ ...freeze, id })) },
  });

  it("takes the latest notice, whichever comes first, and one told twice", async () => {
    const run = await rig.listener();
    const known = async (): Promise<string[] | undefined> => {
      const { notice: latest } = await run.until(() => true);
      return latest?.freezes.map(({ id }) => id);
    };
    expect(await known()).toBeUndefined();
    await run.hear(notice(20, "new"));
    await run.hear(notice(10, "old"));
    expect(await known()).toEqual(["new"]);
    await run.hear(notice(20, "new", "same version"));
    expect(await known()).toEqual(["new", "same version"]);
    await run.hear(notice(21));
    expect(await known()).toEqual([]);
    await run.end();
  });

  it("knows what the former run of its chain knew, and no less", async () => {
    const run = await rig.listener(notice(20, "carried"));
    await run.hear(notice(19));
    const heard = await run.until(() => true);
    expect(heard.notice).toEqual(notice(20, "carried"));
    await run.end();
  });
});

describe("the keeper of freezes", () => {
  it("tells runs that watch of what concerns them, and forgets those that are not there any more", async () => {
    const [mine, other] = [await rig.listener(), await rig.listener()];
    const watch = { run: mine.run, resources: [`${rig.target}/web`] };
    const first = await rig.tellFreezes("watch", watch);
    expect(first.freezes).toEqual([]);
    await rig.tellFreezes("watch", { run: other.run, resources: ["else"] });
    const { runs } = await rig.freeze({ id: "one" });
    expect(runs).toEqual([mine.run]);
    await rig.freeze({ id: "two", scope: `${rig.target}/app` });
    const { notice } = await mine.until((heard) => heard.notice !== undefined);
    expect(notice?.freezes).toMatchObject([{ id: "one", by: "ada" }]);
    expect(notice?.version).toBeGreaterThan(first.version);
    await rig.lift("two");
    await rig.lift("one");
    await mine.until((heard) => heard.notice?.freezes.length === 0);
    await mine.end();
    const again = await rig.freeze({ id: "three" });
    expect(again.runs).toEqual([mine.run]);
    await eventually(async () => {
      const { runs: left } = await rig.freeze({ id: "three" });
      return left.length === 0 ? true : undefined;
    });
    await rig.lift("three");
    expect(await other.until(() => true)).toEqual({ calls: 0 });
    await other.end();
  });

  it("ends freezes by themselves, the shorter one first, whichever was set first", async () => {
    const now = Date.now();
    await rig.freeze({ id: "long", until: now + 3_600_000 });
    await rig.freeze({ id: "short", until: Date.now() + 3_000 });
    expect(await frozenIds()).toEqual(["long", "short"]);
    await eventually(async () =>
      (await frozenIds()).length === 1 ? true : undefined,
    );
    expect(await frozenIds()).toEqual(["long"]);
    await rig.lift("long");
  });

  it("keeps freezes, their ends and who watches over its own hops, and stays when it is cancelled", async () => {
    const run = await rig.listener();
    const watch = { run: run.run, resources: [rig.target] };
    await rig.tellFreezes("watch", watch);
    const signal = { scope: rig.target, by: "ada", reason: "sale" };
    await rig.freezes.signal(freezeSignals.freeze, { ...signal, id: "a b" });
    await rig.freezes.signal(freezeSignals.freeze, {
      ...{ ...signal, reason: " ", id: "no reason" },
    });
    const until = Date.now() + 3_600_000;
    await rig.freeze({ id: "ends", blocksUndo: true, until });
    await run.until(({ notice }) => notice?.freezes.length === 2);
    const before = await rig.freezes.query(freezesQuery);
    expect(before.map(({ id }) => id)).toEqual(["a b", "ends"]);
    await rig.freezes.cancel();
    await rig.hop(rig.freezes, () =>
      rig.tellFreezes("unwatch", {
        run: { workflowId: "nobody", rootRunId: "nobody" },
      }),
    );
    expect(await rig.freezes.query(freezesQuery)).toEqual(before);
    await rig.freezes.signal(freezeSignals.unfreeze, { id: "a b", by: "ada" });
    await run.until((heard) => heard.notice?.freezes.length === 1);
    await rig.lift("ends");
    await run.until((heard) => heard.notice?.freezes.length === 0);
    await rig.tellFreezes("unwatch", { run: run.run });
    expect((await rig.freeze({ id: "last" })).runs).toEqual([]);
    await rig.lift("last");
    await run.end();
  });

  it("ends a freeze in the run after a hop, too", async () => {
    await rig.freeze({ id: "over", until: Date.now() + 3_000 });
    await rig.hop(rig.freezes, () =>
      rig.tellFreezes("unwatch", {
        run: { workflowId: "nobody", rootRunId: "nobody" },
      }),
    );
    await eventually(async () =>
      (await frozenIds()).length === 0 ? true : undefined,
    );
  });
});
