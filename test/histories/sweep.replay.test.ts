import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "@temporalio/worker";
import { replayHistories, workflowBundle } from "../harness/temporal";
import { readGoldens, wordsOf } from "./golden";
import { sweepPaths } from "./sweep-paths";

const sweeps = join(__dirname, "sweep");
const versions = readdirSync(sweeps);

describe.each(versions)("the sweeps recorded with version %s", (version) => {
  const folder = join(sweeps, version);
  const goldens = readGoldens(folder);
  const textOf = (name: string) =>
    goldens.find(({ file }) => file === `${name}.json`);

  it("cover every path and no other", () => {
    const expected = Object.keys(sweepPaths).map((name) => `${name}.json`);
    expect(goldens.map(({ file }) => file)).toEqual(expected.sort());
  });

  it.each(Object.entries(sweepPaths))(
    "%s is the path that its name says",
    (name, tells) => {
      const golden = textOf(name);
      const words = golden === undefined ? "" : wordsOf(golden);
      for (const told of tells) expect(words).toContain(told);
    },
  );

  it("replay on the code of today", async () => {
    const replayed = await replayHistories(folder, await workflowBundle());
    expect(replayed.map(({ file, error }) => error?.message ?? file)).toEqual(
      goldens.map(({ file }) => file),
    );
  }, 60_000);

  it("would not replay on code that asks for another activity", async () => {
    const text = textOf("sweep-freed")?.text ?? "";
    const changed: unknown = JSON.parse(
      text.replaceAll('"sweepHosts"', '"sweepNobody"'),
    );
    const bundle = await workflowBundle();
    await expect(
      Worker.runReplayHistory(
        { workflowBundle: bundle },
        changed,
        "sweep:lab:changed",
      ),
    ).rejects.toThrow(/TMPRL1100|nondeterminism/i);
  }, 60_000);
});
