import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ApplicationFailure } from "@temporalio/common";
import type { SwitchoverActivities } from "../../../activities/postgres/switchover/port";
import { describeWhen } from "../../harness/describe-when";
import {
  bouncerMissing,
  postgresMissing,
} from "../../harness/postgres-cluster";
import { SwitchRig } from "./switch-rig";

type Name = keyof SwitchoverActivities;

describeWhen(postgresMissing() ?? bouncerMissing())(
  "a switchover whose SSH links are cut in the middle of each step",
  () => {
    let rig: SwitchRig;
    beforeAll(async () => {
      rig = await SwitchRig.start();
    }, 120_000);
    afterAll(() => rig.stop(), 60_000);
    afterEach(() => {
      rig.hooks = {};
    });

    /** While a command of an activity runs on a host, all links of that host are cut: once for each activity's name. */
    function cutEach(): ReadonlySet<Name> {
      const { hosts } = rig.scene.pair.lab;
      const cut = new Set<Name>();
      /** Each command has a process group of its own. */
      const groups = (id: string): string[] =>
        readdirSync(join(hosts.dir, "run/groups")).filter((note) =>
          note.startsWith(`${id}.`),
        );
      rig.hooks.asked = async (name, id, answered) => {
        const before = groups(id);
        let isOver = cut.has(name);
        const over = () => {
          isOver = true;
        };
        void answered.then(over, over);
        while (!isOver && groups(id).every((note) => before.includes(note)))
          await pause(1);
        if (isOver || cut.has(name)) return;
        cut.add(name);
        await hosts.happen(id, "reset");
      };
      return cut;
    }

    it("asks about what it could not measure, and goes on with the others by itself", async () => {
      const roles = rig.roles();
      const cut = cutEach();
      const run = await rig.start();
      const { title } = await rig.gate(run, "failed-look");
      expect(title).toMatch(/Look at both servers, change nothing failed/);
      await rig.answer(run, "failed-look", "retry");
      await rig.answer(run, "switch", "approve");
      expect(await run.result()).toMatchObject({ outcome: "completed" });
      expect([...cut].sort()).toEqual([
        ...["fencePrimary", "guards", "promote", "rejoin"],
        ...["resumeClients", "stopPrimary"],
      ]);
      // What was cut was tried again.
      const once = [...cut].filter((name) => rig.begun(name) < 2);
      expect(once).toEqual([]);
      await rig.scene.settled(roles, "standby");
    }, 120_000);

    it("goes back all the same", async () => {
      const roles = rig.roles();
      const cut = cutEach();
      // Asked for, and nobody knows whether it happened: the standby has to be proven stopped.
      rig.hooks.before = (name) => {
        if (name === "promote")
          throw ApplicationFailure.nonRetryable("broken", "test.broken");
      };
      const run = await rig.start();
      await rig.answer(run, "failed-look", "retry");
      await rig.answer(run, "switch", "approve");
      expect(await run.result()).toMatchObject({ outcome: "went back" });
      expect([...cut]).toEqual(
        expect.arrayContaining([
          ...["reopenPrimary", "resumeClients", "restartStandby"],
        ]),
      );
      await rig.scene.settled(roles, "primary");
    }, 120_000);
  },
);
