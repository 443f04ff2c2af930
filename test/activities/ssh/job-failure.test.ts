import { failureOfExit } from "../../../activities/ssh/job-failure";

const quiet = { stdout: "", stderr: "" };

test.each([
  ["commandNotFound", { exitCode: 127, ...quiet }],
  ["notPermitted", { exitCode: 126, ...quiet }],
  [
    "notPermitted",
    { exitCode: 1, stdout: "", stderr: "sudo: a password is required\n" },
  ],
  [
    "diskFull",
    { exitCode: 2, stdout: "", stderr: "cp: No space left on device\n" },
  ],
  ["diskFull", { exitCode: 1, ...quiet, diskFull: true }],
  ["lostOnReboot", { exitCode: 143, ...quiet, rebooted: true }],
  ["nonZeroExit", { exitCode: 143, ...quiet, rebooted: false }],
  ["nonZeroExit", { exitCode: 1, ...quiet, rebooted: true }],
])("%s is told by %j", (kind, result) => {
  const failure = failureOfExit(result, "apt-get", "app-07");
  expect(failure?.type).toBe(`ssh.${kind}`);
  expect(failure?.message).not.toMatch(/\{\w+\}/);
});

test("exit code 0 is no failure", () => {
  expect(failureOfExit({ exitCode: 0, ...quiet }, "true", "a")).toBeUndefined();
});

test("the last lines say what the command complained about", () => {
  const stderr = "1\n2\n3\n4\n5\nE: broken\n";
  const failure = failureOfExit(
    { exitCode: 100, stdout: "Reading\n", stderr },
    "apt-get",
    "app-07",
  );
  expect(failure?.seen).toBe(
    "apt-get ended with 100 on app-07:\n2\n3\n4\n5\nE: broken",
  );
  const silent = { exitCode: 1, stdout: "said here\n", stderr: "" };
  expect(failureOfExit(silent, "check", "app-07")?.seen).toContain("said here");
});
