import { signatures } from "../../activities/egress/nat/signatures";
import { listInPage } from "./list-in-page";

const head = ["Id", "Seen", "Cause", "Proof", "What to do"];

/** As wide as prettier makes it. */
function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, at) =>
    Math.max(...rows.map((row) => row[at]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |`;
  const rule = widths.map((width) => "-".repeat(width));
  const [first = [], ...others] = rows;
  return [line(first), line(rule), ...others.map(line)].join("\n");
}

describe("a page about egress", () => {
  it("names every sign of trouble with its cause, its proof and what to do", () => {
    const rows = Object.entries(signatures).map(
      ([id, { seen, cause, proof, hint }]) => [
        `\`${id}\``,
        ...[seen, cause, proof, hint],
      ],
    );
    listInPage("docs/egress-signatures.md", tableOf([head, ...rows]));
  });
});
