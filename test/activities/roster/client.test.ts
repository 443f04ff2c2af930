import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRunbookError } from "../../../activities/errors";
import { createRoster } from "../../../activities/roster/client";
import type { RosterSource } from "../../../activities/roster/port";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "roster-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const read = (source: RosterSource) => createRoster().read(source);

const fileOf = (text: string): RosterSource => {
  const file = join(folder, "roster.yaml");
  writeFileSync(file, text);
  return { file };
};

const printing = (script: string, timeoutS = 10): RosterSource => ({
  ...{ command: ["sh", "-c", script], timeoutS, cwd: folder },
});

async function failureOf(source: RosterSource) {
  const error: unknown = await read(source).catch((thrown: unknown) => thrown);
  if (!isRunbookError(error)) throw new Error("it was read");
  return error;
}

describe("a roster", () => {
  it("is read from a file, with nothing but names needed", async () => {
    const roster = await read(fileOf("people: [{ name: ada }]"));
    const nothing = { aliases: [], publicKeys: [], groups: [] };
    expect(roster).toEqual({
      ...{ people: [{ name: "ada", ...nothing }], onCall: {}, channels: [] },
    });
  });

  it("is read from what a command prints, as an on-call service's wrapper does", async () => {
    const printed = { people: [{ name: "ada" }], onCall: { primary: ["ada"] } };
    writeFileSync(join(folder, "now.json"), JSON.stringify(printed));
    const { onCall } = await read(printing("cat now.json"));
    expect(onCall).toEqual({ primary: ["ada"] });
  });

  it("is read anew each time, since who is on call changes", async () => {
    const source = fileOf("people: [{ name: ada }]");
    await read(source);
    fileOf("people: [{ name: ben }]");
    expect((await read(source)).people).toMatchObject([{ name: "ben" }]);
  });
});

describe("a roster that cannot be read says why, and what to do", () => {
  it.each([
    ["a missing file", () => ({ file: join(folder, "no") }), "ENOENT"],
    ["a broken file", () => fileOf("people: [{ name: ada"), "cannot be parsed"],
    ["a command that fails", () => printing("echo gone >&2; exit 3"), "gone"],
    ["a command that hangs", () => printing("sleep 60", 0.2), "within 0.2 s"],
    ["a command without JSON", () => printing("echo hello"), "expected JSON"],
    [
      "a missing command",
      () => ({ command: ["/no/such/program"], cwd: folder }),
      "ENOENT",
    ],
  ])("%s", async (_, source, seen) => {
    const error = await failureOf(source());
    expect(error.type).toMatch(/^roster\./);
    expect(error.seen).toContain(seen);
    expect(error.hint).toMatch(/nobody can answer|answer again/);
  });
});
