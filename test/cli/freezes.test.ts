import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { untilIn } from "../../cli/instant";
import { cli } from "./run-cli";

const nowhere = { TEMPORAL_ADDRESS: "127.0.0.1:1", USER: "ada" };

describe("a wrong word about freezes and locks is refused before any server is asked", () => {
  it.each([
    [
      ["freeze", "prod eu"],
      ["reason: expected", "scope: expected all, target"],
    ],
    [["freeze", "a/b/c/d", "--reason", "x"], ["scope: expected all"]],
    [
      ["freeze", "all", "--reason", "x", "--until", "tomorrow"],
      ["--until tomorrow", "90m, 6h, 2d"],
    ],
    [
      [
        ...["freeze", "all", "--reason", "x"],
        ...["--until", "2020-01-01T00:00:00Z"],
      ],
      ["until: expected a time to come"],
    ],
    [["locks", "release", "prod-eu"], ["reason: expected a text"]],
  ])("%j", async (argv, faults) => {
    const { code, err } = await cli(argv, { env: nowhere });
    expect(code).toBe(2);
    for (const fault of faults) expect(err).toContain(fault);
  });

  it("as is a target that the configuration does not know", async () => {
    const folder = mkdtempSync(join(tmpdir(), "runbooks-freeze-"));
    const file = join(folder, "runbooks.yaml");
    const target = "{ inventory: { file: h.yaml }, ssh: { user: deploy } }";
    writeFileSync(file, `targets: { prod-eu: ${target} }\ncomponents: {}\n`);
    const env = { ...nowhere, RUNBOOK_CONFIG: file };
    const words = ["--reason", "x"];
    const wrong = await cli(["freeze", "prod-ue/web", ...words], { env });
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain("did you mean prod-eu?");
    // A right one gets as far as the server.
    const right = await cli(["freeze", "prod-eu/web", ...words], { env });
    expect(right.code).toBe(4);
    rmSync(folder, { recursive: true });
  }, 30_000);
});

describe("the end of a freeze", () => {
  it.each([
    ["90m", 5_400_000],
    ["6h", 21_600_000],
    ["2d", 172_800_000],
    ["1970-01-01T01:00:00+01:00", 0],
  ])("may be given as %s", (text, at) => {
    expect(untilIn(text, 0, "runbook freeze")).toBe(at);
  });

  it("is refused without a zone, since nobody knows whose midnight it means", () => {
    expect(() => untilIn("2026-11-30T06:00", 0, "runbook freeze")).toThrow(
      "expected 90m",
    );
  });
});
