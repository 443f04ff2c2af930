import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLab } from "../../../lab/hosts/lab";
import { readLabRecord, stopLab } from "../../../lab/hosts/stop-lab";
import { eventually } from "../../harness/eventually";
import { connectError, hostOf, output } from "./lab-client";
import { isRunning, labProcess, processesOf, readLab } from "./processes";
import { PATIENCE_MS } from "./use-lab";

jest.setTimeout(PATIENCE_MS);

let folder: string;
let dir: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lab-"));
  dir = join(folder, "lab");
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const job = (seconds: number) =>
  `setsid sleep ${seconds} >/dev/null 2>&1 </dev/null & echo $!`;
const gone = (pids: readonly number[]) =>
  eventually(() => !pids.some(isRunning) || undefined, 20_000);

describe("a lab that is stopped", () => {
  test("leaves no process, no open port and no folder", async () => {
    const lab = await startLab({ dir, hosts: 3, pools: 1 });
    const detached = Number(await output(lab, "web-01", job(71)));
    const bare = "env -i sleep 72 >/dev/null 2>&1 </dev/null & echo $!";
    const withoutMark = Number(await output(lab, "web-01", bare));
    const pids = [
      ...processesOf(dir, ["web-01", "web-02", "web-03"]),
      detached,
      withoutMark,
    ];
    expect(pids.every(isRunning)).toBe(true);
    await lab.stop();
    await lab.stopped;
    expect(pids.filter(isRunning)).toEqual([]);
    const { address, port } = hostOf(lab, "web-01");
    expect(await connectError(address, port)).toBe("ECONNREFUSED");
    expect(existsSync(dir)).toBe(false);
  });

  test("leaves what others put into its folder", async () => {
    const lab = await startLab({ dir, hosts: 1, service: false });
    writeFileSync(join(dir, "notes.txt"), "mine");
    await lab.stop();
    expect(readFileSync(join(dir, "notes.txt"), "utf8")).toBe("mine");
    expect(existsSync(join(dir, "lab.json"))).toBe(false);
  });

  test("can be stopped by its folder alone, from anywhere", async () => {
    const child = await labProcess({ dir, hosts: 2, pools: 1 });
    const pids = processesOf(dir, ["web-01", "web-02"]);
    await stopLab(dir);
    expect(pids.filter(isRunning)).toEqual([]);
    expect(existsSync(dir)).toBe(false);
    // Nothing is left that would keep its process alive.
    if (child.exitCode === null) await once(child, "exit");
  });
});

describe("a lab whose process is killed", () => {
  test("leaves no process, and its folder can be cleared or used again", async () => {
    const child = await labProcess({ dir, hosts: 2, pools: 1 });
    const pids = processesOf(dir, ["web-01", "web-02"]);
    expect(pids.every(isRunning)).toBe(true);
    child.kill("SIGKILL");
    await gone(pids);
    expect(readLabRecord(dir)?.pid).toBe(child.pid);
    const again = await startLab({ dir, hosts: 1, service: false });
    await again.stop();
    expect(existsSync(dir)).toBe(false);
  });

  test("leaves no process on systems without /proc either", async () => {
    const child = await labProcess(
      { dir, hosts: 1 },
      { LAB_REAPER_NOTES_ONLY: "1" },
    );
    const lab = readLab(dir);
    const shim = join(__dirname, "../../../lab/hosts/shims/setsid");
    const session = `perl ${shim} ${job(73).replace("setsid ", "")}`;
    const pids = [
      ...processesOf(dir, ["web-01"]),
      Number(await output(lab, "web-01", session)),
    ];
    await eventually(() => pids.every(isRunning) || undefined, 20_000);
    child.kill("SIGKILL");
    await gone(pids);
  });

  test("is cleared by stopLab", async () => {
    const child = await labProcess({ dir, hosts: 1, service: false });
    child.kill("SIGKILL");
    await once(child, "exit");
    await stopLab(dir);
    expect(existsSync(dir)).toBe(false);
  });
});

describe("a folder", () => {
  test("with other things in it is not taken, and not touched", async () => {
    mkdirSync(dir);
    writeFileSync(join(dir, "notes.txt"), "mine");
    await expect(startLab({ dir, hosts: 1 })).rejects.toMatchObject({
      type: "lab.folderInUse",
    });
    expect(readFileSync(join(dir, "notes.txt"), "utf8")).toBe("mine");
  });

  test("of a running lab is not taken", async () => {
    const lab = await startLab({ dir, hosts: 1, service: false });
    await expect(startLab({ dir, hosts: 1 })).rejects.toMatchObject({
      type: "lab.folderInUse",
    });
    expect(await output(lab, "web-01", "echo still here")).toBe("still here");
    await lab.stop();
  });

  test("without a lab is not stopped", async () => {
    await expect(stopLab(folder)).rejects.toMatchObject({
      type: "lab.notALab",
    });
  });
});
