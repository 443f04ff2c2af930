import { appendFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Recorder } from "./recorder";

let recorder: Recorder;
beforeAll(async () => {
  recorder = await Recorder.start();
  const { configFile } = recorder.rig.lab;
  appendFileSync(configFile, approvals);
  writeFileSync(join(dirname(configFile), "roster.yaml"), roster);
}, 120_000);
afterAll(() => recorder.stop(), 60_000);

const roster = `
people:
  - { name: ada, groups: [ops] }
  - { name: ben, groups: [ops] }
  - { name: dan, aliases: [dan@desk] }
`;
const approvals = `
approvals:
  roster: { file: roster.yaml }
  policies:
    one: { who: [ops], expiresAfterS: 3600 }
    two: { who: [ops], quorum: 2, expiresAfterS: 3600 }
  gates: { start: one, canary: two }
`;
const gated = { canary: { gate: true } };

it("approved by two of the roster, after a stranger was refused", async () => {
  const { rig } = recorder;
  const handle = await recorder.run({ version: "2.0.0", ...gated }, "dan@desk");
  await rig.answer(handle, "start", "approve", { by: "ada" });
  const eve = rig.answer(handle, "canary", "approve", { by: "eve" });
  await eve.catch(() => undefined);
  await rig.answer(handle, "canary", "approve", { by: "ada" });
  const { nonce } = await rig.gate(handle, "canary");
  await handle.signal("approve", { gate: "canary", nonce, by: "ben" });
  await recorder.save(handle, "approved-by-two");
}, 120_000);

it("not let begin", async () => {
  const handle = await recorder.run({ version: "2.1.0", ...gated }, "dan@desk");
  await recorder.rig.answer(handle, "start", "deny", { by: "ben" });
  await recorder.save(handle, "begin-denied");
}, 120_000);
