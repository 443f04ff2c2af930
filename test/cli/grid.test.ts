import { grid } from "../../cli/grid";
import { pool } from "./hosts";

const size = { columns: 60, rows: 20, isColored: false };

describe("the grid", () => {
  it("gives each host a sign, each pool a line with its count, and explains the signs in use", () => {
    const hosts = [...pool("web", "uuiiwwq"), ...pool("db", "sge")];
    expect(grid(hosts, size)).toEqual([
      "web  ##>>..!  2 of 7",
      "db   =ox  3 of 3",
      "# 2 upgraded   = 1 unchanged   o 1 gone   > 2 in work   . 2 waiting   ! 1 quarantined   x 1 failed",
    ]);
  });

  it("breaks a long pool into lines, with the name on the first and the count on the last", () => {
    const lines = grid(pool("web", "u".repeat(25)), { ...size, columns: 30 });
    expect(lines).toEqual([
      `web  ${"#".repeat(15)}`,
      `     ${"#".repeat(10)}  25 of 25`,
      "# 25 upgraded",
    ]);
  });

  it("never shows more lines than it may, and shows trouble before all else where hosts share a sign", () => {
    const web = `${"u".repeat(500)}q${"u".repeat(499)}`;
    const hosts = [...pool("web", web), ...pool("db", "w".repeat(1000))];
    const lines = grid(hosts, { ...size, columns: 80, rows: 6 });
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^web {2}#+!#+ {2}999 of 1000$/);
    expect(lines[1]).toMatch(/^db {3}\.+ {2}0 of 1000$/);
    for (const line of lines.slice(0, 2)) expect(line.length).toBeLessThan(80);
  });

  it("colours signs only when asked", () => {
    const [line = ""] = grid(pool("web", "u"), { ...size, isColored: true });
    expect(line).toContain("\u001b[32m#\u001b[0m");
    expect(grid(pool("web", "u"), size).join()).not.toContain("\u001b");
  });

  it("is nothing when there are no hosts yet", () => {
    expect(grid([], size)).toEqual([]);
  });
});
