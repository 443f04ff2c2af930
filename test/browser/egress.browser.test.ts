import { join } from "node:path";
import type { Browser } from "playwright-core";
import { missingChromium, openBrowser, openPage } from "../harness/chromium";
import { describeWhen } from "../harness/describe-when";
import { eventually } from "../harness/eventually";
import { WebUi } from "../harness/web-ui";
import {
  type EgressHandle,
  type EgressRig,
  startEgressRig,
} from "../runbooks/egress-migration/egress-rig";

const images = join(__dirname, "../../docs/images");

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

    /** As soon as a person who presses R reads it. */
    const read = (wanted: RegExp): Promise<string> =>
      eventually(async () => {
        const details = await ui.details();
        return wanted.test(details) ? details : undefined;
      }, 120_000);
    /** Writes a picture of the details into the documentation, when asked to. */
    const picture = async (name: string): Promise<void> => {
      if (process.env["UPDATE_SCREENSHOTS"] !== "1") return;
      await ui.page.setViewportSize({ width: 1280, height: 1_250 });
      const box = await ui.page.locator("iframe").last().boundingBox();
      if (box === null) throw new Error("no details on the page");
      const { x, y, width } = box;
      const clip = { x, y, width, height: 1_250 - y };
      await ui.page.screenshot({ path: join(images, `${name}.png`), clip });
    };

    it("asks for production with the arithmetic and what staging has carried", async () => {
      await rig.gate(run, "production");
      await ui.openRun(run.workflowId);
      const details = await read(/may production begin\?/);
      expect(details).toMatch(/✓ Put more than the peak on staging/);
      expect(details).toContain("From 2 addresses to 4");
      await rig.answer(run, "production", "approve");
    }, 240_000);

    it("names customers by their class before any of them is moved", async () => {
      await rig.gate(run, "failed-exceptions");
      const details = await read(/18 of 20 customers are ready/);
      expect(details).toContain("2 blocked");
      expect(details).toMatch(/c-3 \(blocked/);
      await picture("egress-customers");
      await rig.answer(run, "failed-exceptions", "mark done", "they know");
    }, 240_000);

    it("shows the stage with its peak, and the pressure on each destination", async () => {
      await rig.untilStanding("gw-1", "9/50");
      const details = await read(/pressure: no pressure; 80 open, 40 of them/);
      expect(details).toMatch(
        /▶ Send 50 % of the destinations from the new addresses: .*at most \d+ connections open at once, 76 are a peak/,
      );
      expect(details).toMatch(
        /198\.51\.100\.7:443 takes \d+ % of its ports on gw-[12]/,
      );
      expect(details).toMatch(/✓ Send 25 % of the destinations/);
      expect(details).toMatch(/· Release the old addresses/);
      await picture("egress-ramp");
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
