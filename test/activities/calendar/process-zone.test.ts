import { runChild } from "../../harness/child";

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
