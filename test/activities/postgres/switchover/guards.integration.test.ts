import { guards } from "../../../../activities/postgres/switchover/guards";
import { limits } from "../../../harness/switch-drive";
import { describeWhen } from "../../../harness/describe-when";
import {
  bouncerMissing,
  postgresMissing,
} from "../../../harness/postgres-cluster";
import { type PgPair, startPgPair } from "../../../harness/postgres-pair";

jest.setTimeout(180_000);

describeWhen(postgresMissing() ?? bouncerMissing())(
  "guards on real servers",
  () => {
    let pair: PgPair;
    beforeAll(async () => {
      pair = await startPgPair({ pgbouncer: true });
    });
    afterAll(() => pair.stop());

    const red = async () =>
      (await guards(pair.ports, { ...pair.order, limits }))
        .filter(({ verdict }) => verdict !== "pass")
        .map(({ name, verdict }) => `${name} ${verdict}`);

    it("pass", async () => {
      expect(await red()).toEqual([]);
    });

    it("see each thing that would go wrong", async () => {
      const { primary, replica, pgbouncer } = pair.lab;
      await primary.sql("CREATE UNLOGGED TABLE u(n int)", "books");
      await replica.sql(
        "ALTER SYSTEM SET synchronous_standby_names = 'ghost'; SELECT pg_reload_conf()",
      );
      await replica.sql("SELECT pg_wal_replay_pause()");
      await primary.sql("SELECT pg_create_physical_replication_slot('x')");
      await pgbouncer.bouncer.stop();
      expect(await red()).toEqual([
        "standby: replay fail",
        "standby: synchronous replication fail",
        "load: unlogged tables fail",
        "clients error",
      ]);
    });

    it("do not take silence for a pass", async () => {
      await pair.lab.replica.stop();
      const seen = await red();
      expect(seen).toContain("standby error");
      expect(seen).toContain("way back error");
      expect(seen).toContain("replication error");
    });
  },
);
