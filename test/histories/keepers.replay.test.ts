import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "@temporalio/worker";
import { replayHistories, workflowBundle } from "../harness/temporal";
import { carriedBy, type Golden, readGoldens, wordsOf } from "./golden";
import { keeperChains, keeperPaths } from "./keeper-paths";

const keepers = join(__dirname, "keepers");
const versions = readdirSync(keepers);

describe.each(versions)("the keepers recorded with version %s", (version) => {
  const folder = join(keepers, version);
  const goldens = readGoldens(folder);
  const chain = (name: string): Golden[] =>
    goldens.filter(({ file }) =>
      new RegExp(`^${name}-\\d+\\.json$`).test(file),
    );

  it(`cover every path and no other, in ${goldens.length} files`, () => {
    const expected = [
      ...Object.keys(keeperPaths).map((name) => `${name}.json`),
      ...Object.keys(keeperChains).flatMap((name) =>
        // A chain of one is none.
        Array.from(
          { length: Math.max(2, chain(name).length) },
          (_, index) => `${name}-${index + 1}.json`,
        ),
      ),
    ];
    expect(goldens.map(({ file }) => file)).toEqual(expected.sort());
  });

  it.each(Object.entries(keeperPaths))(
    "%s is the path that its name says",
    (name, tells) => {
      const golden = goldens.find(({ file }) => file === `${name}.json`);
      const words = golden === undefined ? "" : wordsOf(golden);
      for (const told of tells) expect(words).toContain(told);
    },
  );

  it.each(Object.entries(keeperChains))(
    "%s hands on all that it keeps",
    (name, tells) => {
      const [first] = chain(name);
      const carried = first === undefined ? "" : carriedBy(first);
      for (const told of tells) expect(carried).toContain(told);
    },
  );

  it(`replay on the code of today, all ${goldens.length}`, async () => {
    const replayed = await replayHistories(folder, await workflowBundle());
    expect(replayed.map(({ file, error }) => error?.message ?? file)).toEqual(
      goldens.map(({ file }) => file),
    );
  }, 120_000);

  it.each([
    ["lock-line.json", '"name": "lock"', '"name": "freezes"'],
    ["freezes-told.json", '"name": "freezes"', '"name": "lock"'],
  ])(
    "would not replay as the other keeper: %s",
    async (name, type, other) => {
      const text = goldens.find(({ file }) => file === name)?.text ?? "";
      expect(text).toContain(type);
      const changed: unknown = JSON.parse(text.replaceAll(type, other));
      const bundle = await workflowBundle();
      await expect(
        Worker.runReplayHistory({ workflowBundle: bundle }, changed, "changed"),
      ).rejects.toThrow(/TMPRL1100|nondeterminism/i);
    },
    60_000,
  );
});
