import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import {
  postgresFailures,
  type PostgresFailure,
} from "../../activities/postgres/errors";
import { recordedFailures } from "../activities/postgres/recorded-failures";

const page = path.resolve(__dirname, "../../docs/postgres-failures.md");
const begin = /<!-- failures: .* -->\n/;
const end = "<!-- end of failures -->";

/** In the order of a person who looks a name up. */
function listOfFailures(): string {
  const kinds = Object.keys(postgresFailures).sort() as PostgresFailure[];
  const items = kinds.map((kind) => {
    const { class: failureClass, hint } = postgresFailures[kind];
    const seen = recordedFailures
      .filter((recorded) => recorded.kind === kind)
      .map(({ when }) => when);
    const examples =
      seen.length === 0
        ? ""
        : `\n  _For example when ${seen.join("; when ")}._`;
    return `- \`postgres.${kind}\` (${failureClass}): ${hint}${examples}`;
  });
  return items.join("\n");
}

describe("the page of PostgreSQL's failures", () => {
  it("has the list of the code, with class, hint and examples", () => {
    const text = readFileSync(page, "utf8");
    const start = begin.exec(text);
    if (start === null) throw new Error(`${page} has no mark for the list`);
    const head = text.slice(0, start.index + start[0].length);
    const renewed = `${head}\n${listOfFailures()}\n\n${end}\n`;
    if (process.env["UPDATE_DOCS"] === "1") writeFileSync(page, renewed);
    expect(readFileSync(page, "utf8")).toBe(renewed);
  });
});
