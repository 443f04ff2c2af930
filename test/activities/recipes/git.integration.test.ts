import { execFileSync } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { HostContract } from "../../../activities/host/port";
import { missingProgram } from "../../harness/missing-program";
import { describeWhen } from "../../harness/describe-when";
import { RecipeHost, recipeShells } from "./recipe-host";

describeWhen(missingProgram("git"))("the git recipe", () => {
  describe.each(recipeShells())("on a host with %s", (shell) => {
    let host: RecipeHost;
    let repo: string;
    let dir: string;
    let contract: HostContract;

    const git = (...words: string[]): string =>
      execFileSync("git", ["-C", repo, ...words], {
        encoding: "utf8",
        env: {
          ...process.env,
          GIT_CONFIG_GLOBAL: "/dev/null",
          GIT_AUTHOR_NAME: "a",
          GIT_AUTHOR_EMAIL: "a@example.com",
          GIT_COMMITTER_NAME: "a",
          GIT_COMMITTER_EMAIL: "a@example.com",
        },
      }).trim();
    const release = (version: string, text = version): string => {
      writeFileSync(join(repo, "app"), `${text}\n`);
      git("add", "-A");
      git("commit", "-q", "-m", `release ${text}`);
      git("tag", version);
      return git("rev-parse", "HEAD");
    };
    const running = (): string =>
      readFileSync(join(dir, "current", "app"), "utf8").trim();
    const kept = (): string[] => readdirSync(join(dir, "releases")).sort();

    beforeEach(() => {
      host = new RecipeHost(shell);
      repo = join(host.home, "upstream repo");
      dir = join(host.home, "opt shop");
      mkdirSync(repo);
      git("init", "-q", "-b", "main");
      release("v1");
      release("v2");
      contract = host.contract(
        { recipe: { kind: "git", url: "URL", dir: "/opt/shop", freeMb: 1 } },
        { RECIPE_DIR: dir, RECIPE_URL: `file://${repo}` },
      );
    });
    afterEach(() => host.dispose());

    it("brings version after version, switches one link, and keeps the one before", async () => {
      expect(await host.done(contract, "version")).toBe("");
      expect(await host.upgrade(contract, "v1")).toBe("v1");
      expect(running()).toBe("v1");
      expect(readlinkSync(join(dir, "current"))).toBe("releases/v1");
      expect(await host.upgrade(contract, "v2")).toBe("v2");
      expect(running()).toBe("v2");
      release("v3");
      expect(await host.upgrade(contract, "v3")).toBe("v3");
      expect(kept()).toEqual(["v2", "v3"]);
      expect(readlinkSync(join(dir, "previous"))).toBe("releases/v2");
      expect(readdirSync(dir).filter((name) => name.startsWith("."))).toEqual([
        ".running",
      ]);
    });

    it("changes nothing when every step is repeated", async () => {
      await host.upgrade(contract, "v1");
      await host.upgrade(contract, "v2");
      const before = lstatSync(join(dir, "current")).ino;
      expect(await host.upgrade(contract, "v2")).toBe("v2");
      expect(lstatSync(join(dir, "current")).ino).toBe(before);
      expect(readlinkSync(join(dir, "previous"))).toBe("releases/v1");
    });

    it("does not call a version running before the restart", async () => {
      await host.upgrade(contract, "v1");
      for (const step of ["fetch", "apply"])
        await host.done(contract, step, { version: "v2" });
      expect(await host.done(contract, "version")).toBe(
        "v2, not restarted yet",
      );
    });

    it("goes back to what ran before, also twice, and to the kept release when nobody knows", async () => {
      await host.upgrade(contract, "v1");
      await host.upgrade(contract, "v2");
      const back = { version: "v2", previous: "v1" };
      await host.done(contract, "undo", back);
      await host.done(contract, "undo", back);
      expect(running()).toBe("v1");
      expect(await host.done(contract, "version")).toBe("v1");
      await host.upgrade(contract, "v2");
      await host.done(contract, "undo", { version: "v2" });
      await host.done(contract, "undo", { version: "v2" });
      expect(running()).toBe("v1");
    });

    it("says so when there is nothing to go back to", async () => {
      await host.upgrade(contract, "v1");
      const alone = await host.step(contract, "undo", { version: "v1" });
      expect(alone.exitCode).toBe(1);
      expect(alone.stderr).toContain("no previous release is kept");
      const lost = { version: "v1", previous: "v0" };
      const gone = await host.step(contract, "undo", lost);
      expect(gone.stderr).toContain("v0 is no longer kept");
    });

    it("refuses a tag that has moved, and one that is not the pinned commit", async () => {
      await host.upgrade(contract, "v1");
      git("tag", "-d", "v1");
      release("v1", "another v1");
      const moved = await host.step(contract, "fetch", { version: "v1" });
      expect(moved.exitCode).toBe(1);
      expect(moved.stderr).toContain("the tag has moved");
      expect(running()).toBe("v1");
      const env = { RECIPE_PINS: `v2 ${"0".repeat(40)}` };
      const other = await host.step(contract, "fetch", { version: "v2", env });
      expect(other.stderr).toContain("as pinned: the tag has moved");
      expect(kept()).toEqual(["v1"]);
    });

    it("takes a commit, but no branch and no option", async () => {
      const commit = git("rev-parse", "v1");
      expect(await host.upgrade(contract, commit)).toBe(commit);
      for (const version of ["main", "--upload-pack=x", "..", "v1;id"]) {
        const refused = await host.step(contract, "fetch", { version });
        expect(refused.exitCode).toBe(1);
        expect(refused.stderr).toMatch(/neither a tag nor|not a version/);
      }
    });

    it("shows the commits that come and go without a change on the host", async () => {
      expect(await host.done(contract, "preview", { version: "v1" })).toContain(
        "first release here",
      );
      await host.upgrade(contract, "v1");
      const refs = () => git("--git-dir", join(dir, "repo.git"), "show-ref");
      const before = refs();
      release("v3");
      const shown = await host.done(contract, "preview", { version: "v3" });
      expect(shown).toMatch(/current: v1 -> v3\ncommits that come 2:\n/);
      expect(shown).toMatch(/[0-9a-f]{7} release v3\n[0-9a-f]{7} release v2$/);
      expect(refs()).toBe(before);
      await host.upgrade(contract, "v3");
      expect(await host.done(contract, "preview", { version: "v1" })).toContain(
        "commits that go 2:",
      );
    });

    it("leaves a folder alone that is not ours", async () => {
      mkdirSync(join(dir, "current"), { recursive: true });
      const { stderr } = await host.step(contract, "precheck");
      expect(stderr).toContain("current is no link");
      rmSync(join(dir, "current"), { recursive: true });
      mkdirSync(join(dir, "releases", "v1"), { recursive: true });
      const foreign = await host.step(contract, "fetch", { version: "v1" });
      expect(foreign.stderr).toContain("was not made by this recipe");
      const env = { RECIPE_FREE_MB: "99999999" };
      const full = await host.step(contract, "precheck", { env });
      expect(full.stderr).toMatch(/only \d+ MB are free/);
    });
  });
});
