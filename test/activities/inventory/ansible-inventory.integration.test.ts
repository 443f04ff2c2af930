import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { describeWhen } from "../../harness/describe-when";
import { inventoryFolder } from "./inventory-folder";

const { at, inventory, resolve, write, failureOf } = inventoryFolder();

// Ansible itself takes seconds to start on a busy machine.
jest.setTimeout(180_000);

const noAnsible =
  spawnSync("ansible-inventory", ["--version"]).status === 0
    ? undefined
    : "needs ansible-inventory (Debian: ansible-core)";

describeWhen(noAnsible)("the real ansible-inventory --list", () => {
  const command = ["ansible-inventory", "-i", "hosts.ini", "--list"];

  beforeEach(() => {
    write(
      "hosts.ini",
      `
control ansible_connection=local
lone ansible_host=10.0.0.9
[web]
web[1:2] ansible_user=deploy
[db]
db1 ansible_port=2222 rack=r7
[prod:children]
web
db
[prod:vars]
runbook_zone=eu
nodes=3
db_password=hunter2
ansible_ssh_common_args='-o ProxyJump=ops@bastion:2200'
`,
    );
    mkdirSync(at("group_vars"));
    write(
      "group_vars/db.yml",
      "runbook_pool: databases\nmotd: '{{ banner }}'\nlisten: [1, 2]\n",
    );
  });

  const common = {
    zone: "eu",
    jump: ["ops@bastion:2200"],
  };
  const expected = [
    {
      id: "lone",
      name: "lone",
      address: "10.0.0.9",
      port: 22,
      pool: "default",
    },
    ...["web1", "web2"].map((id) => ({
      ...{ id, name: id, address: id, port: 22, pool: "web", user: "deploy" },
      ...common,
      tags: { nodes: "3" },
    })),
    {
      ...{ id: "db1", name: "db1", address: "db1", port: 2222 },
      pool: "databases",
      ...common,
      tags: { nodes: "3", rack: "r7" },
    },
  ];

  it("is understood as it is, with variables of groups and hosts", async () => {
    const hosts = await resolve({ command });
    expect(hosts).toEqual(expected.map((host) => ({ tags: {}, ...host })));
    expect(JSON.stringify(hosts)).not.toContain("hunter2");
  });

  it("means the same with --export, which keeps the variables of groups apart", async () => {
    expect(await resolve({ command: [...command, "--export"] })).toEqual(
      await resolve({ command }),
    );
  });

  it("tells at the moment whether a host is still expected, and yes when it cannot answer", async () => {
    const asked = inventory();
    const source = { command };
    expect(await asked.shouldBeAlive(source, "web2")).toBe(true);
    const file = at("hosts.ini");
    write("hosts.ini", readFileSync(file, "utf8").replace("[1:2]", "[1:1]"));
    expect(await asked.shouldBeAlive(source, "web2")).toBe(false);
    write("hosts.ini", "[web\n");
    write("ansible.cfg", "[inventory]\nunparsed_is_failed = true\n");
    expect(await asked.shouldBeAlive(source, "web2")).toBe(true);
  });

  it("tells what ansible-inventory complains about", async () => {
    write("ansible.cfg", "[inventory]\nunparsed_is_failed = true\n");
    write("hosts.ini", "[web\n");
    const error = await failureOf({ command });
    expect(error.type).toBe("inventory.commandFailed");
    expect(error.message).toMatch(/exit code \d+; it said: .*hosts\.ini/s);
  });
});
