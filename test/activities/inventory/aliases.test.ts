import { createAliases } from "../../../activities/inventory/aliases";
import { matchesGlob } from "../../../activities/inventory/glob";
import { parseSshConfig } from "../../../activities/inventory/ssh-config";

function lookUp(text: string, address: string) {
  const { settings, faults } = parseSshConfig(text, "config");
  expect(faults).toEqual([]);
  return createAliases(settings, "config")(address);
}

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was accepted");
}

describe("an SSH configuration", () => {
  it("takes the first value of each keyword, whatever its case and spelling", () => {
    const text =
      'USER=first # not second\nhost a\n\tPort = 2200\n  user second\nHost *\n  Port 1\n  HostName "10.0.0.1"\n  IdentityFile ~/.ssh/x\n';
    expect(lookUp(text, "a")).toEqual({
      ...{ address: "10.0.0.1", port: 2200, user: "first" },
    });
  });

  it("says nothing about what no pattern names", () => {
    expect(lookUp("Host web-? !web-3\n  Port 2200\n", "web-3")).toEqual({});
    expect(lookUp("Host web-? !web-3\n  Port 2200\n", "web-10")).toEqual({});
    expect(lookUp("Host !web-3\n  Port 2200\n", "web-1")).toEqual({});
    expect(lookUp("Host x web-?\n  Port 2200\n", "web-1")).toEqual({
      port: 2200,
    });
  });

  it("fills the alias into HostName", () => {
    expect(lookUp("HostName %h.x%%\n", "a")).toEqual({ address: "a.x%" });
  });

  it("follows jump hosts that are aliases, and those on the way to the first", () => {
    const text =
      "Host far\n  ProxyJump near,me@mid:23\nHost near\n  HostName 10.0.0.1\n  ProxyJump edge\nHost mid\n  HostName fd00::1\n  User other\n  ProxyJump ignored\nHost edge\n  Port 2222\n";
    expect(lookUp(text, "far")).toEqual({
      jump: ["edge:2222", "10.0.0.1", "me@[fd00::1]:23"],
    });
  });

  it("takes none for no jump, and the first of ProxyJump and ProxyCommand", () => {
    expect(
      lookUp("Host a\n  ProxyJump none\nHost *\n  ProxyJump b\n", "a"),
    ).toEqual({});
    const both = "Host a\n  ProxyJump b\nHost *\n  ProxyCommand none\n";
    expect(lookUp(both, "a")).toEqual({ jump: ["b"] });
    const other = "Host a\n  ProxyCommand none\n  ProxyJump b\n";
    expect(lookUp(other, "a")).toEqual({});
  });

  it.each([
    ["Host *\n  ProxyJump bastion\n", "leads through bastion again"],
    ["Host a\n  ProxyCommand nc %h %p\n", "found a ProxyCommand for a"],
    ["Port ssh\n", "config, line 1: found Port ssh"],
    ["HostName %n.x\n", "no token but %h"],
  ])("refuses, where it applies, %j", (text, message) => {
    expect(messageOf(() => lookUp(text, "a"))).toContain(message);
  });

  it("refuses Match blocks and lines that it cannot read, each with its place", () => {
    const text = 'Match host a\nHost "a\nPort\n== 4\n# fine\n';
    const { faults } = parseSshConfig(text, "config");
    expect(faults.map(({ path, found }) => [path, found])).toEqual([
      ["config, line 1", "a Match block"],
      ["config, line 2", '"Host \\"a"'],
      ["config, line 3", '"Port"'],
      ["config, line 4", '"== 4"'],
    ]);
  });
});

test.each([
  ["web-1", "web-*", true],
  ["web-1", "*", true],
  ["", "*", true],
  ["web-1", "web-1*", true],
  ["web-1", "web-?", true],
  ["web-10", "web-?", false],
  ["a.b", "a?b", true],
  ["axb", "a.b", false],
  ["aXbXc", "a*b*c", true],
  ["aXbX", "a*b*c", false],
  ["a".repeat(128), `${"*a".repeat(60)}*b`, false],
])("the text %s against the glob %s is %s", (text, glob, is) => {
  expect(matchesGlob(text, glob)).toBe(is);
});
