import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  leaveArgv,
  readRemoved,
  readTakeOver,
  removeJobsArgv,
  takeOverArgv,
} from "../../../activities/sweep/free-script";
import { readTraces, tracesArgv } from "../../../activities/sweep/look-script";
import { describeWhen } from "../../harness/describe-when";
import { missing, ScriptHost, shells } from "../host/script-host";

const over = "run-1 fleet-upgrade:prod:CHG-1";
const ours = "run-s sweep:prod:by-hand";
const new_ = "run-2 fleet-upgrade:prod:CHG-2";
const mark = "mark-1";

describe.each(shells)("the host's side of a sweep, by $name", (shell) => {
  describeWhen(missing(shell))("on a host", () => {
    let home: string;
    let path: string;
    beforeEach(() => {
      home = mkdtempSync(join(tmpdir(), "runbooks-sweep-"));
      path = process.env["PATH"] ?? "";
    });
    afterEach(() => rmSync(home, { recursive: true, force: true }));
    const at = (...names: readonly string[]) => join(home, ...names);
    const run = (argv: readonly string[]) => ({
      stdout: execFileSync(shell.command, [...shell.args, ...argv.slice(1)], {
        env: { PATH: path, UPGRADE_RUNBOOKS_HOME: home },
        encoding: "utf8",
        timeout: 10_000,
      }),
    });
    const owner = () => readFileSync(at("owner"), "utf8").trim();
    const claimBy = (who: string) => writeFileSync(at("owner"), `${who}\n`);
    const takeOver = (theirs?: string) =>
      readTakeOver(run(takeOverArgv(mark, ours, theirs)), mark);

    it("takes the host over from the run that was read, and leaves it", () => {
      claimBy(over);
      expect(takeOver(over)).toEqual({ taken: true });
      expect(owner()).toBe(ours);
      // Again, as a retry does.
      expect(takeOver(over)).toEqual({ taken: true });
      expect(readdirSync(home)).toEqual(["owner"]);
      run(leaveArgv(ours));
      expect(existsSync(at("owner"))).toBe(false);
    });

    it("takes a host that is nobody's", () => {
      expect(takeOver()).toEqual({ taken: true });
      expect(owner()).toBe(ours);
    });

    it.each([over, undefined])(
      "leaves a run alone that has claimed the host since, read before as %s",
      (theirs) => {
        claimBy(new_);
        expect(takeOver(theirs)).toEqual({ by: new_ });
        expect(owner()).toBe(new_);
        run(leaveArgv(ours));
        expect(owner()).toBe(new_);
      },
    );

    it("puts a claim back that came between its look and its move", () => {
      claimBy(over);
      // The old run leaves and a new one claims at the last moment there is.
      const real = spawnSync("sh", ["-c", "command -v mv"], {
        encoding: "utf8",
      }).stdout.trim();
      mkdirSync(at("bin"));
      const words = ["#!/bin/sh", `echo '${new_}' >'${at("owner")}'`];
      writeFileSync(
        at("bin", "mv"),
        [...words, `exec ${real} "$@"`].join("\n"),
      );
      chmodSync(at("bin", "mv"), 0o755);
      path = `${at("bin")}:${path}`;
      expect(takeOver(over)).toEqual({ by: new_ });
      expect(owner()).toBe(new_);
      expect(readdirSync(home).sort()).toEqual(["bin", "owner"]);
    });

    const job = (id: string, key: string, ...files: readonly string[]) => {
      mkdirSync(at("jobs", id), { recursive: true });
      const head = ["# A detached job.", "# digest x", `# key "${key}"`, ""];
      writeFileSync(at("jobs", id, "run.1"), head.join("\n"));
      for (const file of files)
        writeFileSync(at("jobs", id, file), "99 2 100 4 1 d\nboot\n");
    };

    it("tells what stands there, and whose it is, as visits leave it", async () => {
      const host = new ScriptHost(shell);
      const rm = home;
      home = host.home;
      await host.ask("run-1", [
        { verb: "claim", owner: over },
        { verb: "begun", jobs: [] },
        { verb: "before", line: "echo 1.0" },
        { verb: "drained", step: "balancer-drain", owner: over },
      ]);
      job("a", "run-1/web-1/drain/1", "claim", "exit.0.140");
      job(
        "b",
        "run-1/web-1/put back.7.undrain/2",
        "claim",
        "stop.cancelled.150",
      );
      job("c", "run-1/web-1/undo.apply/1");
      mkdirSync(at("jobs", "d.swept"));
      const traces = readTraces(run(tracesArgv(mark)), mark);
      const id = { rootRunId: "run-1" };
      const whose = { ...id, workflowId: "fleet-upgrade:prod:CHG-1" };
      const recent = expect.any(Number);
      expect(traces).toEqual({
        owner: { ...whose, since: recent },
        runs: [{ ...whose, since: recent }],
        drained: [{ ...whose, since: recent }],
        jobs: [
          {
            ...{ ...id, id: "a", key: "run-1/web-1/drain/1", step: "drain" },
            ...{ generation: 1, beganAt: 100_000 },
            ...{ endedAt: 140_000, exitCode: 0 },
          },
          {
            ...{ ...id, id: "b", key: "run-1/web-1/put back.7.undrain/2" },
            ...{ step: "undrain", generation: 2, beganAt: 100_000 },
            stoppedAt: 150_000,
          },
          {
            ...{ ...id, id: "c", key: "run-1/web-1/undo.apply/1" },
            ...{ step: "apply", generation: 1 },
          },
        ],
      });
      for (const { since } of [
        traces?.owner,
        ...(traces?.drained ?? []),
      ].flatMap((one) => (one === undefined ? [] : [one])))
        expect(Date.now() - since).toBeLessThan(60_000);
      host.dispose();
      home = rm;
    });

    it("finds nothing where no run ever was, and takes half an answer for none", () => {
      rmSync(home, { recursive: true });
      const { stdout } = run(tracesArgv(mark));
      const nothing = { runs: [], drained: [], jobs: [] };
      expect(readTraces({ stdout }, mark)).toEqual(nothing);
      const cut = stdout.slice(0, stdout.indexOf("end"));
      expect(readTraces({ stdout: cut }, mark)).toBeUndefined();
      expect(readTraces({ stdout }, "mark-2")).toBeUndefined();
    });

    it("removes folders of jobs that ended before then, and of these only what it was told", () => {
      job("old", "run-1/h/apply/1", "claim", "exit.0.100");
      job("young", "run-1/h/apply/2", "claim", "exit.0.300");
      job("runs", "run-1/h/apply/3", "claim");
      job("other", "run-2/h/apply/1", "claim", "exit.0.100");
      const ids = ["old", "young", "runs"];
      const said = run(removeJobsArgv(mark, 200_000, ids));
      expect(readRemoved(said, mark)).toBe(1);
      expect(readdirSync(at("jobs")).sort()).toEqual([
        "other",
        "runs",
        "young",
      ]);
    });
  });
});
