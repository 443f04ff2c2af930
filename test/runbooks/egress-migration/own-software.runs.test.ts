import { missingForSoftware } from "../../activities/egress/application/software";
import { describeWhen } from "../../harness/describe-when";
import { eventually } from "../../harness/eventually";
import {
  addresses,
  type OwnSoftwareRig,
  startOwnSoftwareRig,
} from "./own-software-rig";

const { "app-s": staging, ...production } = addresses;
const fresh = Object.values(production).flatMap((one) => one.new);
const old = Object.values(production).flatMap((one) => one.old);
const secondsOfDay = (count: number): number => count / 86_400;

describeWhen(missingForSoftware)(
  "a migration of software that chooses its own source address",
  () => {
    let rig: OwnSoftwareRig;
    beforeAll(async () => {
      rig = await startOwnSoftwareRig();
    }, 120_000);
    afterAll(() => rig.stop(), 60_000);

    it("moves who is ready under load, leaves who is not, and goes back as far as the old addresses are kept", async () => {
      const [shop, blog, closed] = rig.sites;
      if (!shop || !blog || !closed) throw new Error("three sites");
      closed.letsIn = old;
      const end = await rig.work();
      const run = await rig.start({ drainD: secondsOfDay(2), peakPercent: 50 });
      const { title } = await rig.gate(run, "production");
      expect(title).toContain("staging has carried more than the peak");
      expect(fresh.map((one) => shop.countOf([one]))).toEqual([0, 0]);
      await rig.answer(run, "production", "approve");
      const asked = await rig.gate(run, "failed-exceptions");
      expect(asked.title).toContain("2 of 3 customers are ready");
      const probed = closed.countOf(fresh);
      await rig.answer(run, "failed-exceptions", "mark done", "they know");
      await rig.gate(run, "failed-drain");
      expect(shop.countOf(fresh)).toBeGreaterThan(10);
      expect(blog.countOf(fresh)).toBeGreaterThan(10);
      expect(closed.countOf(fresh)).toBe(probed);
      await rig.answer(run, "failed-drain", "mark done", "they lose it");
      await rig.gate(run, "release");
      // Nothing leaves by an old address any more, whatever its customer lets in.
      await eventually(() => closed.countOf(fresh) > probed || undefined);
      await rig.answer(run, "release", "roll back");
      expect(await run.result()).toMatchObject({ outcome: "rolled back" });
      const before = shop.countOf(old);
      await eventually(() => shop.countOf(old) > before + 10 || undefined);
      const { opened, failed } = await end();
      expect(opened).toBeGreaterThan(200);
      expect(failed).toBe(0);
      expect(shop.countOf([...staging.old, ...staging.new])).toBe(0);
    }, 180_000);
  },
);
