import { Context } from "@temporalio/activity";
import { describeWhen } from "../../harness/describe-when";
import { postgresMissing } from "../../harness/postgres-cluster";
import { type Links, startLinkedLab } from "../../harness/postgres-links";
import { leftBehind, nothing } from "./left-behind";
import { replicaRigOn, type ReplicaRig } from "./replica-rig";

/** The link over which each step and each undoing of one works; what it hears last there is lost with the link. */
const linkOf: Readonly<Record<string, keyof Links>> = {
  preflight: "replica",
  installAmcheck: "sql",
  createSlot: "sql",
  writeSentinel: "sql",
  baseBackup: "replica",
  pinBackup: "replica",
  verifyManifest: "replica",
  openScratch: "replica",
  readSentinel: "replica",
  publishStandby: "replica",
  startStandby: "replica",
  amcheckScratch: "replica",
  watchLag: "sql",
  compareLocked: "sql",
  sentinelRoundTrip: "sql",
  recordVerification: "replica",
  setSynchronous: "sql",
  standbySight: "replica",
  unsetSynchronous: "sql",
  stopStandby: "replica",
  unpublishStandby: "replica",
  discardScratch: "replica",
  unpinBackup: "replica",
  stopBackup: "replica",
  discardAttempt: "replica",
  removeSentinels: "sql",
  dropSlot: "sql",
  removeAmcheck: "sql",
};
/** A channel opens, a command begins, and then it speaks; SQL logs in first, which takes three. */
const words = { primary: 3, replica: 3, sql: 4 } as const;

describeWhen(postgresMissing())("a link that is cut", () => {
  let rig: ReplicaRig;
  let links: Links;
  const hit: string[] = [];
  beforeAll(async () => {
    const linked = await startLinkedLab();
    links = linked.links;
    rig = await replicaRigOn(Promise.resolve(linked.lab), {
      around: (activities) =>
        Object.fromEntries(
          Object.entries(activities).map(([name, activity]) => [
            name,
            async (...args: never[]) => {
              const link = linkOf[name];
              const { attempt } = Context.current().info;
              if (link === undefined || attempt > 1) return activity(...args);
              const toCome = links[link].cutAt(words[link], link === "sql");
              try {
                return await activity(...args);
              } finally {
                if (toCome.isCut) hit.push(name);
              }
            },
          ]),
        ),
    });
  }, 120_000);
  afterAll(() => rig.stop(), 60_000);

  it("in every step and in every undoing of one changes nothing twice, and the run that is rolled back leaves nothing", async () => {
    const run = await rig.start({
      synchronous: true,
      verify: { locked: [{ database: "shop", tables: ["public.orders"] }] },
    });
    await rig.answer(run, "begin", "approve");
    const { steps } = await rig.until(
      run,
      ({ steps: now }) =>
        now.some(
          ({ id, standing }) =>
            standing === "failed" || (id === "ready" && standing === "in work"),
        ),
      400_000,
    );
    expect(steps.filter(({ failure }) => failure !== undefined)).toEqual([]);
    expect(steps.filter(({ attempt = 1 }) => attempt > 1)).toEqual([]);
    await rig.answer(run, "ready", "roll back");
    expect((await run.result()).outcome).toBe("rolled back");
    expect(Object.keys(linkOf).filter((name) => !hit.includes(name))).toEqual(
      [],
    );
    expect(await leftBehind(rig)).toEqual(nothing);
  }, 600_000);
});
