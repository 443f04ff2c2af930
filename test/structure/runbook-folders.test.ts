import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { runbooks } from "../../runbooks/registry";

const folder = path.resolve(__dirname, "../../runbooks");

const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

const camelCase = (name: string) =>
  name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

describe("the folder runbooks/", () => {
  it("holds at least one runbook", () => {
    expect(names).not.toEqual([]);
  });

  describe.each(names)("%s", (name) => {
    it("is exported by index.ts, or no worker can run it", () => {
      const line = new RegExp(
        `export \\{[^}]*\\b${camelCase(name)}\\b[^}]*\\} from "\\./${name}/workflow"`,
      );
      expect(readFileSync(path.join(folder, "index.ts"), "utf8")).toMatch(line);
    });

    it("is listed by registry.ts, or no command knows it", () => {
      expect(runbooks.map((runbook) => runbook.name)).toContain(name);
    });

    it.each(["README.md", "contract.ts", "ids.ts", "plan.ts", "workflow.ts"])(
      "has a %s",
      (file) => {
        expect(readdirSync(path.join(folder, name))).toContain(file);
      },
    );
  });
});
