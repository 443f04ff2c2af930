import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SwitchoverInput } from "../../runbooks/switchover/contract";
import { describeWhen } from "../harness/describe-when";
import { eventually } from "../harness/eventually";
import { bouncerMissing, postgresMissing } from "../harness/postgres-cluster";
import { uniqueId } from "../harness/temporal";
import { SwitchRig } from "../runbooks/switchover/switch-rig";
import { cli, type Said } from "./run-cli";

describeWhen(postgresMissing() ?? bouncerMissing())(
  "the command line, at a switchover",
  () => {
    let rig: SwitchRig;
    beforeAll(async () => {
      rig = await SwitchRig.start();
    }, 120_000);
    afterAll(() => rig.stop(), 60_000);

    const run = (argv: readonly string[], input?: object): Promise<Said> =>
      cli(argv, {
        env: { ...rig.env, USER: "ada" },
        ...(input === undefined ? {} : { stdin: JSON.stringify(input) }),
      });

    function inputOf(more: Partial<SwitchoverInput> = {}) {
      const { primary, standby } = rig.roles();
      return {
        ...{ target: "lab", change: uniqueId("chg") },
        ...{ primary: primary.id, standby: standby.id },
        ...{ withoutRecord: "a rehearsal", ...more },
      };
    }

    /** Id of the run, once its gate is open. */
    async function asked(input: object): Promise<string> {
      const argv = ["start", "switchover", "-f", "-", "--execute"];
      const { code, out, err } = await run(argv, input);
      expect({ code, err }).toEqual({ code: 0, err: "" });
      const [, id = ""] = /^Started (\S+)$/m.exec(out) ?? [];
      await eventually(async () => {
        const status = await run(["status", id]);
        return status.out.includes(`decide ${id} switch`) || undefined;
      });
      return id;
    }

    /** The configuration with other words in its section of PostgreSQL. */
    async function configuredWith(more: object): Promise<string> {
      const file = join(rig.folder, "other.json");
      const { targets, ...rest } = JSON.parse(
        await readFile(rig.configFile, "utf8"),
      ) as { targets: { lab: { postgres: object } } };
      const postgres = { ...targets.lab.postgres, ...more };
      const lab = { ...targets.lab, postgres };
      await writeFile(file, JSON.stringify({ ...rest, targets: { lab } }));
      return file;
    }

    it("finds the configuration of the servers sound, and names every fault of another one at once", async () => {
      const sound = await run(["validate"]);
      expect(sound).toMatchObject({ code: 0, err: "" });
      const faulty = { dataDirectory: "/", databases: 1, tls: { mode: "on" } };
      const file = await configuredWith(faulty);
      const { code, out, err } = await run(["validate", "--config", file]);
      expect({ code, out }).toEqual({ code: 2, out: "" });
      for (const path of ["dataDirectory", "databases", "tls.mode"])
        expect(err).toContain(`targets.lab.postgres.${path}`);
    });

    it("plans it with what the guards measure now, and touches nothing", async () => {
      const roles = rig.roles();
      const plan = await run(["plan", "switchover", "-f", "-"], inputOf());
      expect(plan).toMatchObject({ code: 0, err: "" });
      expect(plan.out).toContain("replica takes over from primary on lab");
      expect(plan.out).toContain("Verification: NONE, by the input");
      expect(plan.out).toMatch(/Guards: (\d+) of \1 pass/);
      expect(plan.out).toContain("Workflow id: switchover:lab:chg-");
      await rig.scene.settled(roles, "primary");
    });

    it.each(["plan", "start"])(
      "%s refuses a bad input with all of its faults, and nothing begins",
      async (command) => {
        const bad = inputOf({ standby: "replca", timeBoxS: 10, drainS: 0 });
        const form = await run([command, "switchover", "-f", "-"], bad);
        expect(form).toMatchObject({ code: 2, out: "" });
        expect(form.err).toMatch(/2 faults[^]*timeBoxS[^]*drainS/);
      },
    );

    it("plan names what does not fit the target", async () => {
      const { withoutRecord: _, ...input } = inputOf({ standby: "replca" });
      const { code, err } = await run(["plan", "switchover", "-f", "-"], input);
      expect(code).toBe(2);
      expect(err).toMatch(/2 faults[^]*record:[^]*standby:[^]*replica/);
    });

    it("ends as denied when somebody denies it, which watch says by its exit", async () => {
      const id = await asked(inputOf());
      const said = await run(["decide", id, "switch", "deny"]);
      expect(said).toMatchObject({ code: 0 });
      const watched = await run(["watch", id, "--every", "0.1"]);
      expect(watched).toMatchObject({ code: 6 });
      expect(watched.out).toContain("Ended: denied");
    }, 180_000);

    it("takes it from the start through its question to the report", async () => {
      const roles = rig.roles();
      const id = await asked(inputOf());
      const status = await run(["status", id]);
      expect(status.out).toContain("within 300 s or back: may it begin?");
      expect(status.out).toContain("WITHOUT a record");
      expect(status.out).toContain("✓ Look at both servers, change nothing: ");
      expect(status.out).toContain("· Hold clients back");
      const said = await run(["decide", id, "switch", "approve"]);
      expect(said).toMatchObject({ code: 0 });
      const watched = await run(["watch", id, "--every", "0.1"]);
      expect(watched).toMatchObject({ code: 0 });
      expect(watched.out).toContain("Ended: completed");
      const report = await run(["report", id]);
      expect(report.out).toContain("gate switch: **approve** by ada");
      expect(report.out).toMatch(/Clients could not write for .* \(\d+ ms\)/);
      const csv = await run(["report", id, "--csv"]);
      expect(csv.out).toContain("promote,Promote the standby,done,1,");
      const again = await run(["abort", id, "--reason", "too late"]);
      expect(again).toMatchObject({ code: 5 });
      await rig.scene.settled(roles, "standby");
    }, 180_000);
  },
);
