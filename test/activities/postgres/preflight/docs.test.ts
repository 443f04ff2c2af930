import { readFileSync } from "node:fs";
import path from "node:path";
import { checkNames } from "../../../../activities/postgres/preflight/port";

it("is documented check by check, in the order of the list", () => {
  const file = path.join(__dirname, "../../../../docs/preflight.md");
  const rows = readFileSync(file, "utf8").match(/^\| `[a-z ]+` .*\|$/gm) ?? [];
  const names = rows
    .map((row) => row.split("`")[1])
    .filter((name) => !["warn", "hold", "abort", "lost"].includes(name ?? ""));
  expect(names).toEqual([...checkNames]);
});
