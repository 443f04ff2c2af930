import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createFolderStore } from "../../../activities/artifacts/folder";
import { describeStore } from "./store-contract";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "runbooks-artifacts-"));
});

afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true, force: true });
});

const open = () => createFolderStore(path.join(folder, "store"));
const modeOf = (...names: string[]) =>
  statSync(path.join(folder, ...names)).mode & 0o777;

describe("the folder store", () => {
  describeStore(open);

  it("keeps what it stores from other users", async () => {
    await open().put("run/plan.json", "{}");
    expect(modeOf("store")).toBe(0o700);
    expect(modeOf("store", "run")).toBe(0o700);
    expect(modeOf("store", "run", "plan.json")).toBe(0o600);
  });

  it("leaves one whole text when many write at once, and no draft", async () => {
    const texts = Array.from({ length: 20 }, (_, index) =>
      String(index).repeat(50_000),
    );
    await Promise.all(texts.map((text) => open().put("run/plan.json", text)));
    const run = path.join(folder, "store", "run");
    expect(readdirSync(run)).toEqual(["plan.json"]);
    expect(texts).toContain(readFileSync(path.join(run, "plan.json"), "utf8"));
  });

  it("leaves no draft when the name is taken by a folder", async () => {
    mkdirSync(path.join(folder, "store/run/plan.json"), { recursive: true });
    await expect(open().put("run/plan.json", "{}")).rejects.toMatchObject({
      type: "artifacts.refused",
    });
    expect(readdirSync(path.join(folder, "store/run"))).toEqual(["plan.json"]);
  });

  it("names the folder when it cannot be written", async () => {
    writeFileSync(path.join(folder, "store"), "a file, not a folder");
    await expect(open().put("plan.json", "{}")).rejects.toMatchObject({
      message: expect.stringContaining(path.join(folder, "store")),
      failureClass: "human",
    });
  });
});
