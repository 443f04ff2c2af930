import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { scripts } from "../../package.json";

const root = path.resolve(__dirname, "../..");
const configuration = jest.requireActual<{
  readonly projects: readonly { readonly displayName: string }[];
}>("../../jest.config.js");
const tiers = configuration.projects.map(({ displayName }) => displayName);
const files = readdirSync(path.join(root, "test"), { recursive: true })
  .map(String)
  .filter(
    (file) => file.endsWith(".test.ts") && !file.includes("/node_modules/"),
  );

describe("the tiers of the tests", () => {
  it("are run by one script each", () => {
    const selected = Object.values(scripts).flatMap(
      (script) =>
        /--selectProjects ([a-z ]+?)(?= --|$)/.exec(script)?.[1]?.split(" ") ??
        [],
    );
    expect(selected.sort()).toEqual([...tiers].sort());
  });

  it("are told to contributors, each with its ending", () => {
    const page = readFileSync(path.join(root, "CONTRIBUTING.md"), "utf8");
    const told = [
      ...page.matchAll(/^\| (\w+) +\| `npm .*\| `\*(\.\w+)?\.test\.ts`/gm),
    ];
    const endings = told.map(([, tier, ending]) => `${tier}${ending ?? ""}`);
    // Recordings are made by hand, not tests of anything.
    const all = tiers.filter((tier) => tier !== "recording");
    expect(endings.sort()).toEqual(
      all.map((tier) => (tier === "unit" ? tier : `${tier}.${tier}`)).sort(),
    );
  });

  it("are known by the ending of each file: one that is not known would be a unit test", () => {
    const endings = files.map((file) => /\.(\w+)\.test\.ts$/.exec(file)?.[1]);
    const unknown = endings.filter(
      (ending) => ending !== undefined && !tiers.includes(ending),
    );
    expect(unknown).toEqual([]);
  });
});
