import { mkdirSync } from "node:fs";
import { inventoryFolder } from "./inventory-folder";

const { at, resolve, write, failureOf } = inventoryFolder();

describe("an SSH configuration beside the source", () => {
  it("gives aliases their place, in which the inventory's own words go first", async () => {
    mkdirSync(at("conf.d"));
    write(
      "conf.d/jump.conf",
      "Host bastion\n  HostName 10.9.9.9\n  User hop\n",
    );
    write(
      "config",
      "Include conf.d/*.conf missing.conf\nHost web-* !web-3\n  HostName %h.internal\n  Port 2200\n  ProxyJump bastion:2222\nHost *\n  User ops\n  Port 2022\n",
    );
    write(
      "hosts.yaml",
      "- { id: web-1, address: web-1 }\n- { id: web-2, address: web-2, port: 22, user: me }\n- { id: web-3, address: web-3 }\n",
    );
    const jump = ["hop@10.9.9.9:2222"];
    expect(
      await resolve({ file: "hosts.yaml", sshConfig: "config" }),
    ).toMatchObject([
      { address: "web-1.internal", port: 2200, user: "ops", jump },
      { address: "web-2.internal", port: 22, user: "me", jump },
      { address: "web-3", port: 2022, user: "ops" },
    ]);
  });

  it("that is not there is an error, for it was asked for", async () => {
    write("hosts.yaml", "- { id: a, address: a }\n");
    const error = await failureOf({ file: "hosts.yaml", sshConfig: "config" });
    expect(error.type).toBe("inventory.unreadable");
    expect(error.message).toContain("inventory.sshConfig");
  });
});
