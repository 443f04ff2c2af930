import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { describeWhen } from "../../harness/describe-when";
import {
  bouncerMissing,
  postgresMissing,
} from "../../harness/postgres-cluster";

const main = resolve(__dirname, "../../../dist/bench/main.js");
const run = (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, [main, "switchover", ...args]);

describeWhen(postgresMissing() ?? bouncerMissing())("bench switchover", () => {
  it("changes roles under writers, and prints what was lost as its last line", async () => {
    const args = ["--rounds=2", "--size-mb=1", "--json"];
    const { stdout, stderr } = await run(...args);
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toEqual({
      ...{ rounds: 2, acknowledgedLost: 0, onTwoTimelines: 0 },
      writePauseMs: { p50: expect.any(Number), max: expect.any(Number) },
    });
    expect(stderr).toMatch(/round 2: writes paused for \d+ ms/);
  }, 120_000);

  it("names every fault of its options at once", async () => {
    await expect(run("--rounds=0", "--writers=x")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/2 faults[^]*rounds[^]*writers/),
    });
  });
});
