import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { levelsOf } from "../../../activities/postgres/verify/levels";
import { describeWhen } from "../../harness/describe-when";
import { postgresMissing } from "../../harness/postgres-cluster";

const main = resolve(__dirname, "../../../dist/bench/main.js");
const run = (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, [main, "replica", ...args]);

describeWhen(postgresMissing())("bench replica", () => {
  it("takes both sides through the same levels, and prints one object as its last line", async () => {
    const args = ["--size-gb=0.02", "--no-forecast", "--json"];
    const { stdout, stderr } = await run(...args);
    const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    expect(last).toEqual({
      ...{ sizeGb: 0.02, oursS: expect.any(Number) },
      ...{ bareS: expect.any(Number), overheadPct: expect.any(Number) },
    });
    const sides = /^round 1: ours .* s, (.*); bare .* s, (.*)$/m.exec(stderr);
    const [ours, bare] = [sides?.[1]?.split(" "), sides?.[2]?.split(" ")];
    expect(ours).toEqual([...levelsOf("full", "promotion")].sort());
    // Nobody who types commands writes a row before the copy, to look for it in the scratch instance.
    expect(bare).toEqual(ours?.filter((level) => level !== "V9"));
  }, 240_000);

  it("names every fault of its options at once", async () => {
    await expect(run("--size-gb=0", "--rounds=x")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/2 faults[^]*sizeGb[^]*rounds/),
    });
  });
});
