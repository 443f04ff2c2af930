import { describeWhen } from "../../harness/describe-when";
import {
  bouncerMissing,
  postgresMissing,
} from "../../harness/postgres-cluster";
import { WorkerKills } from "./worker-kills";

describeWhen(postgresMissing() ?? bouncerMissing())(
  "a worker killed by SIGKILL",
  () => {
    let kills: WorkerKills;
    beforeAll(async () => {
      kills = await WorkerKills.start();
    }, 240_000);
    afterAll(() => kills.stop(), 60_000);

    // Each other step, and the time box, are the nightly tier's.
    it(
      "when the old primary is fenced, and the next one when the standby is promoted, costs time alone: nothing is lost or left",
      () => kills.surviveBoth("fence", "promote"),
      240_000,
    );
  },
);
