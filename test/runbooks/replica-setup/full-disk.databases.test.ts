import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describeWhen } from "../../harness/describe-when";
import {
  type PgLab,
  postgresMissing,
  startPgLab,
} from "../../harness/postgres-cluster";
import {
  mountSmall,
  resizeSmall,
  smallDiskMissing,
  unmountSmall,
} from "../../harness/small-disk";
import { leftBehind, nothing } from "./left-behind";
import { copying, replicaRigOn, type ReplicaRig } from "./replica-rig";

/** The replica's folders lie on a file system of their own. */
async function startLabOn(small: (folder: string) => string): Promise<PgLab> {
  const lab = await startPgLab();
  const { primary, replica } = lab.servers;
  const folder = small(lab.folder);
  const servers = {
    primary,
    replica: {
      ...replica,
      dataDirectory: join(folder, "data"),
      workFolder: join(folder, "work"),
    },
  };
  return Object.create(lab, { servers: { value: servers } }) as PgLab;
}

describeWhen(postgresMissing() ?? smallDiskMissing())(
  "a replica's host whose disk fills up during the copy",
  () => {
    let rig: ReplicaRig;
    let small: string;
    beforeAll(async () => {
      const lab = startLabOn((folder) => {
        small = join(folder, "small");
        mkdirSync(small);
        expect(mountSmall(small, 4_096)).toBeUndefined();
        return small;
      });
      rig = await replicaRigOn(lab);
    }, 120_000);
    afterAll(async () => {
      unmountSmall(small);
      await rig.stop();
    }, 120_000);

    it("parks the run with that reason, and leaves nothing once it is rolled back", async () => {
      const run = await rig.start({
        backup: { method: "basebackup", maxRateMiB: 2 },
      });
      await rig.answer(run, "begin", "approve");
      await copying(rig);
      resizeSmall(small, 24);
      const gate = await rig.gate(run, "failed-copy");
      expect(gate.title).toMatch(/[Nn]o space left on device/);
      expect(gate.title).toMatch(/a new attempt copies [\d.]+ .B/);
      await rig.answer(run, "failed-copy", "roll back");
      expect((await run.result()).outcome).toBe("rolled back");
      expect(await leftBehind(rig)).toEqual(nothing);
    }, 240_000);
  },
);
