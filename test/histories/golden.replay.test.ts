import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "@temporalio/worker";
import { replayHistories, workflowBundle } from "../harness/temporal";

const runbook = join(__dirname, "fleet-upgrade");
const versions = readdirSync(runbook);

/** Every way that a run can take has a recording; a lost file is a lost promise. */
const paths = [
  "aborted",
  "budget-continued",
  "canary-denied",
  "cancelled",
  "failed-retried",
  "gate-expired",
  "happy",
  "plan-only",
  "worker-killed",
];

describe.each(versions)("the histories recorded with version %s", (version) => {
  const folder = join(runbook, version);

  it("cover every path", () => {
    const recorded = readdirSync(folder).map((file) =>
      file.replace(/\.json$/, ""),
    );
    expect(recorded.sort()).toEqual(paths);
  });

  it("replay on the code of today", async () => {
    const replayed = await replayHistories(folder, await workflowBundle());
    expect(replayed.map(({ file, error }) => error?.message ?? file)).toEqual(
      paths.map((path) => `${path}.json`),
    );
  }, 60_000);

  it("would not replay on code that asks for another activity", async () => {
    const text = readFileSync(join(folder, "happy.json"), "utf8");
    const changed: unknown = JSON.parse(
      text.replaceAll('"visitHost"', '"visitNobody"'),
    );
    const workflowBundleOfToday = await workflowBundle();
    await expect(
      Worker.runReplayHistory(
        { workflowBundle: workflowBundleOfToday },
        changed,
        "fleet-upgrade:lab:changed",
      ),
    ).rejects.toThrow(/TMPRL1100|nondeterminism/i);
  }, 60_000);
});
