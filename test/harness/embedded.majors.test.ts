import { describeWhen } from "./describe-when";
import { eventually } from "./eventually";
import { embedded, embeddedMissing, majors } from "./embedded";

describeWhen(embeddedMissing())("servers of all majors", () => {
  test.each(majors)(
    "one of %i speaks SQL, and its copy follows it",
    async (major) => {
      const { cluster, another, stop } = await embedded(major, {
        checksums: major % 2 === 0,
      });
      try {
        expect(
          Number(await cluster.sql("SHOW server_version_num")) / 10_000,
        ).toBeCloseTo(major, 0);
        expect(await cluster.sql("SHOW data_checksums")).toBe(
          major % 2 === 0 ? "on" : "off",
        );
        await cluster.stop();
        const copy = await another("copy");
        await cluster.run([
          "cp",
          "-a",
          cluster.dataDirectory,
          copy.dataDirectory,
        ]);
        await cluster.start();
        await cluster.run([
          "sh",
          "-c",
          'echo "$1" >"$0/postgresql.auto.conf"; : >"$0/standby.signal"',
          copy.dataDirectory,
          `primary_conninfo = 'host=${cluster.socketFolder} port=${cluster.port} user=repl'`,
        ]);
        await copy.start();
        const seen = await eventually(
          async () =>
            (await copy.sql("SELECT status FROM pg_stat_wal_receiver")) ||
            undefined,
        );
        expect(seen).toBe("streaming");
      } finally {
        await stop();
      }
    },
  );
});
