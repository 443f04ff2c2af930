import { ProcedureRig } from "../workflows/procedure/procedure-rig";
import { cli, type CliOptions, type Said } from "./run-cli";

let rig: ProcedureRig;

beforeAll(async () => {
  rig = await ProcedureRig.start();
}, 180_000);
afterEach(() => rig.reset());
afterAll(() => rig.stop(), 30_000);

const run = (
  argv: readonly string[],
  options: CliOptions = {},
): Promise<Said> => cli(argv, { ...options, env: { ...rig.env, USER: "ada" } });

describe("the command line, at a run of steps", () => {
  it("shows each step with its mark, what is done, and what is left", async () => {
    rig.deeds["copy"] = ["hangs"];
    const handle = await rig.run();
    await rig.untilCalled("copy 1.1");
    await rig.tell(handle, "copy", 7_200_000);
    await rig.until(handle, ({ steps }) => steps[2]?.etaMs !== undefined);
    const { out } = await run(["status", handle.workflowId]);
    expect(out).toContain("Step 3. Copy (50 %)");
    expect(out).toMatch(/✓ 1\. Look: \d/);
    expect(out).toMatch(
      /▶ 3\. Copy: about (2 h|1 h 5\d min|120 min) left, works/,
    );
    expect(out).toContain("· 4. Publish");
    const json = await run(["status", handle.workflowId, "--json"]);
    expect(JSON.parse(json.out)).toMatchObject({
      procedure: { kind: "procedure", steps: [{ id: "look" }, {}, {}, {}] },
    });
  });

  it("asks about a failed step, with a line for each choice, and takes the answer", async () => {
    rig.deeds["copy"] = ["fails"];
    const handle = await rig.run();
    const id = handle.workflowId;
    await rig.gate(handle, "failed-copy");
    const { out } = await run(["status", id]);
    expect(out).toContain("✗ 3. Copy: failed, disk is full");
    expect(out).toContain(`runbook decide ${id} failed-copy 'roll back'`);
    const said = await run(["decide", id, "failed-copy", "retry"]);
    expect(said).toMatchObject({ code: 0 });
    const watched = await run(["watch", id, "--every", "0.1"]);
    expect(watched).toMatchObject({ code: 0 });
    expect(watched.out).toContain("Ended: completed: 4 done");
    const report = await run(["report", id]);
    expect(report.out).toContain("# a trial\n\n**completed** after");
    expect(report.out).toContain("gate failed-copy: **retry** by ada");
    const csv = await run(["report", id, "--csv"]);
    expect(csv.out).toContain("copy,3. Copy,done,2,");
  });

  it("pauses, resumes and aborts it, and says in a log what came of that", async () => {
    rig.deeds["slot"] = ["hangs"];
    const handle = await rig.run();
    const id = handle.workflowId;
    await rig.untilCalled("slot 1.1");
    const watching = run(["watch", id, "--every", "0.1"]);
    expect((await run(["pause", id])).out).toContain("paused");
    expect((await run(["status", id])).out).toContain("Halted: paused by ada");
    expect((await run(["resume", id])).out).toContain("resumed");
    const { err, code } = await run(["rollback", id, "--reason", "no room"]);
    expect({ err, code }).toMatchObject({ code: 0 });
    const { out, code: ended } = await watching;
    expect(ended).not.toBe(0);
    expect(out).toMatch(/✓ 1\. Look/);
    expect(out).toContain("Ended: rolled back: ");
  });

  it("refuses what means nothing to such a run, with the reason", async () => {
    rig.deeds["slot"] = ["hangs"];
    const handle = await rig.run();
    const id = handle.workflowId;
    await rig.untilCalled("slot 1.1");
    const reason = ["--reason", "hurry"];
    const override = await run(["override", id, "--hours", "2", ...reason]);
    expect(override.code).not.toBe(0);
    expect(override.err).toContain("this run keeps to no calendar");
    const retune = await run(["retune", id, "--slots", "2"]);
    expect(retune.code).not.toBe(0);
    expect(retune.err).toContain("retune");
  });
});
