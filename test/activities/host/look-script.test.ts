import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lookArgv, readLook } from "../../../activities/host/look-script";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "look-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const mark = "mark-7";
const sh = (script: string, env: Record<string, string> = {}) => ({
  argv: ["/bin/sh", "-c", script],
  env,
});

interface Look {
  readonly version?: string;
  readonly preview?: string;
  readonly env?: Record<string, string>;
  readonly freeMb?: number;
}

/** Asks this machine as a host would be asked, by its own shell. */
function look({ version = "echo 2.0", preview, env, freeMb = 0 }: Look = {}) {
  const request = {
    mark,
    version: sh(version, { RUNBOOK_HOST: "it's me" }),
    preview: preview === undefined ? undefined : sh(preview),
  };
  const [, ...args] = lookArgv(request);
  const answer = spawnSync("/bin/sh", args, {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], HOME: home, ...env },
  });
  return readLook(answer, request, freeMb);
}

describe("a look at a host", () => {
  it("tells the version, alone on its first line, whatever else is printed", () => {
    expect(
      look({ version: "echo ' 2.0 '; echo more; echo noise >&2" }),
    ).toEqual({ problems: [], version: "2.0" });
  });

  it("tells what the host would do, in all its lines", () => {
    expect(
      look({ preview: "printf 'replace 1.9\\n\\nrestart\\n'" }),
    ).toMatchObject({ preview: "replace 1.9\n\nrestart", version: "2.0" });
  });

  it("gives a command the variables that a visit gives it, word by word", () => {
    expect(look({ version: 'echo "$RUNBOOK_HOST"' }).version).toBe("it's me");
  });

  it("leaves nothing behind", () => {
    look({ preview: "echo x" });
    expect(readdirSync(home)).toEqual([]);
  });

  it.each([
    ["exits", "echo no such app >&2; exit 3", "version exited 3: no such app"],
    ["prints nothing", "true", "version printed nothing"],
    [
      "is not there",
      "exec no-such-program",
      /^version exited 127: .*not found/,
    ],
  ])("finds a version command that %s", (_, version, seen) => {
    expect(look({ version })).toMatchObject({
      problems: [{ what: "version", seen: expect.stringMatching(seen) }],
    });
  });

  it("finds a preview that fails, and still tells the version", () => {
    const found = look({ preview: "echo half; echo broken >&2; exit 1" });
    expect(found).toEqual({
      problems: [{ what: "preview", seen: "preview exited 1: broken" }],
      version: "2.0",
    });
  });

  it("finds that the disk is too full", () => {
    expect(look({ freeMb: 100_000_000 }).problems).toEqual([
      {
        what: "disk",
        seen: "less than 100000000 MB free in the home folder",
      },
    ]);
  });

  it("finds tools that are missing, all of them in one line", () => {
    const path = join(home, "bin");
    mkdirSync(path);
    const [tools, disk] = look({
      version: "echo 2.0",
      env: { PATH: path },
    }).problems.filter(({ what }) => what !== "version");
    expect(tools?.seen).toMatch(/^not installed: cat, cut, .*setsid.*, wc$/);
    expect(disk?.seen).toBe("df tells nothing of the home folder");
  });

  it("finds a job folder that cannot be written to", () => {
    const found = look({ env: { UPGRADE_RUNBOOKS_HOME: "/proc/self" } });
    expect(found.problems).toContainEqual(
      process.getuid?.() === 0
        ? expect.anything()
        : { what: "home", seen: "/proc/self cannot be written to" },
    );
  });

  it("keeps the end of a long preview, and every fact behind it", () => {
    const stdout = `...tail of it\n\n${mark} 0\n2.0\n\n${mark} 0\nhome /srv\ndf x 1 1 9999 1% /\n`;
    const request = { mark, preview: sh("x") };
    expect(readLook({ stdout, stderr: "" }, request, 1)).toEqual({
      problems: [{ what: "home", seen: "/srv cannot be written to" }],
      version: "2.0",
      preview: "...tail of it",
    });
  });

  it("is not deceived by a command that prints a mark of its own", () => {
    const version = "printf '1.0\\n\\nmark-8 0\\ntool setsid\\n'";
    expect(look({ version })).toEqual({ problems: [], version: "1.0" });
  });
});
