import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FleetUpgradeInput } from "../../runbooks/fleet-upgrade/contract";
import { Recorder } from "./recorder";

let recorder: Recorder;
beforeAll(async () => {
  recorder = await Recorder.start({ lab: { hosts: 4 } });
}, 120_000);
afterAll(() => recorder.stop(), 60_000);

/** Builds on the first host, and installs what was built on every host. */
function input(version: string): Partial<FleetUpgradeInput> {
  const [builder = ""] = recorder.inOrder;
  const OUT = recorder.rig.folder;
  const script =
    '[ ! -e "$OUT/broken" ] || exit 3; echo "$RUNBOOK_VERSION" >"$OUT/made"';
  const installed = `cp "$RUNBOOK_ARTIFACT" "$OUT/installed.$RUNBOOK_HOST"`;
  const asked = `cat ${OUT}/installed.$RUNBOOK_HOST || echo none`;
  return {
    version,
    contract: {
      minReadyS: 0,
      build: {
        ...{ host: builder, script, env: { OUT } },
        ...{ artifact: `${OUT}/made`, to: `${OUT}/sent.{{host.id}}` },
      },
      steps: {
        apply: { script: installed, env: { OUT } },
        version: { run: ["sh", "-c", asked] },
      },
    },
  };
}
const broken = (): string => join(recorder.rig.folder, "broken");

it("built once, before the first host", async () => {
  const handle = await recorder.run(input("2.0.0"));
  await recorder.save(handle, "built");
}, 120_000);

it("the build fails, is mended and tried again", async () => {
  writeFileSync(broken(), "");
  const handle = await recorder.run(input("3.0.0"));
  await recorder.rig.gate(handle, "build");
  rmSync(broken());
  await recorder.rig.answer(handle, "build", "retry");
  await recorder.save(handle, "build-failed-retried");
}, 120_000);

it("the build fails and is given up", async () => {
  writeFileSync(broken(), "");
  const handle = await recorder.run(input("4.0.0"));
  await recorder.rig.answer(handle, "build", "abort");
  await recorder.save(handle, "build-aborted");
}, 120_000);
