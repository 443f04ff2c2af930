import { readFileSync } from "node:fs";
import path from "node:path";
import { parse as parseYaml } from "yaml";
import { configurationSchema } from "../../activities/configuration/port";
import { parse } from "../../activities/faults";

const root = path.resolve(__dirname, "../..");

test.each(["docs/windows.md", "docs/configuration.md"])(
  "the calendars of %s are what the configuration accepts",
  (page) => {
    const [, yaml = ""] =
      /```yaml\n([^]*?calendars:\n[^]*?)```/.exec(
        readFileSync(path.join(root, page), "utf8"),
      ) ?? [];
    const written = { components: {}, ...(parseYaml(yaml) as object) };
    const subject = { system: "config", what: page } as const;
    const { calendars } = parse(configurationSchema, written, subject);
    expect(Object.keys(calendars)).toContain("weeknights");
  },
);
