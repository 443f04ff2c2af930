import { createHash, randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { decide, gatesQuery } from "../../../workflows/gate/messages";
import { eventually } from "../../harness/eventually";
import { type FleetHandle, startRig, type Rig } from "../../harness/rig";
import { startWorkerProcess } from "../../harness/worker-process";

/** No other text holds them by chance. */
const token = `token-${randomBytes(16).toString("hex")}`;
const password = `pass word\n"${randomBytes(16).toString("hex")}"`;
const digest = createHash("sha256")
  .update(token + password)
  .digest("hex");

const look = { run: ["app-ctl", "version"] };
const secretEnv = {
  APP_TOKEN: "env:APP_TOKEN",
  APP_PASSWORD: "env:APP_PASSWORD",
};
const isGiven = `[ "$(printf %s%s "$APP_TOKEN" "$APP_PASSWORD" | sha256sum | cut -c1-64)" = ${digest} ]`;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    worker: false,
    persistent: true,
    lab: { hosts: 2, pools: 1 },
  });
}, 180_000);
afterAll(() => rig.stop(), 30_000);

/** Every byte of a history, payloads decoded. */
async function historyText(handle: FleetHandle): Promise<string> {
  const history = await handle.fetchHistory();
  return JSON.stringify(history, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString("utf8") : value,
  );
}

/** What the run left anywhere: server's database, artifacts, job folders and logs of the hosts. */
async function filesHolding(words: readonly string[]): Promise<string[]> {
  const names = await readdir(rig.folder, {
    recursive: true,
    withFileTypes: true,
  });
  const files = names
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const found = await Promise.all(
    files.map(async (file) => {
      const bytes = await readFile(file).catch(() => Buffer.alloc(0));
      return words.some((word) => bytes.includes(word)) ? [file] : [];
    }),
  );
  return found.flat();
}

describe("secrets of a step", () => {
  it("reach the command, and nothing else: not history, database, artifacts, logs or job folders", async () => {
    const worker = await startWorkerProcess(rig, {
      APP_TOKEN: token,
      APP_PASSWORD: password,
    });
    const used = await rig.start({
      version: "2.0.0",
      canary: { gate: false },
      contract: {
        minReadyS: 0,
        steps: {
          apply: {
            script:
              `${isGiven} && app-ctl apply {{version}} && app-ctl restart`.replace(
                "{{version}}",
                "2.0.0",
              ),
            secretEnv,
          },
          version: look,
        },
      },
    });
    const { outcome } = await used.result();
    expect(outcome).toBe("completed");

    // A command that says its secret aloud: the host's own files hold it then, but nothing of ours repeats it.
    const told = await rig.start({
      version: "3.0.0",
      budget: { failures: 2 },
      canary: { gate: false },
      contract: {
        minReadyS: 0,
        steps: {
          apply: {
            script: 'echo "bad token $APP_TOKEN and $APP_PASSWORD" >&2; exit 9',
            secretEnv,
          },
          version: look,
        },
      },
    });
    await rig.until(told, ({ counts }) => counts.quarantined > 0);
    await told.query("hosts");
    // Both hosts are asked about together or one after the other, and a question may change while it is answered.
    await eventually(async () => {
      const { status } = await told.describe();
      if (status.name !== "RUNNING") return true;
      const [gate] = await told.query(gatesQuery);
      if (gate === undefined) return undefined;
      const { id, nonce } = gate;
      const answer = { gate: id, nonce, choice: "exclude", by: "test" };
      await told.executeUpdate(decide, { args: [answer] });
      return undefined;
    });
    await told.result();
    await worker.stop();

    const inner = password.split("\n").map((part) => part.replaceAll('"', ""));
    const words = [token, inner[1] ?? ""];
    for (const handle of [used, told]) {
      const text = await historyText(handle);
      for (const word of words) expect(text).not.toContain(word);
    }
    for (const word of words) expect(worker.output()).not.toContain(word);
    const leaks = (await filesHolding(words)).filter(
      (file) => !/(stdout|stderr)$/.test(file),
    );
    expect(leaks.map((file) => file.split(sep).slice(-4).join(sep))).toEqual(
      [],
    );
    // The scan can find: the host's own record of what the command said is there.
    expect((await filesHolding(words)).length).toBeGreaterThan(0);
  }, 180_000);
});
