import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { stringify } from "yaml";
import { createInventory } from "../../../activities/inventory/client";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "runbooks-inventory-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const source = { file: "hosts.yaml" };

function write(text: string, file = source.file): void {
  writeFileSync(path.join(folder, file), text);
}

function resolve(file = source.file) {
  return createInventory({ baseDir: folder }).resolve({ file });
}

async function messageOf(text: string): Promise<string> {
  write(text);
  const error: unknown = await resolve().catch((thrown: unknown) => thrown);
  if (!(error instanceof Error)) throw new Error("the inventory was accepted");
  return error.message;
}

describe("an inventory file", () => {
  it("lists hosts, in their own order, with what each leaves out filled in", async () => {
    write("- {id: web-2, address: 10.0.0.2}\n- {id: web-1, address: w1}\n");
    const hosts = await resolve();
    expect(hosts.map(({ id }) => id)).toEqual(["web-2", "web-1"]);
    expect(hosts[0]).toEqual({
      id: "web-2",
      address: "10.0.0.2",
      port: 22,
      pool: "default",
      tags: {},
    });
  });

  it("may be JSON", async () => {
    write('[{"id": "a", "address": "10.0.0.1", "port": 2222}]', "hosts.json");
    expect(await resolve("hosts.json")).toMatchObject([
      { id: "a", port: 2222 },
    ]);
  });

  it("may name defaults, which a host overrules, tag by tag", async () => {
    write(`
defaults:
  user: ops
  port: 2200
  tags: {env: prod, role: web}
  jump: [bastion.example]
hosts:
  - {id: a, address: 10.0.0.1}
  - {id: b, address: 10.0.0.2, port: 22, tags: {role: db}}
`);
    const shared = { user: "ops", jump: ["bastion.example"] };
    expect(await resolve()).toMatchObject([
      { ...shared, id: "a", port: 2200, tags: { env: "prod", role: "web" } },
      { ...shared, id: "b", port: 22, tags: { env: "prod", role: "db" } },
    ]);
  });

  it.each([
    "bastion",
    "ops@bastion.example:2222",
    "10.0.0.9",
    "[2001:db8::1]:22",
    "ops@2001:db8::1",
  ])("takes %s as a jump host", async (jump) => {
    write(stringify([{ id: "a", address: "10.0.0.1", jump: [jump] }]));
    expect(await resolve()).toMatchObject([{ jump: [jump] }]);
  });

  it("may stand at an absolute path", async () => {
    write("- {id: a, address: 10.0.0.1}");
    expect(await resolve(path.join(folder, source.file))).toHaveLength(1);
  });
});

describe("a wrong inventory", () => {
  it.each(["", "# nobody\n", "[]", "hosts: []", "hosts:\n"])(
    "is refused as empty: %j",
    async (text) => {
      write(text);
      await expect(resolve()).rejects.toMatchObject({
        type: "inventory.empty",
        failureClass: "stop",
      });
    },
  );

  it("tells all its faults at once, each with line, finding, expectation and hint", async () => {
    expect(
      await messageOf(`defaults:
  prot: 22
  port: 99999
hosts:
  - id: web-1
    address: 10.0.0.1
    prot: 22
  - id: web-1
    address: ops@10.0.0.2
  - address: 10.0.0.3
    tags: {rack: 7}
  - id: web-4
    address: 10.0.0.4
    jump: [bastion, "ops@bastion:22", "10.0.0.4:22", "a b"]
`),
    ).toBe(`inventory ${path.join(folder, "hosts.yaml")} has 10 faults:
  line 3, defaults.port: found 99999, expected a number of at most 65535
  line 2, defaults.prot: found an unknown key, expected port, user, pool, zone, site, tags, jump or bootIdProbe; did you mean port?
  line 7, hosts[0].prot: found an unknown key, expected id, name, address, port, user, pool, zone, site, tags, fingerprint, jump or bootIdProbe; did you mean port?
  line 10, hosts[2].id: found nothing, expected text
  line 11, hosts[2].tags.rack: found 7, expected text
  line 8, hosts[1].id: found "web-1", expected an id that no other host has; hosts[0] has it too
  line 9, hosts[1].address: found "ops@10.0.0.2", expected a name or an address; the user stands under user
  line 14, hosts[3].jump[1]: found ops@bastion:22, expected each jump host once
  line 14, hosts[3].jump[2]: found 10.0.0.4:22, expected a machine on the way to this host, not the host itself
  line 14, hosts[3].jump[3]: found a b, expected [user@]address[:port]
hint: Correct each line above and start again; nothing has been touched.`);
  });

  it("names the line in a bare list too", async () => {
    expect(
      await messageOf("- {id: a, address: h}\n- {id: b, adress: h}\n"),
    ).toContain("line 2, [1].adress");
  });

  it("points to the port when it stands in the address", async () => {
    expect(await messageOf("- {id: a, address: 10.0.0.1:2222}")).toContain(
      "the port stands under port",
    );
  });

  it.each(["host1", "hosts: web-1", "hosts: {web-1: {}}", "{}", "42"])(
    "is refused when it is no list of hosts: %j",
    async (text) => {
      write(text);
      await expect(resolve()).rejects.toMatchObject({
        type: "inventory.invalid",
      });
    },
  );

  it.each([
    ["hosts.yaml", "- {id: a, address: h\n- b"],
    ["hosts.yaml", "id: a\nid: b\n"],
    ["hosts.json", "[{]"],
  ])("says where it cannot be parsed (%s)", async (file, text) => {
    write(text, file);
    await expect(resolve(file)).rejects.toMatchObject({
      type: "inventory.malformed",
      failureClass: "stop",
      message: expect.stringContaining(path.join(folder, file)),
    });
  });

  it("says which file cannot be read", async () => {
    await expect(resolve("absent.yaml")).rejects.toMatchObject({
      type: "inventory.unreadable",
      failureClass: "human",
      message: expect.stringContaining(path.join(folder, "absent.yaml")),
    });
  });
});

describe("asked whether a host should be alive", () => {
  it("reads the file again, so that a removed host is gone at once", async () => {
    const inventory = createInventory({ baseDir: folder });
    write("- {id: a, address: h}\n- {id: b, address: h2}\n");
    await inventory.resolve(source);
    expect(await inventory.shouldBeAlive(source, "b")).toBe(true);
    write("- {id: a, address: h}\n");
    expect(await inventory.shouldBeAlive(source, "b")).toBe(false);
    expect(await inventory.shouldBeAlive(source, "a")).toBe(true);
    write("- {id: a, address: h}\n- {id: b, address: h2}\n");
    expect(await inventory.shouldBeAlive(source, "b")).toBe(true);
  });

  it.each(["", "[]", "- {id: 7}", "{ broken"])(
    "says yes when the file cannot tell: %j",
    async (text) => {
      const inventory = createInventory({ baseDir: folder });
      write("- {id: a, address: h}\n");
      await inventory.resolve(source);
      write(text);
      expect(await inventory.shouldBeAlive(source, "a")).toBe(true);
      expect(await inventory.shouldBeAlive(source, "never-listed")).toBe(true);
    },
  );

  it("says yes when the file is away", async () => {
    const inventory = createInventory({ baseDir: folder });
    expect(await inventory.shouldBeAlive(source, "a")).toBe(true);
  });
});
