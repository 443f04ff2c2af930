import { jobsIn, matchingJobs } from "../../cli/host-jobs";
import { cli } from "./run-cli";

const id = "a".repeat(32);

test("jobs are read from among the greetings of a login shell, each in its state", () => {
  const said = [
    "Welcome to web-01",
    `@job ${id} 1700000000 3 1700000009 - 12 0 "run-1/web-01/apply/2"`,
    `@job ${id} 1700000000 - - - 5 0 "run-2/web-01/restart/1"`,
    `@job ${id} - - - - 0 0 "run-2/web-01/undrain/1"`,
    `@job ${id} 1700000000 143 1700000003 cancelled 0 7 "run-1/web-01/fetch/1"`,
    `@job ${id} 1 2 3 - 0 0 not a key`,
  ].join("\n");
  const jobs = jobsIn(said);
  expect(jobs.map(({ step, state }) => `${step} ${state}`)).toEqual([
    "apply ended",
    "restart running or unknown",
    "undrain not begun",
    "fetch stopped",
  ]);
  expect(jobs[0]).toMatchObject({
    runId: "run-1",
    generation: 2,
    exitCode: 3,
    startedAt: 1_700_000_000,
    endedAt: 1_700_000_009,
    stdoutBytes: 12,
  });
  expect(matchingJobs(jobs, { run: "run-1" })).toHaveLength(2);
  expect(matchingJobs(jobs, { run: "run-2", step: "restart" })).toEqual([
    jobs[1],
  ]);
});

test.each([
  [["logs", "a", "--jobs", "0"], "Expected a whole number from 1 to 100."],
  [["logs"], "missing required argument 'host'"],
  [["logs", "a"], "RUNBOOK_CONFIG"],
  [["converge"], "missing required argument 'host'"],
])("%j is refused, exit 2", async (argv, fault) => {
  const { code, err } = await cli(argv);
  expect(code).toBe(2);
  expect(err).toContain(fault);
});
