import { existsSync, readFileSync } from "node:fs";
import type {
  PostgresPorts,
  Programs,
} from "../../../../activities/postgres/port";
import { nameOf } from "../../../../activities/postgres/run-mark";
import {
  publishStandby,
  unpublishStandby,
} from "../../../../activities/postgres/standby/publish";
import { startServer } from "../../../../activities/postgres/standby/start-server";
import { fencePrimary } from "../../../../activities/postgres/switchover/fence";
import { reopenPrimary } from "../../../../activities/postgres/switchover/reopen";
import { stopPrimary } from "../../../../activities/postgres/switchover/stop-primary";
import { describeWhen } from "../../../harness/describe-when";
import { postgresMissing } from "../../../harness/postgres-cluster";
import {
  copyTo,
  type PgPair,
  startPgPair,
  streaming,
} from "../../../harness/postgres-pair";

jest.setTimeout(300_000);

/** Hosts on which a script that holds the words dies behind so many of its lines. */
class DyingHosts {
  /** Lines of the script that died last. */
  lines = 0;
  constructor(private readonly programs: Programs) {}

  behind(line: number, words: string): Programs {
    const { programs } = this;
    return {
      run: (...call) => programs.run(...call),
      job: (...call) => programs.job(...call),
      stopJob: (...call) => programs.stopJob(...call),
      isJobRunning: (...call) => programs.isJobRunning(...call),
      script: (host, call) => {
        if (!call.script.includes(words)) return programs.script(host, call);
        const lines = call.script.split("\n");
        this.lines = lines.length;
        const script = [...lines.slice(0, line), "exit 9"].join("\n");
        return programs.script(host, { ...call, script });
      },
    };
  }
}

describeWhen(postgresMissing())(
  "a host that dies in the middle of a script",
  () => {
    let pair: PgPair;
    let hosts: DyingHosts;
    beforeAll(async () => {
      pair = await startPgPair({ fill: { sizeMb: 1, tablespace: true } });
      hosts = new DyingHosts(pair.ports.programs);
    });
    afterAll(() => pair.stop());

    const dying = (line: number, words: string): PostgresPorts => ({
      ...pair.ports,
      programs: hosts.behind(line, words),
    });

    /** Once for each line, until the script has run whole. */
    async function behindEachLine(
      work: (line: number) => Promise<void>,
    ): Promise<number> {
      hosts.lines = Infinity;
      let line = 0;
      for (; line < hosts.lines; line++) await work(line);
      return line;
    }

    it("has a primary that is fenced whole or opened as it was, behind whichever line", async () => {
      const { ports, order, lab } = pair;
      const file = `${order.primary.dataDirectory}/postgresql.auto.conf`;
      const settings = readFileSync(file, "utf8");
      const fence = "marker=$3 settings=$(cat)";
      const unfence = 'rm -f "$data/standby.signal"';
      let fenced = await stopPrimary(ports.programs, order);
      const lines = await behindEachLine(async (line) => {
        const after = { ...order, stopped: fenced };
        await expect(fencePrimary(dying(line, fence), after)).rejects.toThrow();
        if (line % 2 === 1) await fencePrimary(ports, after);
        const reopen = { ...after, promoteBegun: false };
        await expect(reopenPrimary(ports, reopen)).resolves.toMatchObject({
          open: "primary",
        });
        expect(readFileSync(file, "utf8")).toBe(settings);
        fenced = await stopPrimary(ports.programs, order);
      });
      expect(lines).toBeGreaterThan(15);
      await behindEachLine(async (line) => {
        const after = { ...order, stopped: fenced };
        await fencePrimary(ports, after);
        const reopen = { ...after, promoteBegun: false };
        await expect(
          reopenPrimary(dying(line, unfence), reopen),
        ).rejects.toThrow();
        await expect(reopenPrimary(ports, reopen)).resolves.toMatchObject({
          open: "primary",
        });
        expect(readFileSync(file, "utf8")).toBe(settings);
        fenced = await stopPrimary(ports.programs, order);
      });
      await reopenPrimary(ports, { ...order, promoteBegun: false });
      await streaming(lab.primary);
    });

    it("has a copy that is published or put back, behind whichever line", async () => {
      const { ports, order, run, copy, lab } = pair;
      const { primary, standby: replica } = order;
      const pub = { run, primary, replica, backup: copy, slot: nameOf(run) };
      await unpublishStandby(ports.programs, pub);
      const fresh = { ...pub, backup: await copyTo(lab, run, 2) };
      const publish = () => publishStandby(ports.programs, fresh);
      const unpublish = () => unpublishStandby(ports.programs, fresh);
      const spaces = `${replica.dataDirectory}.tblspc`;
      const lines = await behindEachLine(async (line) => {
        const there = hosts.behind(line, 'mv -T "$attempt" "$data"');
        await expect(publishStandby(there, fresh)).rejects.toThrow();
        if (line % 2 === 1) await publish();
        await unpublish();
        expect(existsSync(spaces)).toBe(false);
        expect(existsSync(replica.dataDirectory)).toBe(false);
      });
      expect(lines).toBeGreaterThan(15);
      await behindEachLine(async (line) => {
        await publish();
        const there = hosts.behind(line, 'mv -T "$data" "$attempt"');
        await expect(unpublishStandby(there, fresh)).rejects.toThrow();
        await unpublish();
        expect(existsSync(spaces)).toBe(false);
      });
      await publish();
      await startServer(ports.programs, { run, server: replica });
      await streaming(lab.primary);
      expect(
        await lab.replica.sql("SELECT count(*) > 0 FROM archive", "shop"),
      ).toBe("t");
    });
  },
);
