import type { Browser } from "playwright-core";
import { missingChromium, openBrowser, openPage } from "../harness/chromium";
import { describeWhen } from "../harness/describe-when";
import { eventually } from "../harness/eventually";
import { postgresMissing } from "../harness/postgres-cluster";
import { WebUi } from "../harness/web-ui";
import {
  copying,
  type ReplicaHandle,
  type ReplicaRig,
  startReplicaRig,
} from "../runbooks/replica-setup/replica-rig";

const amount = String.raw`[\d.]+ [kMG]?B`;

describeWhen(missingChromium() ?? postgresMissing())(
  "a replica setup in the Temporal Web UI",
  () => {
    let rig: ReplicaRig;
    let browser: Browser;
    let ui: WebUi;
    let run: ReplicaHandle;

    beforeAll(async () => {
      [rig, browser] = await Promise.all([
        startReplicaRig({ ui: true, lab: { fill: { sizeMb: 40 } } }),
        openBrowser(),
      ]);
      ui = new WebUi(await openPage(browser), rig.server.uiUrl ?? "");
      // More than a minute, for an empty cluster is copied, too.
      const backup = { method: "basebackup", maxRateMiB: 1 } as const;
      run = await rig.start({ change: "CHG-4712", backup });
    }, 180_000);
    afterAll(async () => {
      await browser?.close();
      await rig?.stop();
    }, 60_000);

    it("asks to begin with what it has measured", async () => {
      await rig.gate(run, "begin");
      await ui.openRun(run.workflowId);
      const details = await ui.details();
      expect(details).toContain("Waits for");
      expect(details).toMatch(/may it begin\?/);
      await rig.answer(run, "begin", "approve");
    }, 240_000);

    it("says while it copies how much of how much, how long still, and what the slot holds of its cap", async () => {
      await copying(rig);
      const details = await ui.read(/Copy the primary: [1-9]\d* %/);
      expect(details).toMatch(/Step: Copy the primary; \d+ %/);
      expect(details).toMatch(
        new RegExp(
          `▶ Copy the primary: \\d+ %, ${amount} of ${amount}, about .* left, copies its files at ${amount}/s`,
        ),
      );
      expect(details).toMatch(
        new RegExp(
          `slot: holds ${amount} of WAL, \\d+ % of its cap of ${amount}`,
        ),
      );
      expect(details).toMatch(/✓ Create the replication slot/);
      expect(details).toMatch(/· Start the standby/);
      await ui.pictureOfDetails("replica-copying");
    }, 240_000);

    it("says the same in what its activities told last", async () => {
      const pending = await eventually(async () => {
        const shown = await ui.pendingActivities();
        return shown.includes("copies its files") ? shown : undefined;
      }, 60_000);
      expect(pending).toContain("baseBackup");
      expect(pending).toMatch(/"doneBytes": *\d+/);
      expect(pending).toMatch(/"totalBytes": *\d+/);
      expect(pending).toMatch(/"etaMs": *\d+/);
      expect(pending).toContain("watchSlot");
      expect(pending).toMatch(/holds .* of WAL, \d+ % of its cap/);
    }, 240_000);

    it("asks when it is ready, with lag, slot and disk", async () => {
      await rig.gate(run, "ready");
      const details = await ui.read(/standby: streams/);
      expect(details).toMatch(/Step: Ready: watched until somebody decides/);
      expect(details).toContain("streams from a verified backup: what now?");
      expect(details).toMatch(
        new RegExp(
          `standby: streams; ${amount} and \\d+\\.\\d s behind; its slot holds ${amount} of WAL, ${amount} below its cap; ${amount} free`,
        ),
      );
      expect(details).toMatch(/✓ Copy the primary: \d+ s/);
      expect(details).toMatch(/✓ Wait until the standby has caught up/);
      await ui.pictureOfDetails("replica-ready");
    }, 240_000);

    it("ends with its report", async () => {
      await rig.answer(run, "ready", "finish");
      await run.result();
      await ui.openRun(run.workflowId);
      expect(await ui.status()).toBe("COMPLETED");
      expect(await ui.result()).toContain('"completed"');
    }, 240_000);
  },
);
