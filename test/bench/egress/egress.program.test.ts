import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { networkLabMissing } from "../../../lab/network/missing";
import { describeWhen } from "../../harness/describe-when";

const main = resolve(__dirname, "../../../dist/bench/main.js");
const run = (...args: readonly string[]) =>
  promisify(execFile)(process.execPath, [main, "egress", ...args]);

describe("bench egress", () => {
  it("names every fault of its options at once", async () => {
    await expect(run("--customers=0", "--hosts=x")).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/2 faults[^]*customers[^]*hosts/),
    });
  });
});

describeWhen(networkLabMissing())("bench egress in a network", () => {
  it("turns connections to new addresses and back, and prints what it cost as its last line", async () => {
    const args = ["--customers=60", "--hosts=4", "--per-second=40", "--json"];
    const { stdout, stderr } = await run(...args);
    const number: unknown = expect.any(Number);
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toEqual({
      ...{ cutOverMs: number, rollbackMs: number, nftLoadMs: number },
      ...{ failedConnections: 0, customers: 60, workerRssMb: number },
    });
    expect(stderr).toMatch(/rollback by a run, from its Update: .* \d+ ms/);
  }, 170_000);
});
