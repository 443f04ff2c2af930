import { readdirSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "@temporalio/worker";
import { replayHistories, workflowBundle } from "../harness/temporal";
import {
  carriedBy,
  endOf,
  type Golden,
  readGoldens,
  visitsInFlight,
  wordsOf,
} from "./golden";
import { chains, paths } from "./paths";

const runbook = join(__dirname, "fleet-upgrade");
const versions = readdirSync(runbook);

/** Of one payload: what the server takes without a warning, and what ten thousand hosts must fit into. */
const MAX_PAYLOAD_BYTES = 100_000;
const MAX_EVENTS = 4_096;
const MAX_FILE_BYTES = 300_000;

describe.each(versions)("the histories recorded with version %s", (version) => {
  const folder = join(runbook, version);
  const goldens = readGoldens(folder);
  const chain = (name: string): Golden[] =>
    goldens.filter(({ file }) =>
      new RegExp(`^${name}-\\d+\\.json$`).test(file),
    );
  const pathOf = (name: string): Golden[] =>
    goldens.filter(({ file }) => file === `${name}.json`);

  it(`cover every path and no other, in ${goldens.length} files`, () => {
    const expected = [
      ...Object.keys(paths).map((name) => `${name}.json`),
      ...Object.keys(chains).flatMap((name) =>
        // A chain of one is none.
        Array.from(
          { length: Math.max(2, chain(name).length) },
          (_, index) => `${name}-${index + 1}.json`,
        ),
      ),
    ];
    expect(goldens.map(({ file }) => file)).toEqual(expected.sort());
  });

  it.each(Object.entries({ ...paths, ...chains }))(
    "%s is the path that its name says",
    (name, { outcome, tells }) => {
      const runs = [...pathOf(name), ...chain(name)];
      const ends = runs.map(endOf);
      expect(ends.pop()).toBe(outcome);
      expect(ends).toEqual(ends.map(() => "handed over"));
      const words = runs.map(wordsOf).join("\n");
      for (const told of tells) expect(words).toContain(told);
    },
  );

  it("are continued as new with hosts in work, and with an open gate in a pause", () => {
    const inWork = chain("handed-over").filter(
      (run) => endOf(run) === "handed over" && visitsInFlight(run) >= 2,
    );
    expect(inWork).not.toHaveLength(0);
    const paused = chain("handed-over-paused").map(carriedBy);
    expect(paused).toContainEqual(
      expect.stringMatching(/(?=.*"id":"failed-hosts")(?=.*"reason":"lunch")/s),
    );
  });

  it("stay small: payloads, events and files", () => {
    const tooLarge = goldens.filter(
      ({ text, events, payloads }) =>
        text.length > MAX_FILE_BYTES ||
        events.length > MAX_EVENTS ||
        payloads.some(({ length }) => length > MAX_PAYLOAD_BYTES),
    );
    expect(tooLarge.map(({ file }) => file)).toEqual([]);
    // Nothing is measured where nothing is found.
    for (const { payloads } of goldens)
      expect(payloads.length).toBeGreaterThan(10);
  });

  it("publish what a list of runs shows at most every ten seconds, but for the end", () => {
    const gaps = goldens.flatMap(({ events }) => {
      const published = events.filter(
        (event) => event.upsertWorkflowSearchAttributesEventAttributes,
      );
      const at = published.map(({ eventTime }) => Number(eventTime?.seconds));
      return at.slice(1, -1).map((time, index) => time - (at[index] ?? 0));
    });
    expect(gaps).not.toHaveLength(0);
    // The server rounds its times otherwise than the workflow's clock does.
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(9);
  });

  it("wait by few timers, however many hosts are in work: deadlines, the next publication, a gate's expiry, the window", () => {
    const most = goldens.map(({ events }) => {
      let open = 0;
      const counts = events.map((event) => {
        if (event.timerStartedEventAttributes) open++;
        if (event.timerFiredEventAttributes) open--;
        if (event.timerCanceledEventAttributes) open--;
        return open;
      });
      return Math.max(...counts);
    });
    expect(Math.max(...most)).toBeLessThanOrEqual(4);
    expect(Math.max(...most)).toBeGreaterThan(1);
  });

  it(`replay on the code of today, all ${goldens.length}`, async () => {
    const replayed = await replayHistories(folder, await workflowBundle());
    expect(replayed.map(({ file, error }) => error?.message ?? file)).toEqual(
      goldens.map(({ file }) => file),
    );
  }, 120_000);

  it.each(["happy.json", "handed-over-2.json", "rolled-back.json"])(
    "would not replay on code that asks for another activity: %s",
    async (name) => {
      const text = goldens.find(({ file }) => file === name)?.text ?? "";
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
    },
    60_000,
  );
});
