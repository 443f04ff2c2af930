import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  copyKey,
  repositoryKey,
} from "../../../activities/postgres/backup/keys";
import type { ReplicaSetupResult } from "../../../runbooks/replica-setup/contract";
import type { StepRow } from "../../../workflows/procedure/progress";
import type { Milestone } from "../../../workflows/procedure/spec";
import {
  filesIn,
  untilFiles,
} from "../../activities/postgres/backup/backrest-log";
import { backrestMissing } from "../../activities/postgres/backup/repository";
import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";
import { postgresMissing } from "../../harness/postgres-cluster";
import { virtualNow } from "../../harness/temporal";
import type { ReplicaHandle } from "./replica-rig";
import {
  evenings,
  startWindowsRig,
  until,
  type WindowsRig,
} from "./windows-rig";

/** The second evening is long enough to end the backup, whose rest comes quickly, and too short for the restore. */
const { windows, calendars } = evenings(20_000, 45_000);
const [first, second, third] = windows;
/** Bytes a second: of some 30 MB a window sees a part. */
const slow = { backup: 700_000, restore: 250_000 };
const unlimited = 0;
/** Between the close and the proof that nothing runs, with its looks at two hosts. */
const stoppingMs = 20_000;

describeWhen(postgresMissing() ?? backrestMissing())(
  "a copy by pgBackRest that is longer than its window",
  () => {
    let rig: WindowsRig;
    beforeAll(async () => {
      rig = await startWindowsRig(calendars);
    }, 180_000);
    afterAll(() => rig.stop(), 60_000);
    beforeEach(() => {
      rig.backup.set(slow.backup);
      rig.restore.set(slow.restore);
    });

    const backedUp = (run: ReplicaHandle, generation: number) => {
      const key = repositoryKey(rig.orderOf(run, generation), "backup");
      return [rig.lab, "primary", key] as const;
    };
    const restored = (run: ReplicaHandle, generation: number) =>
      [rig.lab, "replica", copyKey(rig.orderOf(run, generation))] as const;
    const untilCopy = async (
      run: ReplicaHandle,
      question: (row: StepRow) => boolean,
    ): Promise<void> => {
      await rig.until(run, ({ steps }) =>
        steps.some((row) => row.id === "copy" && question(row)),
      );
    };
    const stopped = ({ standing }: StepRow) =>
      standing === "stopped until its window";
    /** Nothing of the copy on the hosts, nor of it and its WAL on the primary. */
    const expectQuiet = async (): Promise<void> => {
      for (let look = 0; look < 8; look++) {
        expect(rig.repository.working()).toEqual([]);
        expect(
          await rig.lab.primary.sql(
            "select count(*) from pg_stat_activity where backend_type = 'walsender' or application_name like 'pgBackRest%'",
          ),
        ).toBe("0");
      }
    };
    const left = async (): Promise<string> => {
      const { workFolder, dataDirectory } = rig.lab.servers.replica;
      const folders = [`${workFolder}/attempts`, `${workFolder}/scratch`];
      const find = `find "$@" -mindepth 1 2>/dev/null; :`;
      const argv = ["sh", "-c", find, "sh", ...folders, dataDirectory] as const;
      const slots = "select slot_name from pg_replication_slots";
      const found = await rig.lab.replica.run(argv);
      return `${found}${await rig.lab.primary.sql(slots)}`.trim();
    };
    const milestonesOf = ({ report }: ReplicaSetupResult): Milestone[] => {
      const file = join(rig.folder, "artifacts", report?.json.key ?? "");
      const { milestones } = JSON.parse(readFileSync(file, "utf8")) as {
        milestones: Milestone[];
      };
      return milestones;
    };

    it("is stopped at each close, told of before, and goes on with what is whole, until a verified standby streams", async () => {
      const run = await rig.copying();
      await until(run, first.opens);
      await untilFiles(...backedUp(run, 1), "backed up", 3);
      await untilCopy(run, stopped);
      await expectQuiet();
      const whole = filesIn(...backedUp(run, 1), "backed up");
      rig.backup.set(unlimited);

      await until(run, second.opens);
      await untilFiles(...restored(run, 2), "restored", 3);
      expect(rig.repository.working()).not.toEqual([]);
      const resumed = filesIn(...backedUp(run, 2), "resumed");
      expect(resumed.length).toBeGreaterThanOrEqual(whole.length - 1);
      expect(whole).toEqual(expect.arrayContaining(resumed));
      await untilCopy(run, stopped);
      await expectQuiet();
      const there = filesIn(...restored(run, 2), "restored");
      rig.restore.set(unlimited);

      await until(run, third.opens);
      await rig.gate(run, "ready");
      const found = filesIn(...restored(run, 3), "found whole");
      expect(found).toEqual(expect.arrayContaining(there));
      const again = filesIn(...restored(run, 3), "restored");
      expect(again.filter((file) => there.includes(file))).toEqual([]);
      expect(filesIn(...backedUp(run, 3), "backed up")).toEqual([]);
      expect(
        await rig.lab.primary.sql("select state from pg_stat_replication"),
      ).toBe("streaming");
      await rig.answer(run, "ready", "roll back");

      const result = await run.result();
      expect(result.outcome).toBe("rolled back");
      expect(await left()).toBe("");
      const milestones = milestonesOf(result);
      const begun = milestones.filter(
        (one) => one.kind === "step started" && one.step === "copy",
      );
      expect(begun).toHaveLength(3);
      for (const [index, { opens }] of windows.entries()) {
        const late = (begun[index]?.at ?? 0) - opens;
        expect(late).toBeGreaterThanOrEqual(0);
        expect(late).toBeLessThan(stoppingMs);
      }
      for (const [{ opens, closes }, { opens: goesOnAt }] of [
        [first, second],
        [second, third],
      ] as const) {
        const told = milestones.filter(
          (one) => one.kind === "slip" && one.windowEnd === closes,
        );
        expect(told).toContainEqual(
          expect.objectContaining({ step: "copy", goesOnAt }),
        );
        for (const { at } of told) {
          expect(at).toBeGreaterThanOrEqual(opens);
          expect(at).toBeLessThan(closes);
        }
      }
      const report = await rig.reportOf(result);
      const proofs = report.matchAll(
        /^- (\S+Z) Copy the primary has stopped: nothing of it runs$/gm,
      );
      const proven = [...proofs].map(([, at = ""]) => Date.parse(at));
      expect(proven).toHaveLength(2);
      for (const [index, { closes }] of [first, second].entries()) {
        const late = (proven[index] ?? 0) - closes;
        expect(late).toBeGreaterThanOrEqual(0);
        expect(late).toBeLessThan(stoppingMs);
      }
      expect(report).toContain("- record `verifications/");
    }, 300_000);

    it("is stopped as soon as its host can be reached again, when the link was cut at the close", async () => {
      const run = await rig.copying();
      await until(run, first.opens);
      await untilFiles(...backedUp(run, 1), "backed up", 3);
      await eventually(async () => {
        const now = await virtualNow(run);
        return now.getTime() > first.closes - 1_500 ? true : undefined;
      });
      await rig.lab.hosts.setFault("primary:refuse");
      await rig.lab.hosts.happen("primary", "reset");
      await untilCopy(run, ({ line = "" }) =>
        line.startsWith("is not stopped yet, and is tried again: "),
      );
      expect(rig.repository.working()).not.toEqual([]);
      await rig.lab.hosts.clearFaults();
      await until(run, (await virtualNow(run)).getTime() + 31_000);
      await untilCopy(run, stopped);
      await expectQuiet();

      await until(run, second.opens);
      await untilFiles(...backedUp(run, 2), "resumed", 1);
      await run.signal("abort", { by: "test" });
      const result = await run.result();
      expect(result.outcome).toBe("aborted");
      await expectQuiet();
      expect(await left()).toBe("");
      const report = await rig.reportOf(result);
      expect(report).toMatch(
        /Copy the primary stops: its window has closed\n(.*\n)*.*Copy the primary is not stopped yet, and is tried again: .*primary.*\n(.*\n)*.*Copy the primary has stopped: nothing of it runs/,
      );
    }, 300_000);
  },
);
