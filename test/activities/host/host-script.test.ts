import { execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { readAnswer } from "../../../activities/host/host-answer";
import { type HostVerb, lineOf } from "../../../activities/host/host-call";
import { describeWhen } from "../../harness/describe-when";
import { missing, ScriptHost, shells } from "./script-host";

const mine = "run-1 fleet-upgrade:prod:CHG-1";
const theirs = "run-2 fleet-upgrade:prod:CHG-2";
const claim = (owner: string): HostVerb => ({ verb: "claim", owner });
const release = (owner: string): HostVerb => ({ verb: "release", owner });
const begun = (...jobs: string[]): HostVerb => ({ verb: "begun", jobs });
const sh = (script: string): string => lineOf(["sh", "-c", script], {});
const look = (step: string, script: string): HostVerb => ({
  ...{ verb: "look", step, line: sh(script) },
});
const before = (answer: string, unless?: string): HostVerb => ({
  ...{ verb: "before", unless, line: sh(answer) },
});
const version = (answer: string, wanted?: string): HostVerb => ({
  ...{ verb: "version", wanted, line: sh(answer) },
});
const day = 86_400;
const epoch = (): number => Math.floor(Date.now() / 1_000);

describe.each(shells)("the host's side of a visit, by $name", (shell) => {
  describeWhen(missing(shell))("on a host", () => {
    let host: ScriptHost;
    beforeEach(() => {
      host = new ScriptHost(shell);
    });
    afterEach(() => host.dispose());
    const open = (owner: string, ...jobs: string[]) =>
      host.ask(owner.split(" ")[0] ?? "", [claim(owner), begun(...jobs)]);
    const job = (id: string, ...files: string[]): void => {
      mkdirSync(host.at("jobs", id), { recursive: true });
      // A file, as the job protocol makes it.
      for (const file of files)
        writeFileSync(host.at("jobs", id, file), "999999 2 100 4 5\nboot\n");
    };

    describe("the owner file", () => {
      it("is claimed by the first run, and belongs to it when it comes again", async () => {
        for (let again = 0; again < 2; again++) {
          const answer = await open(mine);
          expect(answer).toMatchObject({ begun: false, open: [] });
          expect(answer.held).toBeUndefined();
        }
        expect(readFileSync(host.at("owner"), "utf8")).toBe(`${mine}\n`);
      });

      it("keeps every other run away, and tells whose the host is", async () => {
        await open(mine);
        const answer = await host.ask("run-2", [
          claim(theirs),
          look("precheck", `touch '${host.at("checked")}'`),
        ]);
        expect(answer.held).toEqual({ by: mine, file: host.at("owner") });
        expect(existsSync(host.at("checked"))).toBe(false);
      });

      it("is taken away by its owner only, and then free for the next", async () => {
        await open(mine);
        await host.ask("run-2", [release(theirs)]);
        expect((await open(theirs)).held).toBeDefined();
        await host.ask("run-1", [release(mine)]);
        expect((await open(theirs)).held).toBeUndefined();
      });

      it("may be released when nobody holds the host", async () => {
        const { stderr } = await host.raw("run-1", [release(mine)]);
        expect(stderr).toBe("");
      });

      it("goes to exactly one of 20 runs that claim the host at once, and leaves nothing else behind", async () => {
        const owners = Array.from(
          { length: 20 },
          (_, n) => `run-${n} workflow`,
        );
        const opened = await Promise.all(owners.map((owner) => open(owner)));
        const winners = opened.flatMap(({ held }, n) =>
          held === undefined ? [owners[n]] : [],
        );
        expect(winners).toHaveLength(1);
        for (const { held } of opened)
          if (held !== undefined) expect(held.by).toBe(winners[0]);
        expect(readdirSync(host.home).sort()).toEqual([
          ...["desired", "drained", "jobs", "owner", "previous"],
        ]);
      });

      it("is for the eyes of its user only, as all that stands beside it", async () => {
        await host.ask("run-1", [claim(mine), begun(), before("echo 1.0")]);
        expect(statSync(host.home).mode & 0o777).toBe(0o700);
      });

      it("stands under the user's home where nothing else is said", async () => {
        const away = { UPGRADE_RUNBOOKS_HOME: undefined, HOME: host.home };
        await host.ask("run-1", [claim(mine)], away);
        const file = host.at(".upgrade-runbooks", "owner");
        expect(readFileSync(file, "utf8")).toBe(`${mine}\n`);
      });

      it("that cannot be made fails with its place, and claims nothing", async () => {
        // A link to nowhere is in the way, and has no owner to read: true for root as well.
        symlinkSync(host.at("nowhere", "at all"), host.at("owner"));
        await expect(open(mine)).rejects.toMatchObject({
          code: 1,
          stderr: expect.stringContaining(host.at("owner")),
        });
      });

      it("does not outlive a disk too full for its words", async () => {
        await open(theirs);
        await host.ask("run-2", [release(theirs)]);
        // The file can be made, and nothing can be written to it.
        const full = `trap "" XFSZ; ulimit -f 0; exec "$@"`;
        host.wrap = ["sh", "-c", full, "sh"];
        await expect(open(mine)).rejects.toMatchObject({ code: 1 });
        expect(existsSync(host.at("owner"))).toBe(false);
      });

      it("that is not written yet when it is looked at is waited for", async () => {
        writeFileSync(host.at("owner"), "");
        const opened = open(mine);
        await new Promise((resolve) => setTimeout(resolve, 100));
        writeFileSync(host.at("owner"), `${theirs}\n`);
        expect((await opened).held?.by).toBe(theirs);
      });
    });

    describe("a run", () => {
      it("has begun once one of its jobs was claimed, and knows which have no end", async () => {
        job("prepared");
        job("claimed", "claim");
        job("ended", "claim", "exit.0.7");
        expect(await open(mine, "none", "prepared")).toMatchObject({
          begun: false,
        });
        expect(
          await open(mine, "prepared", "ended", "claimed", "none"),
        ).toMatchObject({
          ...{ begun: true, open: ["claimed"], isDrained: false },
          claimed: ["ended", "claimed"],
        });
      });

      it("has begun once its balancer was to drain the host, until that is taken back", async () => {
        await host.ask("run-1", [
          claim(mine),
          { verb: "drained", step: "balancer-drain", owner: mine },
        ]);
        expect(await open(mine)).toMatchObject({
          begun: true,
          isDrained: true,
        });
        await host.ask("run-1", [{ verb: "back" }, release(mine)]);
        expect(await open(mine)).toMatchObject({ begun: false });
      });

      it("that has begun nothing leaves the host when it is to undo", async () => {
        const verbs: HostVerb[] = [claim(mine), begun("none")];
        await host.ask("run-1", [...verbs, { verb: "touched" }]);
        expect(existsSync(host.at("owner"))).toBe(false);
        job("one", "claim");
        await host.ask("run-1", [
          ...[claim(mine), begun("one")],
          { verb: "touched" },
        ]);
        expect(existsSync(host.at("owner"))).toBe(true);
      });
    });

    describe("the version before the first effect", () => {
      const asked = (line: HostVerb, ...jobs: string[]) =>
        host.ask("run-1", [claim(mine), begun(...jobs), line]);

      it("is kept once, and known to every later visit of the run", async () => {
        expect(
          await asked(before(`printf ' 1.0\\r\\nbuilt today\\n'`)),
        ).toEqual(
          expect.objectContaining({ previous: "1.0", unchanged: false }),
        );
        expect((await asked(before("echo 1.1"))).previous).toBe("1.0");
        expect((await open(mine)).previous).toBe("1.0");
        await host.ask("run-1", [release(mine)]);
        expect((await open(theirs)).previous).toBeUndefined();
      });

      it("is not asked for once the run has begun", async () => {
        job("one", "claim");
        const touch = `echo 1.0; touch '${host.at("asked")}'`;
        const answer = await asked(before(touch, "1.0"), "one");
        expect(answer.previous).toBeUndefined();
        expect(answer.unchanged).toBe(false);
        expect(existsSync(host.at("asked"))).toBe(false);
      });

      it("is not taken for unchanged when another visit has begun meanwhile", async () => {
        const claimed = host.at("jobs", "one");
        const late = `mkdir '${claimed}'; touch '${claimed}/claim'; echo 2.0`;
        const answer = await asked(before(late, "2.0"), "one");
        expect(answer).toMatchObject({ begun: true, unchanged: false });
        expect(answer.previous).toBeUndefined();
      });

      it("frees the host at once, unchanged, when it is the one that is wanted", async () => {
        const answer = await host.ask("run-1", [
          ...[claim(mine), begun("one"), before("echo 2.0", "2.0")],
          look("precheck", `touch '${host.at("checked")}'`),
        ]);
        expect(answer.unchanged).toBe(true);
        expect(existsSync(host.at("owner"))).toBe(false);
        expect(existsSync(host.at("checked"))).toBe(false);
      });

      it("is unknown when the command fails, whatever it prints", async () => {
        const answer = await asked(before("echo 2.0; exit 3", "2.0"));
        expect(answer.unchanged).toBe(false);
        expect(answer.previous).toBeUndefined();
      });

      it("that was cut short by a crash counts as unknown", async () => {
        await open(mine);
        writeFileSync(host.at("previous", "run-1"), "1.");
        expect((await open(mine)).previous).toBeUndefined();
      });
    });

    describe("commands of steps", () => {
      it("have streams and exit codes of their own, and none runs behind one that fails", async () => {
        const answer = await host.ask("run-1", [
          look("one", "printf out1; printf err1 >&2"),
          look("two", "echo out2; echo err2 >&2; exit 3"),
          look("three", "echo out3"),
        ]);
        expect([...answer.ends]).toEqual([
          ["one", { exitCode: 0, stdout: "out1", stderr: "err1" }],
          ["two", { exitCode: 3, stdout: "out2\n", stderr: "err2\n" }],
        ]);
      });

      it("may flood both streams without a word of the host's being lost", async () => {
        const flood = "yes flooding | head -c 300006; echo last";
        const { nonce, stdout, stderr } = await host.raw("run-1", [
          ...[claim(mine), begun(), before("echo 1.0")],
          look("precheck", `(${flood}); (${flood}) >&2; exit 9`),
        ]);
        const kept = (text: string): string => text.slice(-65_536);
        const said = { stdout: kept(stdout), stderr: kept(stderr) };
        const answer = readAnswer(nonce, said);
        expect(answer).toMatchObject({ previous: "1.0", begun: false });
        const end = answer?.ends.get("precheck");
        expect(end?.exitCode).toBe(9);
        expect(end?.stdout.endsWith("flooding\nlast\n")).toBe(true);
        expect(end?.stderr.endsWith("last\n")).toBe(true);
      });

      it("get their words as they are, their variables, and the mask of the user", async () => {
        const words = ["printf", "%s|", "a b", "it's", "$HOME", "*", "-n", ""];
        const env = { A: "x y", B: `"$(touch no)"` };
        const answer = await host.ask("run-1", [
          ...[claim(mine), begun(), before("echo 1.0")],
          { verb: "look", step: "words", line: lineOf(words, {}) },
          {
            verb: "look",
            step: "env",
            line: lineOf(["sh", "-c", 'echo "$A|$B|$RUNBOOK_PREVIOUS"'], env),
          },
          look("mask", "umask"),
        ]);
        const said = (step: string) => answer.ends.get(step)?.stdout;
        expect(said("words")).toBe("a b|it's|$HOME|*|-n||");
        expect(said("env")).toBe('x y|"$(touch no)"|1.0\n');
        expect(said("mask")).toBe(
          execFileSync("sh", ["-c", "umask"], { encoding: "utf8" }),
        );
      });

      it("that every shell has built in answer as their programs do, with the words as they are", async () => {
        const file = host.at("a $HOME b");
        writeFileSync(file, "");
        const tests = {
          present: ["test", "-e", file],
          absent: ["test", "-e", `${file}*`],
          bracket: ["[", file, "=", "-f", "]"],
          wrong: ["test", "1", "-eq", "x"],
          no: ["false"],
        };
        const codeOf = async (words: readonly string[]) => {
          const line = lineOf(words, { A: "b" });
          const { ends } = await host.ask("run-1", [
            { verb: "look", step: "one", line },
          ]);
          return ends.get("one")?.exitCode;
        };
        const codes = Object.values(tests).map(codeOf);
        expect(await Promise.all(codes)).toEqual([0, 1, 1, 2, 1]);
      });

      it("that are not there end with 127", async () => {
        const answer = await host.ask("run-1", [
          { verb: "look", step: "one", line: lineOf(["no-such-program"], {}) },
        ]);
        expect(answer.ends.get("one")?.exitCode).toBe(127);
      });

      it("must answer the version that is wanted before anything else is done", async () => {
        const end = (answer: string, wanted?: string) =>
          host.ask("run-1", [
            ...[claim(mine), version(answer, wanted), release(mine)],
          ]);
        const isFree = () => !existsSync(host.at("owner"));
        expect((await end("echo 1.0", "2.0")).version).toBe("1.0");
        expect(isFree()).toBe(false);
        expect((await end("exit 1")).version).toBe("");
        expect(isFree()).toBe(false);
        expect((await end("echo 2.0; echo more", "2.0")).version).toBe("2.0");
        expect(isFree()).toBe(true);
        expect((await end("echo anything")).version).toBe("anything");
        expect(isFree()).toBe(true);
      });
    });

    describe("the desired version", () => {
      const desired = (at: string, version?: string): HostVerb => ({
        ...{ verb: "desired", component: "app", version, about: "CHG-1 run-1" },
        at,
      });
      const written = () => readFileSync(host.at("desired", "app"), "utf8");

      it("stands on the host, with when it was said first", async () => {
        await host.ask("run-1", [claim(mine), desired("T1", "2.0")]);
        expect(written()).toBe("2.0 CHG-1 run-1 T1\n");
        await host.ask("run-1", [claim(mine), desired("T2", "2.0")]);
        expect(written()).toBe("2.0 CHG-1 run-1 T1\n");
        await host.ask("run-1", [claim(mine), desired("T3", "3.0")]);
        expect(written()).toBe("3.0 CHG-1 run-1 T3\n");
        expect(readdirSync(host.at("desired"))).toEqual(["app"]);
      });

      it("is the previous one again when the run is undone, as far as that is known", async () => {
        await host.ask("run-1", [claim(mine), desired("T1")]);
        expect(existsSync(host.at("desired", "app"))).toBe(false);
        await host.ask("run-1", [
          ...[claim(mine), begun(), before("echo 1.0")],
          ...[desired("T2", "2.0"), desired("T3")],
        ]);
        expect(written()).toBe("1.0 CHG-1 run-1 T3\n");
      });
    });

    describe("a drained host", () => {
      const out = (drains: string[], undrains: string[]) =>
        host.ask("run-1", [claim(mine), { verb: "out", drains, undrains }]);

      it("is out since its last drain, when no undrain came after it", async () => {
        job("drain", "claim");
        expect((await out(["none", "drain"], ["undrain"])).outSince).toBe(100);
        expect(existsSync(host.at("owner"))).toBe(true);
        job("undrain", "exit.0.99");
        expect((await out(["drain"], ["undrain"])).outSince).toBe(100);
        job("undrain", "exit.1.101");
        expect((await out(["drain"], ["undrain"])).outSince).toBe(100);
      });

      it("is back, and left alone, once it was undrained or was never drained", async () => {
        expect((await out(["drain"], ["undrain"])).outSince).toBe(0);
        expect(existsSync(host.at("owner"))).toBe(false);
        job("drain", "claim");
        job("undrain", "exit.0.101");
        expect((await out(["drain"], ["undrain"])).outSince).toBe(0);
      });

      it("is out since its balancer was asked, until it took the host back", async () => {
        const drained: HostVerb = {
          verb: "drained",
          step: "balancer-drain",
          owner: mine,
        };
        await host.ask("run-1", [claim(mine), drained]);
        expect((await out([], [])).outSince).toBeGreaterThan(epoch() - 60);
        await host.ask("run-1", [{ verb: "back" }, release(mine)]);
        expect((await out([], [])).outSince).toBe(0);
      });

      it("is back for every run, whichever took it out", async () => {
        const drained = (owner: string): HostVerb => ({
          ...{ verb: "drained", step: "balancer-drain", owner },
        });
        await host.ask("run-2", [claim(theirs), drained(theirs)]);
        await host.ask("run-2", [release(theirs)]);
        await host.ask("run-1", [claim(mine), drained(mine)]);
        expect(readdirSync(host.at("drained"))).toHaveLength(2);
        await host.ask("run-1", [{ verb: "back" }, release(mine)]);
        expect(readdirSync(host.at("drained"))).toEqual([]);
      });
    });

    describe("house-keeping", () => {
      const long = epoch() - 61 * day;
      const sweptAt = (at: number) =>
        writeFileSync(host.at("swept"), `${at}\n`);
      const jobs = () => readdirSync(host.at("jobs")).sort();
      const leave = () => host.ask("run-1", [release(mine)]);
      beforeEach(() => open(mine));

      it("removes jobs that ended long ago, and the files of old runs", async () => {
        job("finished", "claim", `exit.0.${long}`);
        job("failed", "claim", `exit.3.${long}`, `stop.timedout.${long}`);
        job("never-begun", `stop.cancelled.${long}`);
        job("stopped", "claim", `stop.cancelled.${long}`);
        job("half-gone.swept", "claim");
        job("young", "claim", `exit.0.${epoch() - 59 * day}`);
        writeFileSync(host.at("previous", "run-0"), `1.0\n${long}\n`);
        writeFileSync(host.at("previous", "run-9"), `1.0\n${epoch()}\n`);
        writeFileSync(host.at("drained", "run-0"), `x\n${long}\n`);
        sweptAt(epoch() - 2 * day);
        await leave();
        expect(jobs()).toEqual(["young"]);
        expect(readdirSync(host.at("previous"))).toEqual(["run-9"]);
        expect(readdirSync(host.at("drained"))).toEqual([]);
      });

      it("keeps what runs, is unknown or has not begun, however old", async () => {
        const child = spawn("sleep", ["60"], { detached: true });
        job("unknown", "claim");
        job("prepared");
        job("runs", `stop.cancelled.${long}`);
        writeFileSync(host.at("jobs", "runs", "claim"), `${child.pid} 2 3\n`);
        sweptAt(epoch() - 2 * day);
        await leave();
        child.kill("SIGKILL");
        expect(jobs()).toEqual(["prepared", "runs", "unknown"]);
      });

      it("is done once a day", async () => {
        job("finished", "claim", `exit.0.${long}`);
        await leave();
        await leave();
        expect(jobs()).toEqual(["finished"]);
        sweptAt(epoch() - 2 * day);
        await leave();
        expect(jobs()).toEqual([]);
        expect(Number(readFileSync(host.at("swept"), "utf8"))).toBeGreaterThan(
          epoch() - 60,
        );
      });
    });
  });
});
