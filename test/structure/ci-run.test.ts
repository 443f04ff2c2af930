import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describeWhen } from "../harness/describe-when";

const noProc =
  process.platform === "linux" ? undefined : "finds processes in /proc only";

/** What each call of npm does, by its words. */
type Npm = Readonly<Record<string, string>>;

/** What jest writes for a tier. */
function report(passed: number, failed: number, skipped: number): string {
  const text = JSON.stringify({
    numPassedTests: passed,
    numFailedTests: failed,
    numPendingTests: skipped,
    numTodoTests: 0,
    numRuntimeErrorTestSuites: 0,
  });
  return `echo '${text}' >"\${words##*--outputFile=}"`;
}

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "runbooks-ci-"));
  mkdirSync(path.join(folder, ".ci"));
  cpSync(
    path.resolve(__dirname, "../../.ci/run"),
    path.join(folder, ".ci/run"),
  );
  const scripts = { test: "", "test:chaos": "", "test:replay": "", lint: "" };
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ scripts }));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(npm: Npm) {
  const cases = Object.entries(npm).map(
    ([words, does]) => `"${words}"*) ${does} ;;`,
  );
  const bin = path.join(folder, "bin");
  mkdirSync(bin);
  writeFileSync(
    path.join(bin, "npm"),
    ["#!/bin/sh", 'words="$*"', 'case "$words" in', ...cases, "esac"].join(
      "\n",
    ),
  );
  chmodSync(path.join(bin, "npm"), 0o755);
  const { status, stdout, stderr } = spawnSync(path.join(folder, ".ci/run"), {
    env: {
      PATH: `${bin}:${process.env["PATH"]}`,
      HOME: folder,
      CI_GRACE_S: "1",
    },
    encoding: "utf8",
    timeout: 30_000,
  });
  return { status, lastLine: stdout.trim().split("\n").at(-1), stdout, stderr };
}

const sound: Npm = {
  "test --": report(10, 0, 1),
  "run test:chaos": report(2, 0, 0),
  "run test:replay": report(4, 0, 0),
};

describeWhen(noProc)(".ci/run", () => {
  it("sums all tiers and steps into its last line", () => {
    const { status, lastLine } = run(sound);
    // System packages, install, format, lint, types, unused code, build, three demos, nothing left running.
    expect(lastLine).toBe(`${16 + 11} passed, 0 failed, 1 skipped`);
    expect(status).toBe(0);
  });

  it("leaves the demo of the egress out, and says why, where there can be no network lab", () => {
    const built = path.join(folder, "dist/lab/network");
    mkdirSync(built, { recursive: true });
    writeFileSync(
      path.join(built, "missing.js"),
      'exports.networkLabMissing = () => "network namespaces take root";',
    );
    const { status, lastLine, stdout } = run(sound);
    expect(stdout).toContain(
      "left out: demo of the egress: network namespaces take root",
    );
    expect(lastLine).toBe(`${16 + 10} passed, 0 failed, 2 skipped`);
    expect(status).toBe(0);
  });

  it("goes on after a failed step, and fails", () => {
    const { status, lastLine, stderr } = run({
      ...sound,
      "run --silent lint": "echo 'no semicolon'; exit 1",
      "run test:replay": `${report(3, 1, 0)}; exit 1`,
    });
    expect(lastLine).toBe("25 passed, 2 failed, 1 skipped");
    expect(stderr).toContain("== lint: FAILED");
    expect(stderr).toContain("== npm run test:replay: FAILED (1)");
    expect(status).toBe(1);
  });

  it("counts a tier that ends without a report as failed", () => {
    const { status, lastLine } = run({ ...sound, "test --": "exit 1" });
    expect(lastLine).toBe("17 passed, 1 failed, 0 skipped");
    expect(status).toBe(1);
  });

  it("stops at once when nothing can be installed", () => {
    const { status, lastLine } = run({ ...sound, ci: "exit 1" });
    expect(lastLine).toBe("1 passed, 1 failed, 0 skipped");
    expect(status).toBe(1);
  });

  it("finds a process that a step left behind, and ends it", () => {
    const { lastLine, stdout } = run({
      ...sound,
      // Out of its step's process group before the step ends, or it would be ended with it.
      "run --silent demo":
        'setsid sleep 612 >/dev/null 2>&1 & until [ "$(ps -o pgid= -p $! | tr -d " ")" = $! ]; do :; done',
    });
    expect(stdout).toMatch(/left running:[^]*sleep 612/);
    expect(lastLine).toBe("26 passed, 1 failed, 1 skipped");
    const left = spawnSync("pgrep", ["-f", "^sleep 612$"]);
    expect(left.status).toBe(1);
  }, 30_000);
});
