import { runChild } from "../../harness/child";

jest.setTimeout(60_000);

const child = require.resolve("./state-child");

async function answerUnder(env: NodeJS.ProcessEnv) {
  return JSON.parse(await runChild(child, [], env).line()) as {
    readonly zone: number;
    readonly answers: unknown;
    readonly error?: string;
  };
}

test("the zone of the process changes no window, no state and no digest", async () => {
  const zones = [
    "UTC",
    "America/New_York",
    "Asia/Kolkata",
    "Pacific/Kiritimati",
  ];
  const told = await Promise.all(zones.map((TZ) => answerUnder({ TZ })));
  expect(told.map(({ zone }) => zone)).toEqual([0, 300, -330, 640]);
  expect(JSON.stringify(told[0]?.answers)).toContain(
    "2026-03-01T20:00Z/2026-03-02T04:00Z",
  );
  for (const { answers } of told) expect(answers).toEqual(told[0]?.answers);
});

test("a zone that the tz data no longer has is told with its calendar, and nothing is guessed", async () => {
  const { error } = await answerUnder({ REMOVED_ZONE: "Australia/Lord_Howe" });
  expect(error).toContain(
    'tz: found "Australia/Lord_Howe", expected an IANA zone that this machine\'s tz data knows',
  );
});

test("tz data that moves an instant makes another digest of the same documents", async () => {
  const [before, after] = await Promise.all([
    answerUnder({}),
    answerUnder({ MOVED_ZONE: "Europe/Sofia=Europe/Vienna" }),
  ]);
  const digests = ({ answers }: typeof before) =>
    (answers as [unknown, { digest: string }][]).map(
      ([, { digest }]) => digest,
    );
  expect(digests(after)[0]).not.toBe(digests(before)[0]);
  expect(digests(after)[1]).toBe(digests(before)[1]);
  expect(JSON.stringify(after.answers)).toContain(
    "2026-03-01T21:00Z/2026-03-02T05:00Z",
  );
});
