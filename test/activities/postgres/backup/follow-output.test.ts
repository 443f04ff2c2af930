import { followingOutput } from "../../../../activities/postgres/backup/follow-output";
import type { StepProgress } from "../../../../activities/postgres/port";

const gb = 1024 ** 3;
const facts = {
  systemIdentifier: "7",
  major: 15,
  bytes: 100 * gb,
  tablespaces: [],
};

/** A clock of its own and what was told. */
function following(half: "backup" | "restore") {
  const told: StepProgress[] = [];
  let at = 0;
  const hear = followingOutput(
    (progress) => void told.push(progress),
    { facts },
    half,
    () => at,
  );
  return {
    told,
    hearAt: (seconds: number, text: string) => {
      at = seconds * 1_000;
      hear(text);
    },
  };
}

describe("what is told of pgBackRest", () => {
  test("is the first half for a backup, with the restore in its forecast", () => {
    const { told, hearAt } = following("backup");
    hearAt(100, "backup file /a (1GB, 50.00%) checksum\n");
    expect(told.at(-1)).toMatchObject({
      ...{ percent: 25, doneBytes: 50 * gb, etaMs: 100_000 + 200_000 },
      line: expect.stringMatching(
        /^copies its files at 512 MB\/s, into the repository$/,
      ),
    });
  });

  test("is the second half for a restore", () => {
    const { told, hearAt } = following("restore");
    hearAt(100, "restore file /a (1GB, 50.00%) checksum\n");
    expect(told.at(-1)).toMatchObject({
      percent: 75,
      etaMs: 100_000,
      line: expect.stringContaining("from the repository"),
    });
  });

  test("is found in a line that came in two pieces, and told no more than once a second", () => {
    const { told, hearAt } = following("restore");
    hearAt(10, "restore file /a (1GB, 10.");
    expect(told).toHaveLength(0);
    hearAt(11, "00%) checksum\n");
    hearAt(11.5, "restore file /b (1GB, 11.00%) checksum\n");
    expect(told.map(({ percent }) => percent)).toEqual([55]);
  });
});
