import { exitCodes, exitCodeTable, exitOf } from "../../cli/exit-codes";

test("no two exits share a number, and the table of the help lists each", () => {
  const all = Object.values(exitCodes);
  expect(new Set(all.map(({ code }) => code)).size).toBe(all.length);
  for (const { code, meaning } of all)
    expect(exitCodeTable()).toMatch(new RegExp(`^ +${code}  ${meaning}$`, "m"));
});

test.each([
  ["input.invalid", "badInput"],
  ["config.missing", "badInput"],
  ["inventory.empty", "badInput"],
  ["cli.noRun", "notFound"],
  ["temporal.unreachable", "noTemporal"],
  ["cli.alreadyRunning", "refused"],
  ["ssh.unreachable", "outOfReach"],
  ["artifacts.missing", "outOfReach"],
  ["cli.toString", "unexpected"],
  ["somebody.else", "unexpected"],
])("a failure of type %s exits by %s", (type, exit) => {
  expect(exitOf(type)).toBe(exit);
});
