import { hostsOfAnsible } from "../../../activities/inventory/ansible";

const hostsOf = (groups: object, hostvars: Record<string, unknown> = {}) =>
  hostsOfAnsible({ _meta: { hostvars }, ...groups }, "the test");

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was accepted");
}

describe("what ansible-inventory prints", () => {
  const pools = (groups: object, hostvars = {}) =>
    hostsOf(groups, hostvars).map(({ id, pool }) => [id, pool]);

  it("gives a host the first group of the tree that has no groups below", () => {
    expect(
      pools({
        all: { children: ["ungrouped", "site", "late"] },
        site: { children: ["web", "db"], hosts: ["a"] },
        late: { hosts: ["c", "d"] },
        web: { hosts: ["b", "c"] },
        db: { hosts: ["a", "b"] },
        ungrouped: { hosts: ["e"] },
      }),
    ).toEqual([
      ["e", undefined],
      ["a", "db"],
      ["b", "web"],
      ["c", "web"],
      ["d", "late"],
    ]);
  });

  it("gives a host of a group that has groups below that group", () => {
    expect(
      pools({
        all: { children: ["site"] },
        site: { hosts: ["a"], children: ["web"] },
        web: {},
      }),
    ).toEqual([["a", "site"]]);
  });

  it("lets runbook_pool go first", () => {
    expect(
      pools({ web: { hosts: ["a"] } }, { a: { runbook_pool: "blue" } }),
    ).toEqual([["a", "blue"]]);
  });

  it("merges variables from the top down, groups of one depth by name, the host's own last", () => {
    const vars = (x: string, more = {}) => ({ vars: { x, [x]: "1", ...more } });
    const [host] = hostsOf(
      {
        all: { children: ["zoo", "ant"], ...vars("all", { y: "all" }) },
        zoo: { children: ["leaf"], ...vars("zoo") },
        ant: { hosts: ["a"], ...vars("ant") },
        leaf: { hosts: ["a"], ...vars("leaf") },
      },
      { a: { y: "own" } },
    );
    expect(host).toMatchObject({
      tags: { x: "leaf", y: "own", all: "1", zoo: "1", ant: "1", leaf: "1" },
    });
  });

  it("survives groups that lead in a circle", () => {
    expect(
      pools({ x: { children: ["y"], hosts: ["a"] }, y: { children: ["x"] } }),
    ).toEqual([["a", "x"]]);
  });

  it("understands the old names of variables and numbers in quotes", () => {
    expect(
      hostsOf(
        {},
        {
          a: {
            ansible_ssh_host: "10.0.0.1",
            ansible_ssh_port: "2222",
            ansible_ssh_user: "ops",
          },
        },
      ),
    ).toMatchObject([{ address: "10.0.0.1", port: 2222, user: "ops" }]);
  });

  it.each(["db_password", "API_TOKEN", "secret", "ssh_key", "aws_credentials"])(
    "makes no tag of %s",
    (name) => {
      expect(
        hostsOf({}, { a: { [name]: "x", rack: 7, on: true } }),
      ).toMatchObject([{ tags: { rack: "7", on: "true" } }]);
      expect(JSON.stringify(hostsOf({}, { a: { [name]: "x" } }))).not.toContain(
        name,
      );
    },
  );

  it("makes no tag of lists, vaults, templates and long texts", () => {
    const vault = { __ansible_vault: "$ANSIBLE_VAULT" };
    expect(
      hostsOf(
        {},
        {
          a: {
            vault,
            list: [1],
            tpl: "{{ x }}",
            long: "x".repeat(257),
            none: null,
          },
        },
      ),
    ).toMatchObject([{ tags: {} }]);
  });

  it("leaves out what Ansible does not reach over SSH", () => {
    expect(
      pools(
        {},
        {
          a: { ansible_connection: "local" },
          b: { ansible_connection: "ssh" },
          c: { ansible_connection: "winrm" },
        },
      ),
    ).toEqual([["b", undefined]]);
  });

  it.each<[string, string[] | undefined]>([
    ["-o ProxyJump=ops@b:2222", ["ops@b:2222"]],
    ["-C -oProxyJump=a,b -o ControlMaster=auto", ["a", "b"]],
    ['-o "ProxyJump a"', ["a"]],
    ["-J ssh://a", ["a"]],
    ["-o ProxyJump=none", undefined],
    ["-o ControlPersist=60s", undefined],
    [`-o ProxyCommand="ssh -W %h:%p -q ops@b"`, ["ops@b"]],
    [
      `-o 'ProxyCommand=/usr/bin/ssh -p 2222 -l ops b -W "%h:%p"'`,
      ["ops@b:2222"],
    ],
  ])("reads the way to a host from %s", (args, jump) => {
    const [host] = hostsOf({}, { a: { ansible_ssh_common_args: args } });
    expect(host?.["jump"]).toEqual(jump);
  });

  it("refuses, for all hosts at once, ways that only Ansible understands", () => {
    const message = messageOf(() =>
      hostsOf(
        {},
        {
          a: { ansible_ssh_common_args: "-o ProxyCommand='nc -x proxy %h %p'" },
          b: { ansible_host: "{{ ip }}" },
        },
      ),
    );
    expect(message).toContain("has 2 faults:");
    expect(message).toContain(
      "a.ansible_ssh_common_args: found a ProxyCommand",
    );
    expect(message).toContain("b.ansible_host: found a template");
  });
});
