import { execFile, spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import {
  openVisitArgv,
  readOpened,
  releaseArgv,
} from "../../../activities/host/owner";
import { describeWhen } from "../../harness/describe-when";

const run = promisify(execFile);
const mine = "run-1 fleet-upgrade:prod:CHG-1";
const theirs = "run-2 fleet-upgrade:prod:CHG-2";

const shells = [
  { name: "dash", command: "dash", args: [] },
  { name: "bash", command: "bash", args: ["--norc", "--posix"] },
  { name: "busybox ash", command: "busybox", args: ["ash"] },
];

function missing(command: string): string | undefined {
  const found = spawnSync(command, ["-c", ":"]).error === undefined;
  return found
    ? undefined
    : `no ${command} here; install the package ${command}`;
}

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "runbooks-owner-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe.each(shells)("the owner file, by $name", ({ name, command, args }) => {
  describeWhen(missing(command))("on a host", () => {
    /** As the host's sh does, but by the shell under test. */
    async function sh([, ...words]: readonly string[], more = {}) {
      const env = { PATH: process.env["PATH"], UPGRADE_RUNBOOKS_HOME: home };
      return run(command, [...args, ...words], { env: { ...env, ...more } });
    }
    const open = async (owner: string, jobs: readonly string[] = []) =>
      readOpened(await sh(openVisitArgv(owner, jobs)));

    it("is claimed by the first run, and belongs to it when it comes again", async () => {
      const ours = { kind: "ours", begun: false };
      expect(await open(mine)).toEqual(ours);
      expect(await open(mine)).toEqual(ours);
      expect(readFileSync(path.join(home, "owner"), "utf8")).toBe(`${mine}\n`);
    });

    it("keeps every other run away, and tells whose the host is", async () => {
      await open(mine);
      const file = path.join(home, "owner");
      expect(await open(theirs)).toEqual({ kind: "held", by: mine, file });
    });

    it("says that the run has begun once one of its jobs was claimed", async () => {
      const jobs = path.join(home, "jobs");
      mkdirSync(path.join(jobs, "prepared"), { recursive: true });
      mkdirSync(path.join(jobs, "claimed"));
      // A file, as the job protocol makes it.
      writeFileSync(path.join(jobs, "claimed", "claim"), "1 2 3");
      expect(await open(mine, ["none", "prepared"])).toMatchObject({
        begun: false,
      });
      expect(await open(mine, ["prepared", "claimed", "none"])).toMatchObject({
        begun: true,
      });
    });

    it("is taken away by its owner only, and then free for the next", async () => {
      await open(mine);
      await sh(releaseArgv(theirs));
      expect(await open(theirs)).toMatchObject({ kind: "held" });
      await sh(releaseArgv(mine));
      expect(await open(theirs)).toMatchObject({ kind: "ours" });
    });

    it("may be released when nobody holds the host", async () => {
      const { stdout, stderr } = await sh(releaseArgv(mine));
      expect({ stdout, stderr }).toEqual({ stdout: "", stderr: "" });
    });

    it("goes to exactly one of 20 runs that claim the host at once, and leaves nothing else behind", async () => {
      const owners = Array.from({ length: 20 }, (_, n) => `run-${n} workflow`);
      const opened = await Promise.all(owners.map((owner) => open(owner)));
      const winners = opened.flatMap(({ kind }, n) =>
        kind === "ours" ? [owners[n]] : [],
      );
      expect(winners).toHaveLength(1);
      for (const answer of opened)
        if (answer.kind === "held") expect(answer.by).toBe(winners[0]);
      expect(readdirSync(home).sort()).toEqual(["jobs", "owner"]);
    });

    it("is for the eyes of its user only", async () => {
      await open(mine);
      const listing = await run("ls", ["-l", path.join(home, "owner")]);
      expect(listing.stdout).toMatch(/^-rw-------/);
    });

    it("stands under the user's home where nothing else is said", async () => {
      const away = { UPGRADE_RUNBOOKS_HOME: undefined, HOME: home };
      const { stdout } = await sh(openVisitArgv(mine, []), away);
      expect(stdout).toBe("ours 0\n");
      const file = path.join(home, ".upgrade-runbooks", "owner");
      expect(readFileSync(file, "utf8")).toBe(`${mine}\n`);
    });

    it("that cannot be made fails with what the host says, and claims nothing", async () => {
      // A link to nowhere is in the way of ln, and has no owner to read: true for root as well.
      symlinkSync(path.join(home, "nowhere"), path.join(home, "owner"));
      const failed = sh(openVisitArgv(mine, []));
      await expect(failed).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/exist/i),
      });
      expect(readdirSync(home).sort()).toEqual(["jobs", "owner"]);
    });

    it("that is half gone when it is looked at is claimed on the second try", async () => {
      // Stands for ln: the first call loses against an owner that leaves before anybody reads who it was.
      const bin = path.join(home, "bin");
      mkdirSync(bin);
      const ln = path.join(bin, "ln");
      writeFileSync(
        ln,
        '#!/bin/sh\n[ -e "$0.lost" ] || { : >"$0.lost"; exit 1; }\nexec /bin/ln "$@"\n',
      );
      chmodSync(ln, 0o755);
      const PATH = `${bin}:${process.env["PATH"] ?? ""}`;
      const { stdout } = await sh(openVisitArgv(mine, []), { PATH });
      expect(stdout).toBe("ours 0\n");
      // busybox may carry an ln of its own, which is never lost.
      if (name !== "busybox ash") expect(readdirSync(bin)).toContain("ln.lost");
    });
  });
});

describe("what the host printed", () => {
  it.each([
    ["nothing", ""],
    ["something else", "Welcome to web-1\nours 1\n"],
  ])("leaves the host alone when it is %s", (_, stdout) => {
    expect(readOpened({ stdout }).kind).toBe("held");
  });
});
