import {
  type EgressRig,
  startEgressRig,
} from "../runbooks/egress-migration/egress-rig";
import { cli } from "./run-cli";

let rig: EgressRig;
beforeAll(async () => {
  rig = await startEgressRig();
}, 120_000);
afterAll(() => rig.stop(), 60_000);

const customers = (id: string, ...flags: readonly string[]) =>
  cli(["customers", id, ...flags], { env: rig.env });

describe("runbook customers", () => {
  it("tells who is ready, and who is not and why, while the run waits for a person", async () => {
    rig.network.classes.set("c-3", "drop").set("c-4", "down_on_both");
    const run = await rig.start();
    const { workflowId: id } = run;
    await rig.gate(run, "production");
    expect((await customers(id)).out).toBe(
      "20 customers, none of them asked yet\n",
    );
    await rig.answer(run, "production", "approve");
    await rig.gate(run, "failed-exceptions");
    const { out } = await customers(id);
    expect(out).toContain("20 customers after 2 passes: 18 ready, 1 ");
    expect(out).toContain("Last pass: 18 allowed, 1 drop, 1 down_on_both");
    expect(out).toContain("  c-3 (blocked");
    const { out: csv } = await customers(id, "--csv");
    expect(csv.split("\r\n")).toHaveLength(22);
    expect(csv).toMatch(/^id,url,addresses,canary,state,pass 1/);
    const { out: json } = await customers(id, "--json");
    expect(JSON.parse(json)).toMatchObject({
      count: 20,
      states: { ready: 18, blocked: 1, down: 1 },
    });
    await rig.control(run, "abort");
    await run.result();
    expect((await customers(id)).out).toContain("18 ready");
  }, 120_000);

  it("says what to ask instead of a run that is none", async () => {
    const { code, err } = await customers("egress-migration:lab:none");
    expect(code).not.toBe(0);
    expect(err).toContain("hint: Ask a run of egress-migration");
  }, 60_000);
});
