import { discardScratch } from "../../../../activities/postgres/verify/discard-scratch";
import {
  closeScratch,
  checkPages,
} from "../../../../activities/postgres/verify/close-scratch";
import { compareRows } from "../../../../activities/postgres/verify/compare-rows";
import { dumpScratch } from "../../../../activities/postgres/verify/dump-scratch";
import { openScratch } from "../../../../activities/postgres/verify/open-scratch";
import type { VerifyOrder } from "../../../../activities/postgres/verify/port";
import { verifyManifest } from "../../../../activities/postgres/verify/verify-manifest";
import type { VerifyWork } from "../../../../activities/postgres/verify/work";
import { describeWhen } from "../../../harness/describe-when";
import { postgresMissing } from "../../../harness/postgres-cluster";
import { type BackupRig, startBackupRig } from "../backup/backup-rig";
import { backrestMissing, Repository } from "../backup/repository";

jest.setTimeout(120_000);

describeWhen(postgresMissing() ?? backrestMissing())(
  "the verification of a backup by pgBackRest",
  () => {
    let rig: BackupRig;
    beforeAll(async () => {
      rig = await startBackupRig({ fill: { sizeMb: 1, tablespace: true } });
    });
    afterAll(() => rig.stop());

    it("passes the same levels as one by pg_basebackup", async () => {
      const repository = await Repository.of(rig.lab);
      const taken = await rig.order({
        ...{ slot: undefined, method: repository.method() },
      });
      const order: VerifyOrder = {
        ...{ run: taken.run, replica: taken.replica, generation: 1 },
        ...{ major: taken.facts.major, backup: await rig.take(taken) },
      };
      const work: VerifyWork = {
        deps: {
          ...rig.deps,
          artifacts: { put: never, get: never, peek: never },
          now: Date.now,
        },
        signal: new AbortController().signal,
        tell: () => undefined,
      };
      const results = [...(await verifyManifest(work, order))];
      const { result, scratch } = await openScratch(work, order);
      results.push(result);
      const of = { ...order, scratch: scratch!, primary: taken.primary };
      results.push(await dumpScratch(work, of), await compareRows(work, of));
      await closeScratch(work, of);
      results.push(await checkPages(work, of));
      await discardScratch(work, { ...order, n: 1 });
      expect(
        results.map(({ level, verdict }) => `${level} ${verdict}`).join(", "),
      ).toBe("V1 pass, V2 pass, V3 pass, V5 pass, V7 pass, V8 pass, V4 pass");
    });
  },
);

const never = () => Promise.reject(new Error("no artifacts are asked for"));
