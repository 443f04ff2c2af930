import { createSql } from "../../../../activities/postgres/client";
import type {
  CheckName,
  PreflightOrder,
} from "../../../../activities/postgres/preflight/port";
import {
  preflight,
  type PreflightContext,
  recheck,
} from "../../../../activities/postgres/preflight/preflight";
import type { StepProgress } from "../../../../activities/postgres/port";
import { createPrograms } from "../../../../activities/postgres/programs";
import { runMark } from "../../../../activities/postgres/run-mark";
import { createSlot } from "../../../../activities/postgres/slot/create-slot";
import { dropSlot } from "../../../../activities/postgres/slot/drop-slot";
import { createSsh } from "../../../../activities/ssh/ssh";
import { describeWhen } from "../../../harness/describe-when";
import {
  type PgLab,
  postgresMissing,
  startPgLab,
} from "../../../harness/postgres-cluster";

jest.setTimeout(180_000);

const mb = 1_024 * 1_024;
const run = runMark({ workflowId: "replica-setup:t:c", rootRunId: "r1" });

describeWhen(postgresMissing())("preflight on real servers", () => {
  let lab: PgLab;
  let context: PreflightContext;
  const told: StepProgress[] = [];

  beforeAll(async () => {
    lab = await startPgLab({
      fill: { sizeMb: 1, tablespace: true },
    });
    context = {
      ports: { sql: createSql(), programs: createPrograms(createSsh()) },
      signal: new AbortController().signal,
      tell: (progress) => told.push(progress),
    };
  });
  afterAll(() => lab.stop());

  it("finds nothing wrong with a primary and an empty host, but that they are one machine", async () => {
    const { checks, facts } = await preflight(context, order());
    expect(checks.filter(({ verdict }) => verdict !== "pass")).toMatchObject([
      { name: "hosts apart", verdict: "warn" },
    ]);
    expect(checks).toHaveLength(32);
    expect(facts).toMatchObject({
      systemIdentifier: await identifier(),
      ...{ timeline: 1, checksums: true, archiveMode: "off" },
      ...{ maxSlotWalKeepSize: "-1", walSegmentBytes: 16 * mb },
      databases: [{ name: "books" }, { name: "postgres" }, { name: "shop" }],
      tablespaces: [{ name: "cold", location: `${lab.folder}/cold` }],
    });
    expect(facts?.bytes).toBeGreaterThan(20 * mb);
    expect(facts?.slotCapBytes).toBeGreaterThan(100 * mb);
  });

  it("leaves no trace: no table, no slot, no folder", async () => {
    const count =
      "select (select count(*) from pg_namespace where nspname like 'upgrade%') + (select count(*) from pg_replication_slots)";
    expect(await lab.primary.sql(count)).toBe("0");
  });

  it("measures what the primary writes", async () => {
    const limits = { walRateOverMs: 1_500 };
    const measuring = preflight(context, order({ limits }));
    await lab.primary.sql(
      `select pg_logical_emit_message(false, 'x', repeat('x', 24 * ${mb}))`,
    );
    const { facts } = await measuring;
    expect(facts?.walBytesPerS).toBeGreaterThan(3 * mb);
  });

  it("reads the whole primary when it is told to, and says how far it is", async () => {
    const { checks } = await preflight(
      context,
      order({
        deepRead: {
          ...{ generation: 1, timeoutMs: 30_000 },
          maxRateBytes: 16 * mb,
        },
      }),
    );
    expect(checks.at(-1)).toMatchObject({
      ...{ name: "deep read", verdict: "pass" },
      measured: expect.stringMatching(/^every file in \d+ s$/),
    });
    expect(told.at(-1)).toMatchObject({
      ...{ step: "preflight", line: "streaming database files" },
      percent: expect.any(Number),
    });
  });

  describe("once more at the last second", () => {
    it("passes as it did, with the run's own slot and cap by then", async () => {
      const { facts } = await preflight(context, order());
      const place = { sql: context.ports.sql, run, ...lab.servers };
      await createSlot({ ...place, capBytes: 2_048 * mb });
      try {
        const checks = await recheck(context, { ...order(), facts: facts! });
        expect(checks.filter(({ verdict }) => verdict === "fail")).toEqual([]);
        const only: CheckName[] = ["target folder", "slot cap"];
        await expect(
          recheck(context, { ...order(), facts: facts!, only }),
        ).resolves.toMatchObject([
          { name: "target folder" },
          { name: "slot cap", measured: "2 GB" },
        ]);
      } finally {
        await dropSlot(place);
      }
    });

    it("stops at another cluster, or another major version", async () => {
      const { facts } = await preflight(context, order());
      const was = facts!;
      await expect(
        recheck(context, {
          ...order(),
          facts: { ...was, systemIdentifier: "1" },
        }),
      ).rejects.toMatchObject({
        type: "preflight.otherCluster",
        failureClass: "stop",
      });
      await expect(
        recheck(context, { ...order(), facts: { ...was, major: 14 } }),
      ).rejects.toMatchObject({ type: "preflight.otherMajor" });
    });
  });

  const identifier = () =>
    lab.primary.sql("select system_identifier from pg_control_system()");
  const order = (more: Partial<PreflightOrder> = {}): PreflightOrder => ({
    ...{ run, ...lab.servers },
    limits: { walRateOverMs: 0 },
    ...more,
  });
});
