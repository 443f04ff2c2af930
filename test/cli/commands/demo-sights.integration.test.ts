import { copiedBytes, standbyWords } from "../../../cli/commands/demo-sights";
import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";
import {
  postgresMissing,
  startPgLab,
  type PgLab,
} from "../../harness/postgres-cluster";

jest.setTimeout(180_000);

describeWhen(postgresMissing())(
  "what the servers of a demonstration say",
  () => {
    let lab: PgLab;
    beforeAll(async () => {
      lab = await startPgLab({ fill: { sizeMb: 2 } });
    });
    afterAll(() => lab.stop());

    const copy = (...more: string[]) => {
      const { primary, replica, passfile } = lab;
      const where = `host=${primary.address} port=${primary.port} user=repl passfile=${passfile}`;
      return replica.run([
        ...([
          "pg_basebackup",
          "-d",
          where,
          "-D",
          replica.dataDirectory,
        ] as const),
        ...["-c", "fast", ...more],
      ]);
    };

    test("is how much of a copy that runs has been sent", async () => {
      const { primary } = lab;
      expect(await copiedBytes(primary)).toBeUndefined();
      const copying = copy("-r", "32k").catch(() => "cut");
      const first = await eventually(() => copiedBytes(primary));
      await eventually(
        async () => ((await copiedBytes(primary)) ?? 0) > first || undefined,
      );
      await primary.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_progress_basebackup",
      );
      expect(await copying).toBe("cut");
    });

    test("is that there is neither slot nor standby, and then slot and lag", async () => {
      const { primary, replica } = lab;
      expect(await standbyWords(lab)).toBe("no slot; no standby");
      await primary.sql(
        "SELECT pg_create_physical_replication_slot('s', true)",
      );
      await copy("-R", "-S", "s");
      await replica.start();
      await primary.sql("UPDATE archive SET line = 'new'", "shop");
      await primary.caughtUp(replica);
      expect(
        await replica.sql("SELECT DISTINCT line FROM archive", "shop"),
      ).toBe("new");
      const words = await eventually(async () => {
        const said = await standbyWords(lab);
        return /, 0 bytes and [\d.]+ s behind$/.test(said) ? said : undefined;
      });
      expect(words).toMatch(
        /^slot s is reserved and holds .+; the standby is streaming, 0 bytes and [\d.]+ s behind$/,
      );
    });
  },
);
