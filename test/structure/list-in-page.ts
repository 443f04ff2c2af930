import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * A list of the code stands in a page for people, between its marks; `UPDATE_DOCS=1 npx jest test/structure` renews it.
 *
 * @param page from the root of the repository on
 */
export function listInPage(page: string, list: string): void {
  const file = path.resolve(__dirname, "../..", page);
  const text = readFileSync(file, "utf8");
  const begin = /<!-- the list of the code, .* -->\n/.exec(text);
  const end = text.indexOf("<!-- end of the list -->");
  if (begin === null || end < 0)
    throw new Error(`${file} has no marks for its list`);
  const head = text.slice(0, begin.index + begin[0].length);
  const renewed = `${head}\n${list}\n\n${text.slice(end)}`;
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(file, renewed);
  expect(readFileSync(file, "utf8")).toBe(renewed);
}
