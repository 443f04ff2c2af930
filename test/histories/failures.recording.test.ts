import type { FleetUpgradeInput } from "../../runbooks/fleet-upgrade/contract";
import type { FleetHandle } from "../harness/rig";
import type { PathName } from "./paths";
import { Recorder } from "./recorder";

let recorder: Recorder;
beforeAll(async () => {
  recorder = await Recorder.start();
}, 120_000);
afterAll(() => recorder.stop(), 60_000);
afterEach(() => recorder.rig.lab.clearFaults());

/** Of the last three hosts two fail alike, one in another way; all three are set aside within the budget. */
async function failing(
  version: string,
  input: Partial<FleetUpgradeInput> = {},
): Promise<FleetHandle> {
  const [a = "", b = "", c = ""] = recorder.last(3);
  await recorder.fault([a, b], "fail@precheck");
  await recorder.fault([c], "fail@restart");
  const handle = await recorder.run({
    ...{ version, budget: { failures: 3 } },
    ...input,
  });
  await recorder.rig.until(handle, ({ counts }) => counts.quarantined === 3);
  return handle;
}

describe("a person decides about failed hosts", () => {
  const decided: [
    path: PathName,
    version: string,
    choice: string,
    comment: string | undefined,
  ][] = [
    ["failed-retried", "2.0.0", "retry", undefined],
    ["failed-redone", "2.1.0", "redo", undefined],
    ["failed-excluded", "2.2.0", "exclude", undefined],
    ["marked-done", "2.3.0", "mark done", "installed by hand"],
    ["host-rolled-back", "2.4.0", "roll back host", undefined],
  ];
  it.each(decided)(
    "%s",
    async (path, version, choice, comment) => {
      const { rig } = recorder;
      const handle = await failing(version);
      await rig.lab.clearFaults();
      await rig.answer(handle, "failed-hosts", choice, {
        ...(comment === undefined ? {} : { comment }),
      });
      await recorder.save(handle, path);
    },
    120_000,
  );

  it("failed-skipped-by-cause", async () => {
    const { rig } = recorder;
    const handle = await failing("2.5.0");
    const { causes } = await rig.until(
      handle,
      ({ causes }) => causes.length === 2,
    );
    const cause = causes.find(({ count }) => count === 2)?.id ?? "";
    await rig.answer(handle, "failed-hosts", "skip", { cause });
    await rig.until(handle, ({ counts }) => counts.quarantined === 1);
    await rig.answer(handle, "failed-hosts", "exclude");
    await recorder.save(handle, "failed-skipped-by-cause");
  }, 120_000);
});

describe("more hosts fail than the budget allows", () => {
  it.each([
    ["continue", "3.0.0", "budget-continued"],
    ["abort", "3.1.0", "budget-aborted"],
    ["rollback", "3.2.0", "budget-rolled-back"],
  ] as const)(
    "%s",
    async (choice, version, path) => {
      const { rig } = recorder;
      await recorder.fault(recorder.last(1), "fail@restart*1");
      const handle = await recorder.run({
        ...{ version, slots: 2, budget: { failures: 0 } },
      });
      await rig.answer(handle, "budget", choice);
      if (choice === "continue")
        await rig.answer(handle, "failed-hosts", "retry");
      await recorder.save(handle, path);
    },
    120_000,
  );
});

describe("time runs out, or a host does", () => {
  it("on one host, which is set aside", async () => {
    const slow = recorder.last(1);
    await recorder.fault(slow, "slow:60s@apply");
    const handle = await recorder.run({
      ...{ version: "4.0.0", hosts: { ids: [...slow] } },
      ...{ deadlines: { hostS: 2 }, budget: { failures: 1 } },
    });
    await recorder.rig.answer(handle, "failed-hosts", "exclude");
    await recorder.save(handle, "host-deadline");
  }, 120_000);

  it("for all hosts: none succeeds, and the run is told to go on", async () => {
    const slow = recorder.last(1);
    await recorder.fault(slow, "slow:4s@apply*1");
    const handle = await recorder.run({
      ...{ version: "4.1.0", hosts: { ids: [...slow] } },
      deadlines: { progressS: 1 },
    });
    await recorder.rig.answer(handle, "progress", "continue");
    await recorder.save(handle, "progress-deadline-continued");
  }, 120_000);

  it("a host vanishes in the middle of its visit", async () => {
    const [host = ""] = recorder.last(1);
    await recorder.fault([host], "slow:1s@apply");
    const handle = await recorder.run({ version: "4.2.0" });
    await recorder.begun("apply 4.2.0", [host]);
    await recorder.rig.lab.happen(host, "vanish");
    await recorder.save(handle, "host-gone");
  }, 300_000);
});
