import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const folder = path.resolve(__dirname, "../../runbooks");

const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

const camelCase = (name: string) =>
  name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

const textOf = (file: string) => readFileSync(path.join(folder, file), "utf8");

describe("the folder runbooks/", () => {
  it("holds at least one runbook", () => {
    expect(names).not.toEqual([]);
  });

  describe.each(names)("%s", (name) => {
    it("is exported by index.ts, or no worker can run it", () => {
      const line = new RegExp(
        `export \\{[^}]*\\b${camelCase(name)}\\b[^}]*\\} from "\\./${name}/workflow"`,
      );
      expect(textOf("index.ts")).toMatch(line);
    });

    it("is listed by registry.ts, or no command knows it", () => {
      expect(textOf("registry.ts")).toContain(`./${name}/`);
      expect(textOf("registry.ts")).toContain(`"${name}"`);
    });

    it.each(["README.md", "contract.ts", "ids.ts", "plan.ts", "workflow.ts"])(
      "has a %s",
      (file) => {
        expect(readdirSync(path.join(folder, name))).toContain(file);
      },
    );
  });
});
