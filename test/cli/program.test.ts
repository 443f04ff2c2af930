import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cli } from "./run-cli";

const commands = [
  "logs",
  "sweep",
  "converge",
  "calendar",
  "census",
  "hosts",
  "pause",
  "resume",
  "retune",
  "abort",
  "rollback",
  "stop",
  "init",
  "validate",
  "completion",
  "plan",
  "start",
  "schedule",
  "ui-links",
  "status",
  "watch",
  "decide",
  "report",
  "trust",
  "lab",
  "dev",
  "worker",
  "doctor",
];

describe("help", () => {
  it("lists every command and every exit code", async () => {
    const { code, out } = await cli(["--help"]);
    expect(code).toBe(0);
    for (const name of commands)
      expect(out).toMatch(new RegExp(`^  ${name}\\b`, "m"));
    expect(out).toContain("Exit codes:\n    0  done");
  });

  it.each([
    ...commands,
    "calendar next",
    "calendar state",
    "lab up",
    "lab down",
    "lab status",
    "schedule create",
    "schedule list",
    "schedule pause",
    "schedule unpause",
    "schedule delete",
  ])("of %s fits a screen and has an example", async (name) => {
    const { code, out } = await cli([...name.split(" "), "--help"]);
    expect(code).toBe(0);
    expect(out).toContain("Example:\n  $ ");
    expect(out.split("\n").length).toBeLessThan(40);
  });

  it("without a command is what a wrong call gets", async () => {
    const { code, err } = await cli([]);
    expect(code).toBe(2);
    expect(err).toContain("Usage: runbook");
  });
});

describe("a wrong command line is one error with a hint, exit 2", () => {
  it.each([
    [
      ["plam"],
      "unknown command 'plam' (Did you mean plan?)",
      "See: runbook --help",
    ],
    [["plan", "--fiel"], "unknown option '--fiel' (Did you mean --file?)", ""],
    [["status"], "missing required argument 'id'", ""],
    [
      ["decide", "i", "g", "c"],
      "nobody is named, expected --by <name>",
      "See: runbook decide --help",
    ],
    [["watch", "i", "--every", "0"], "Expected at least 0.05 seconds.", ""],
    [["status", "a", "b"], "too many arguments", ""],
    [["plan"], "no input", ""],
    [["plan", "-f", "/nonexistent"], "cannot read /nonexistent (ENOENT)", ""],
    [
      ["plan", "fleet-upgrad", "--set", "a=1"],
      "no runbook fleet-upgrad; did you mean fleet-upgrade?",
      "",
    ],
    [["plan", "--set", "slots"], "--set slots, expected key=value", ""],
  ])("%j", async (argv, seen, hint) => {
    const { code, out, err } = await cli(argv);
    expect(code).toBe(2);
    expect(out).toBe("");
    expect(err).toContain(seen);
    expect(err).toContain(hint);
    expect(err).toMatch(/^error: [^]*\nhint: .*\n$/);
    expect(err).not.toMatch(/^\s+at /m);
  });

  it("is a document under --json", async () => {
    const { code, err } = await cli(["plan", "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(err)).toMatchObject({
      error: { type: "cli.noInput", exitCode: 2 },
    });
  });

  it("shows its stack only when asked", async () => {
    const { err } = await cli(["plan"], { env: { RUNBOOK_DEBUG: "1" } });
    expect(err).toMatch(/^\s+at /m);
  });
});

describe("plan", () => {
  let folder: string;
  let config: string;
  const input = "target: prod\nchange: c-1\ncomponent: app\nversion: 2.10\n";

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "cli-plan-"));
    config = join(folder, "runbooks.yaml");
    await writeFile(
      join(folder, "hosts.yaml"),
      "- { id: web-1, address: 127.0.0.1, pool: web }\n- { id: db-1, address: 127.0.0.1, pool: db }\n",
    );
    await writeFile(
      config,
      "targets: { prod: { inventory: { file: hosts.yaml } } }\ncomponents: { app: { steps: { apply: { run: [deploy, '{{version}}'] }, version: { run: [v] } } } }\n",
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  const plan = (argv: readonly string[], stdin = input) =>
    cli(["plan", "--config", config, ...argv], { stdin });

  it("takes a version as it is written, though YAML makes 2.1 of 2.10", async () => {
    const { code, out } = await plan(["-f", "-"]);
    expect(code).toBe(0);
    expect(out).toContain("app to 2.10 on 2 hosts of prod (c-1)");
    expect(out).toContain("Workflow id: fleet-upgrade:prod:c-1");
  });

  it("lets --set go before the file, at any depth", async () => {
    const { out } = await plan([
      ...["-f", "-", "--set", "version=3.0", "--set", "hosts.pools[0]=db"],
      ...["--set", "change=007", "--set", "slots=3"],
    ]);
    expect(out).toContain("app to 3.0 on 1 host of prod (007)");
  });

  it("takes JSON, and no file at all", async () => {
    const json = JSON.stringify({
      target: "prod",
      change: "c",
      component: "app",
      version: "1.0.0",
    });
    const fromFile = await plan(["-f", "-"], json);
    const sets = ["target=prod", "change=c", "component=app", "version=1.0.0"];
    const fromSets = await plan(sets.flatMap((set) => ["--set", set]));
    expect(fromFile.code).toBe(0);
    expect(fromSets.out).toBe(fromFile.out);
  });

  it("knows the runbook by name and by workflow type, and plans whatever the mode says", async () => {
    const execute = `${input}mode: execute\n`;
    const byName = await plan(["fleet-upgrade", "-f", "-"], execute);
    const byType = await plan(["fleetUpgrade", "-f", "-"]);
    expect(byName.code).toBe(0);
    expect(byType.out).toBe(byName.out);
  });

  it("answers in JSON", async () => {
    const { out } = await plan(["-f", "-", "--json"]);
    expect(JSON.parse(out)).toMatchObject({
      runbook: "fleet-upgrade",
      workflowId: "fleet-upgrade:prod:c-1",
      summary: "app to 2.10 on prod (c-1)",
    });
  });

  it("is what start --dry-run prints, to the byte, and asks no server", async () => {
    const started = await cli(
      ["start", "--config", config, "-f", "-", "--execute", "--dry-run"],
      { stdin: input, env: { TEMPORAL_ADDRESS: "127.0.0.1:1" } },
    );
    expect(started).toEqual(await plan(["-f", "-"]));
  });

  it("names the missing configuration", async () => {
    const { code, err } = await cli(["plan", "-f", "-"], { stdin: input });
    expect(code).toBe(2);
    expect(err).toContain("RUNBOOK_CONFIG");
  });

  it("refuses --set into what is no object", async () => {
    const { code, err } = await plan(["-f", "-", "--set", "target.x=1"]);
    expect(code).toBe(2);
    expect(err).toContain("--set target.x");
  });
});
