import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describeWhen } from "../../harness/describe-when";
import { cli } from "../run-cli";

const run = promisify(execFile);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "completion-"));
  await writeFile(join(folder, "upgrade.yaml"), "");
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, out } = await cli(["completion", shell]);
    expect(code).toBe(0);
    await writeFile(join(folder, `runbook.${shell}`), out);
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What a line so far is completed to, as the shell itself answers. */
type Complete = (line: string) => Promise<readonly string[]>;

async function said(program: string, argv: readonly string[]) {
  const { stdout, stderr } = await run(program, [...argv], { cwd: folder });
  expect(stderr).toBe("");
  return stdout.split("\n").filter((text) => text !== "");
}

/** bash calls the function with the words split, the last one being typed. */
const inBash: Complete = (line) => {
  const words = line.split(" ");
  const script = `source runbook.bash
COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}) COMP_CWORD=${words.length - 1}
_runbook; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return said("bash", ["--norc", "-c", script]);
};

/** zsh runs the function itself; in place of its line editor stand functions that print what they are handed. */
const inZsh: Complete = async (line) => {
  const words = line.split(" ");
  const cur = words.at(-1) ?? "";
  const script = `compdef() { :; }
_files() { print -rl -- *(N); }
compadd() { print -rl -- "\${@[2,-1]}"; }
_describe() { local of=\${@[-1]}; print -rl -- "\${(@P)of%%:*}"; }
source runbook.zsh
words=(${words.map((word) => `'${word}'`).join(" ")}) CURRENT=${words.length}
_runbook`;
  const offered = await said("zsh", ["-f", "-c", script]);
  return offered.filter((word) => word.startsWith(cur));
};

const inFish: Complete = async (line) => {
  const script = `source runbook.fish; complete -C '${line}'`;
  const lines = await said("fish", ["--no-config", "-c", script]);
  return lines.map((text) => text.split("\t")[0] ?? "");
};

function completes(complete: Complete): void {
  it("commands by their beginning", async () => {
    expect(await complete("runbook wat")).toEqual(["watch"]);
    expect(await complete("runbook sta")).toEqual(["start", "status"]);
  });

  it("commands below a command, behind global options with values", async () => {
    const line = "runbook --config plan.yaml lab ";
    expect([...(await complete(line))].sort()).toEqual([
      "down",
      "status",
      "temporal",
      "up",
    ]);
  });

  it("the options of the command that is meant, and of no other", async () => {
    expect(await complete("runbook start --ex")).toEqual(["--execute"]);
    expect(await complete("runbook watch --ex")).toEqual([]);
    expect(await complete("runbook lab up --fau")).toEqual(["--fault"]);
  });

  it("files where a file is wanted", async () => {
    expect(await complete("runbook plan -f upg")).toEqual(["upgrade.yaml"]);
  });

  it("the words of an argument", async () => {
    expect(await complete("runbook completion f")).toEqual(["fish"]);
  });
}

describe("bash completes", () => completes(inBash));

const missing = (program: string): string | undefined =>
  existsInPath(program) ? undefined : `no ${program} on this machine`;

describeWhen(missing("zsh"))("zsh completes", () => completes(inZsh));
describeWhen(missing("fish"))("fish completes", () => completes(inFish));

function existsInPath(program: string): boolean {
  const folders = (process.env["PATH"] ?? "").split(":");
  return folders.some((folder) => existsSync(join(folder, program)));
}
