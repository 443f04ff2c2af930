import type { Browser } from "playwright-core";
import { missingChromium, openBrowser, openPage } from "../harness/chromium";
import { describeWhen } from "../harness/describe-when";
import { WebUi } from "../harness/web-ui";
import {
  type EgressRig,
  startEgressRig,
} from "../runbooks/egress-migration/egress-rig";
import type { EgressHandle } from "../runbooks/egress-migration/start-migration";

describeWhen(missingChromium())(
  "an egress migration in the Temporal Web UI",
  () => {
    let rig: EgressRig;
    let browser: Browser;
    let ui: WebUi;
    let run: EgressHandle;

    beforeAll(async () => {
      [rig, browser] = await Promise.all([
        startEgressRig({ ui: true }),
        openBrowser(),
      ]);
      ui = new WebUi(await openPage(browser), rig.server.uiUrl ?? "");
      rig.network.classes.set("c-3", "drop").set("c-4", "limited");
      run = await rig.start({
        change: "CHG-4713",
        stages: { "ramp-50": { holdH: 1 } },
      });
    }, 180_000);
    afterAll(async () => {
      await browser?.close();
      await rig?.stop();
    }, 60_000);

    it("asks for production with the arithmetic and what staging has carried", async () => {
      await rig.gate(run, "production");
      await ui.openRun(run.workflowId);
      const details = await ui.read(/may production begin\?/);
      expect(details).toMatch(/✓ Put more than the peak on staging/);
      expect(details).toContain("From 2 addresses to 4");
      await rig.answer(run, "production", "approve");
    }, 240_000);

    it("names customers by their class before any of them is moved", async () => {
      await rig.gate(run, "failed-exceptions");
      const details = await ui.read(/18 of 20 customers are ready/);
      expect(details).toContain("2 blocked");
      expect(details).toMatch(/c-3 \(blocked/);
      await ui.pictureOfDetails("egress-customers");
      await rig.answer(run, "failed-exceptions", "mark done", "they know");
    }, 240_000);

    it("shows the stage with its peak, and the pressure on each destination", async () => {
      await rig.untilStanding("gw-1", "9/50");
      const details = await ui.read(
        /pressure: no pressure; 80 open, 40 of them/,
      );
      expect(details).toMatch(
        /▶ Send 50 % of the destinations from the new addresses: .*at most \d+ connections open at once, 76 are a peak/,
      );
      expect(details).toMatch(
        /198\.51\.100\.7:443 takes \d+ % of its ports on gw-[12]/,
      );
      expect(details).toMatch(/✓ Send 25 % of the destinations/);
      expect(details).toMatch(/· Release the old addresses/);
      await ui.pictureOfDetails("egress-ramp");
      await rig.control(run, "rollback");
    }, 240_000);

    it("ends with its report", async () => {
      await run.result();
      await ui.openRun(run.workflowId);
      expect(await ui.status()).toBe("COMPLETED");
      expect(await ui.result()).toContain('"rolled back"');
    }, 240_000);
  },
);
