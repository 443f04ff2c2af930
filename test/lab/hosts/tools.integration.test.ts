import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../../../lab/hosts/lab";
import { output, run } from "./lab-client";
import { useLab } from "./use-lab";

let lab: Lab;

useLab({ hosts: 6, service: false, applyMs: 20 }, (started) => {
  lab = started;
});

describe("the tools of a lab host", () => {
  test("app-ctl installs, goes back, and leaves one line for each effect", async () => {
    const id = "app-01";
    await output(
      lab,
      id,
      "app-ctl fetch 2.0.0 && RUNBOOK_KEY=k1 app-ctl apply 2.0.0 && app-ctl ready",
    );
    expect(await output(lab, id, "app-ctl version")).toBe("2.0.0");
    await output(lab, id, "app-ctl undo");
    expect(await output(lab, id, "app-ctl version")).toBe("1.0.0");
    const log = lab.log(id, "app-ctl");
    expect(log.match(/^\d+ apply 2\.0\.0 key=k1$/gm)).toHaveLength(1);
    expect(log.match(/^\d+ begin apply 2\.0\.0 key=k1$/gm)).toHaveLength(1);
    expect(log.match(/^\d+ end apply 2\.0\.0 key=k1 exit=0$/gm)).toHaveLength(
      1,
    );
    expect(await run(lab, id, "app-ctl undo")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no previous release") as string,
    });
  });

  test("applying the same version again keeps the way back", async () => {
    const id = "worker-01";
    await output(
      lab,
      id,
      "app-ctl apply 2.0.0 && app-ctl apply 2.0.0 && app-ctl undo",
    );
    expect(await output(lab, id, "app-ctl version")).toBe("1.0.0");
  });

  test.each(["", "explode", "apply", "apply ../x", "apply 1 2", "drain 1"])(
    "app-ctl refuses %j and logs nothing",
    async (words) => {
      expect(await run(lab, "batch-01", `app-ctl ${words}`)).toMatchObject({
        code: 64,
      });
      expect(lab.log("batch-01", "app-ctl")).toBe("");
    },
  );

  test("sudo runs the command, whatever its options", async () => {
    const words = await output(
      lab,
      "web-01",
      "sudo -n -H -u root -- printf '%s|' a 'b c'; sudo -n X=1 sh -c 'echo $X'; sudo -n true",
    );
    expect(words).toBe("a|b c|1");
  });

  test("apt-get keeps a state of its own", async () => {
    await output(
      lab,
      "web-01",
      "sudo apt-get -y -o X=y install nginx=1.27 curl && apt-get -qq remove curl",
    );
    const status = readFileSync(
      join(lab.hostRoot("web-01"), "var/lib/dpkg/status"),
      "utf8",
    );
    expect(status).toContain(
      "Package: nginx\nStatus: install ok installed\nVersion: 1.27",
    );
    expect(status).not.toContain("curl");
  });

  test.each(["shutdown -h now", "systemd-run true", "dpkg -i x.deb", "mount"])(
    "%s does not reach the machine below",
    async (command) => {
      expect(await run(lab, "web-01", command)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining(
          "not available on a lab host",
        ) as string,
      });
    },
  );

  test("the lab's own setsid begins a session and notes it", async () => {
    const shim = join(__dirname, "../../../lab/hosts/shims/setsid");
    const report = "ps -o pid=,pgid= -p $$; ls $HOST_ROOT/../../run/groups";
    const text = await output(
      lab,
      "web-01",
      `perl ${shim} -w sh -c '${report}'`,
    );
    const [pid, pgid] = text.trim().split(/\s+/);
    expect(pgid).toBe(pid);
    expect(text).toContain(`web-01.${pid ?? ""}`);
    expect(
      await run(lab, "web-01", `perl ${shim} -w sh -c 'exit 7'`),
    ).toMatchObject({ code: 7 });
    expect(
      await run(lab, "web-01", `perl ${shim} -w no-such-command`),
    ).toMatchObject({ code: 127 });
  });
});
