import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { InventorySource } from "../../../activities/inventory/port";
import { eventually } from "../../harness/eventually";
import { inventoryFolder } from "./inventory-folder";

const { at, inventory, resolve, failureOf, program } = inventoryFolder();

jest.setTimeout(180_000);

describe("a command", () => {
  it("prints hosts as a file has them, in the folder of the configuration and without a shell", async () => {
    const list = program(
      "list",
      `printf '{"defaults": {"user": "%s"}, "hosts": [{"id": "a", "address": "%s"}]}' "$1" "$(basename "$PWD")"`,
    );
    expect(await resolve({ command: [list, "$HOME;*"] })).toMatchObject([
      { id: "a", user: "$HOME;*", address: path.basename(at(".")) },
    ]);
  });

  it.each([
    [
      "commandFailed",
      "echo no such region >&2; exit 3",
      /exit code 3; it said: no such region/,
    ],
    ["commandFailed", "kill -TERM $$", /ended with SIGTERM/],
    ["notJson", "echo hosts: web1", /answered no JSON/],
    ["notJson", "", /answered nothing/],
    ["empty", "echo '[]'", /lists no host/],
    [
      "empty",
      `echo '{"_meta": {"hostvars": {}}, "all": {"children": ["ungrouped"]}}'`,
      /lists no host/,
    ],
    [
      "invalid",
      `echo '{"web": {"hosts": ["a"]}}'`,
      /web: found an unknown key/,
    ],
    [
      "invalid",
      `echo '[{"id": "a", "address": "a", "port": 0}]'`,
      /line 1, \[0\]\.port: found 0/,
    ],
    [
      "invalid",
      `echo '{"_meta": {"hostvars": {"a": {"ansible_port": "no"}}}}'`,
      /a\.port: found "no", expected a number/,
    ],
    [
      "invalid",
      `echo '{"_meta": {"hostvars": {"a b": {"x": 1}}}}'`,
      /a b\.id: found "a b"/,
    ],
  ])(
    "that goes wrong is told as inventory.%s: %s",
    async (kind, script, message) => {
      const error = await failureOf({ command: [program("list", script)] });
      expect(error.type).toBe(`inventory.${kind}`);
      expect(error.message).toMatch(message);
      expect(error.message).toContain("hint: ");
    },
  );

  it("that prints without end is stopped", async () => {
    const error = await failureOf({ command: ["yes", "x".repeat(4_000)] });
    expect(error.type).toBe("inventory.tooLarge");
    expect(error.message).toContain("more than 64 MB");
  });

  it("that is not there is told with its name", async () => {
    const error = await failureOf({ command: ["no-such-program-here"] });
    expect(error.type).toBe("inventory.commandMissing");
    expect(error.message).toContain("no-such-program-here");
  });

  it("that does not end is stopped with all that it started", async () => {
    const list = program(
      "list",
      `sleep 61 & echo $! > child; echo waits >&2; wait`,
    );
    const error = await failureOf({ command: [list], timeoutS: 0.3 });
    expect(error.type).toBe("inventory.commandTimeout");
    expect(error.message).toContain("within 0.3 s; it said: waits");
    const child = readFileSync(at("child"), "utf8").trim();
    await eventually(() => (isRunning(child) ? undefined : true), 3_000);
  });

  it("is run twice, not fifty times, by fifty hosts that fail together", async () => {
    const list = program(
      "list",
      `echo x >> calls; sleep 0.1; echo '[{"id": "a", "address": "a"}]'`,
    );
    const asked = inventory();
    const source: InventorySource = { command: [list] };
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        asked.shouldBeAlive(source, n === 0 ? "a" : `gone-${n}`),
      ),
    );
    expect(answers).toEqual([true, ...Array<boolean>(49).fill(false)]);
    expect(readFileSync(at("calls"), "utf8")).toBe("x\nx\n");
  });
});

/** A zombie has ended, though its parent has not asked yet. */
function isRunning(pid: string): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", pid]);
  return /^[^Z\s]/.test(String(stdout).trim());
}
