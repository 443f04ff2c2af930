import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "@temporalio/worker";
import { replayHistories, workflowBundle } from "../harness/temporal";
import { readGoldens, wordsOf } from "./golden";

/** Words of each history without which it would be another path. */
export type Paths = Readonly<Record<string, readonly string[]>>;

export interface Replays {
  /** Of the recordings, beside this file; one folder for each version. */
  readonly folder: string;
  readonly paths: Paths;
  /** A word of one recording, and what makes other code of it. */
  readonly changed: {
    readonly path: string;
    readonly from: string;
    readonly to: string;
  };
}

/** Every recorded path of a runbook is the one that its name says, and replays on the code of today. */
export function describeReplays({ folder, paths, changed }: Replays): void {
  const recorded = join(__dirname, folder);
  describe.each(readdirSync(recorded))(
    `the runs of ${folder} recorded with version %s`,
    (version) => {
      const goldens = readGoldens(join(recorded, version));
      const named = (name: string) =>
        goldens.find(({ file }) => file === `${name}.json`);

      it("cover every path and no other", () => {
        const expected = Object.keys(paths).map((name) => `${name}.json`);
        expect(goldens.map(({ file }) => file)).toEqual(expected.sort());
      });

      it.each(Object.entries(paths))(
        "%s is the path that its name says",
        (name, tells) => {
          const golden = named(name);
          const words = golden === undefined ? "" : wordsOf(golden);
          for (const told of tells) expect(words).toContain(told);
        },
      );

      it("replay on the code of today", async () => {
        const bundle = await workflowBundle();
        const replayed = await replayHistories(join(recorded, version), bundle);
        expect(
          replayed.map(({ file, error }) => error?.message ?? file),
        ).toEqual(goldens.map(({ file }) => file));
      }, 120_000);

      it("would not replay on code that asks for another activity", async () => {
        const { path, from, to } = changed;
        const { text = "" } = named(path) ?? {};
        expect(text).toContain(from);
        const other: unknown = JSON.parse(text.replaceAll(from, to));
        const bundle = await workflowBundle();
        await expect(
          Worker.runReplayHistory(
            { workflowBundle: bundle },
            other,
            `${folder}:lab:changed`,
          ),
        ).rejects.toThrow(/TMPRL1100|nondeterminism/i);
      }, 60_000);
    },
  );
}
