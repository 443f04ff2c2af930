import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  customerStates,
  probeClasses,
  type Customer,
} from "../../../activities/customers/port";
import { readCustomers } from "../../../activities/customers/read-customers";
import { MemoryStore } from "./memory-store";

const page = readFileSync(
  join(__dirname, "../../../docs/customers.md"),
  "utf8",
);

test("the page tells of every class and every state, once", () => {
  const rows = [...page.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name);
  expect(rows.sort()).toEqual([...probeClasses, ...customerStates].sort());
});

test.each(["json", "csv"])(
  "the page's %s is read as it stands",
  async (kind) => {
    const [, text = ""] =
      new RegExp(`\`\`\`${kind}\n([^]*?)\`\`\``).exec(page) ?? [];
    const folder = mkdtempSync(join(tmpdir(), "page-"));
    const path = join(folder, `customers.${kind}`);
    writeFileSync(path, text);
    const artifacts = new MemoryStore();
    try {
      await readCustomers(path, {
        ...{ artifacts, folder: "runs/r1" },
        lookUp: async () => ["93.184.215.99"],
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
    const [batch = "[]"] = [...artifacts.texts.values()];
    const customers = JSON.parse(batch) as Customer[];
    expect(customers.map(({ id, canary = false }) => [id, canary])).toEqual([
      ...[
        ["shop", false],
        ["bank", false],
        ["ours", true],
      ],
    ]);
  },
);
