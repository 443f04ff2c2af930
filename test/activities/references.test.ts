import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expandHome, resolveReference } from "../../activities/references";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "references-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("env: reads the worker's environment", async () => {
  const env = { TOKEN: " s3cret " };
  expect(await resolveReference("env:TOKEN", env)).toBe(" s3cret ");
});

test("an empty variable is a value", async () => {
  expect(await resolveReference("env:EMPTY", { EMPTY: "" })).toBe("");
});

test.each([
  ["s3cret\n", "s3cret"],
  ["s3cret\r\n", "s3cret"],
  ["s3cret\n\n", "s3cret\n"],
  ["two\nlines", "two\nlines"],
])("file: reads %j as %j", async (text, secret) => {
  const path = join(folder, "secret");
  await writeFile(path, text);
  expect(await resolveReference(`file:${path}`)).toBe(secret);
});

test("a variable that is not set is named", async () => {
  await expect(resolveReference("env:TOKEN", {})).rejects.toMatchObject({
    type: "reference.unset",
    seen: "TOKEN is not set",
    hint: "Set TOKEN in the environment of the worker, then retry.",
  });
});

test("a file that cannot be read is named", async () => {
  const path = join(folder, "absent");
  await expect(resolveReference(`file:${path}`)).rejects.toMatchObject({
    type: "reference.unreadable",
    seen: `cannot read ${path} (ENOENT)`,
  });
});

test.each(["hunter2", "env:", "vault:hunter2", ""])(
  "%j is refused without repeating it",
  async (reference) => {
    const failure = resolveReference(reference);
    await expect(failure).rejects.toMatchObject({
      type: "reference.malformed",
      failureClass: "stop",
    });
    await expect(failure).rejects.not.toThrow(/hunter2/);
  },
);

test.each([
  ["~", "/home/ops"],
  ["~/.ssh/id", "/home/ops/.ssh/id"],
  ["~other/id", "~other/id"],
  ["/a/~/b", "/a/~/b"],
])("%s stands for %s", (path, expanded) => {
  expect(expandHome(path, "/home/ops")).toBe(expanded);
});
