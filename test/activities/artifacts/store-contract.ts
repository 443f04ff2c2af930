import { createHash } from "node:crypto";
import type { ArtifactStore } from "../../../activities/artifacts/port";

/** What every artifact store promises; each store's test file runs it. */
export function describeStore(open: () => ArtifactStore): void {
  const key = "fleet-upgrade:prod:2026-11/run-1/plan.json";

  it("returns the text that was stored, byte for byte", async () => {
    const text = 'line\r\n"quoted" \u0000 ünïcode 🚀\n';
    const ref = await open().put(key, text);
    expect(await open().get(ref)).toBe(text);
  });

  it("names a text by key, digest and size in bytes", async () => {
    expect(await open().put("reports/ü.md".replace("ü", "u"), "é")).toEqual({
      key: "reports/u.md",
      sha256: createHash("sha256").update("é").digest("hex"),
      bytes: 2,
    });
  });

  it("keeps an empty text", async () => {
    expect(await open().get(await open().put("empty", ""))).toBe("");
  });

  it("replaces a text, and proves that an older reference no longer holds", async () => {
    const older = await open().put(key, "older");
    const newer = await open().put(key, "newer");
    expect(await open().get(newer)).toBe("newer");
    await expect(open().get(older)).rejects.toMatchObject({
      type: "artifacts.changed",
      failureClass: "human",
      message: expect.stringContaining(older.sha256),
    });
  });

  it("shows what stands under a key now, and nothing where there is nothing", async () => {
    const record = "desired/prod/app.json";
    expect(await open().peek("desired/prod/none.json")).toBeUndefined();
    await open().put(record, "older");
    await open().put(record, "neuer ü");
    expect(await open().peek(record)).toBe("neuer ü");
  });

  it("says that a text is missing", async () => {
    const ref = { key: "no/such/plan.json", sha256: "0".repeat(64), bytes: 1 };
    await expect(open().get(ref)).rejects.toMatchObject({
      type: "artifacts.missing",
      message: expect.stringContaining("no/such/plan.json"),
    });
  });

  it.each([
    "",
    "/etc/passwd",
    "../outside",
    "a/../../outside",
    "a/./b",
    "a//b",
    "a/",
    ".hidden",
    "a/.hidden",
    "a\\b",
    "a b",
    "a\u0000b",
    "a\nb",
    "-rf",
    "x".repeat(201),
    Array.from({ length: 500 }, () => "x").join("/"),
  ])("refuses the key %j", async (bad) => {
    const refused = { type: "artifacts.badKey", failureClass: "stop" };
    await expect(open().put(bad, "x")).rejects.toMatchObject(refused);
    const ref = { key: bad, sha256: "0".repeat(64), bytes: 1 };
    await expect(open().get(ref)).rejects.toMatchObject(refused);
    await expect(open().peek(bad)).rejects.toMatchObject(refused);
  });
}
