import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse as parseYaml } from "yaml";
import { configurationSchema } from "../../activities/configuration/port";
import { parse } from "../../activities/faults";
import { cli } from "../cli/run-cli";

const root = path.resolve(__dirname, "../..");
const read = (page: string): string =>
  readFileSync(path.join(root, page), "utf8");

function configurationIn(page: string) {
  const [, yaml = ""] =
    /```yaml\n([^]*?calendars:\n[^]*?)```/.exec(read(page)) ?? [];
  const written = { components: {}, ...(parseYaml(yaml) as object) };
  const subject = { system: "config", what: page } as const;
  return parse(configurationSchema, written, subject);
}

test.each(["docs/windows.md", "docs/configuration.md"])(
  "the calendars of %s are what the configuration accepts",
  (page) => {
    const { calendars } = configurationIn(page);
    expect(Object.keys(calendars)).toContain("weeknights");
  },
);

describe("docs/windows.md", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "windows-docs-"));
  const config = path.join(folder, "runbooks.json");
  afterAll(() => rmSync(folder, { recursive: true }));

  it("shows what the command really prints, digest included", async () => {
    const { calendars, ...rest } = configurationIn("docs/windows.md");
    const { holidays } = calendars;
    // The ICS files of the page are nowhere to be had.
    const dates = holidays?.exclusions.filter((one) => typeof one === "string");
    const shown = {
      ...calendars,
      holidays: { ...holidays, exclusions: dates },
    };
    writeFileSync(config, JSON.stringify({ ...rest, calendars: shown }));
    const [, session = ""] =
      /```console\n([^]*?)```/.exec(read("docs/windows.md")) ?? [];
    let printed = "";
    for (const [line, words = ""] of session.matchAll(
      /^\$ runbook ([^#\n]+).*\n/gm,
    )) {
      const argv = [...words.trim().split(" "), "--config", config];
      printed += line + (await cli(argv)).out;
    }
    expect(printed).toBe(session);
    expect(session.match(/^\$/gm)).toHaveLength(2);
  });
});
