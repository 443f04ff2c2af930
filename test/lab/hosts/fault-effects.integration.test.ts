import type { Lab } from "../../../lab/hosts/lab";
import { eventually } from "../../harness/eventually";
import {
  call,
  closed,
  connectError,
  connectTo,
  finished,
  hostOf,
  inventoryIds,
  open,
  output,
  run,
} from "./lab-client";
import { isRunning } from "./processes";
import { useLab } from "./use-lab";

let lab: Lab;

useLab(
  {
    hosts: 10,
    applyMs: 100,
    rebootMs: 200,
    faults: ["batch-01:fail@precheck"],
  },
  (started) => {
    lab = started;
  },
);

const effects = (id: string, verb: string) =>
  lab.log(id, "app-ctl").match(new RegExp(`^\\d+ ${verb} `, "gm"))?.length ?? 0;
const detached = (command: string) =>
  `setsid sh -c '${command}' >/dev/null 2>&1 </dev/null &`;
const place = (id: string): [string, number] => {
  const { address, port } = hostOf(lab, id);
  return [address, port];
};

describe("a fault", () => {
  test("given at the start strikes", async () => {
    expect(await run(lab, "batch-01", "app-ctl precheck")).toMatchObject({
      code: 1,
      stderr: "app-ctl: precheck: failed, as the lab was told\n",
    });
  });

  test("fail: the verb fails before its effect, until cleared", async () => {
    await lab.setFault("web-01:fail@apply");
    expect(
      await run(lab, "web-01", "app-ctl apply 2.0.0; app-ctl apply 2.0.0"),
    ).toMatchObject({ code: 1 });
    expect(effects("web-01", "apply")).toBe(0);
    await lab.clearFaults();
    await output(lab, "web-01", "app-ctl apply 2.0.0");
    expect(effects("web-01", "apply")).toBe(1);
  });

  test("fail*2: strikes twice", async () => {
    await lab.setFault("web-02:fail@drain*2");
    const codes = "for n in 1 2 3; do app-ctl drain 2>/dev/null; echo $?; done";
    expect(await output(lab, "web-02", codes)).toBe("1\n1\n0");
  });

  test("strikes only the hosts it names", async () => {
    await lab.setFault("web-*:fail@undrain*1");
    expect(await run(lab, "app-01", "app-ctl undrain")).toMatchObject({
      code: 0,
    });
    expect(await run(lab, "web-02", "app-ctl undrain")).toMatchObject({
      code: 1,
    });
  });

  test("diskfull: the verb meets a full disk", async () => {
    await lab.setFault("app-01:diskfull@apply*1");
    expect(await run(lab, "app-01", "app-ctl apply 2.0.0")).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /write .*: No space left on device/,
      ) as string,
    });
    expect(effects("app-01", "apply")).toBe(0);
  });

  test("slow: the verb takes longer", async () => {
    await lab.setFault(["app-01:slow:300ms@drain*1", "app-02:slow:200ms*1"]);
    for (const [id, ms] of [
      ["app-01", 300],
      ["app-02", 200],
    ] as const) {
      const began = Date.now();
      await output(lab, id, "app-ctl drain");
      expect(Date.now() - began).toBeGreaterThanOrEqual(ms);
    }
  });

  test("hang: the verb ends when the fault is cleared", async () => {
    await lab.setFault("app-01:hang@precheck");
    const client = await connectTo(lab, "app-01");
    const hanging = finished(await open(client, "app-ctl precheck"));
    await eventually(
      () =>
        lab.log("app-01", "app-ctl").includes("begin precheck") || undefined,
      20_000,
    );
    expect(lab.log("app-01", "app-ctl")).not.toContain("end precheck");
    await lab.clearFaults();
    expect(await hanging).toMatchObject({ code: 0 });
    client.end();
  });

  test("wrongversion: version answers another one", async () => {
    await lab.setFault("app-01:wrongversion*1");
    expect(
      await output(lab, "app-01", "app-ctl version; app-ctl version"),
    ).toBe("0.0.0-wrong\n1.0.0");
  });

  test("auth: the right key is turned away", async () => {
    await lab.setFault("app-01:auth*1");
    await expect(connectTo(lab, "app-01")).rejects.toThrow(
      "authentication methods failed",
    );
    expect(await output(lab, "app-01", "echo in")).toBe("in");
  });

  test("refuse: nothing listens, while the inventory knows the host", async () => {
    await lab.setFault("app-01:refuse");
    expect(await connectError(...place("app-01"))).toBe("ECONNREFUSED");
    expect(inventoryIds(lab)).toContain("app-01");
    await lab.clearFaults();
    expect(await output(lab, "app-01", "echo back")).toBe("back");
  });

  test("vanish: nothing listens and the inventory does not know the host", async () => {
    const client = await connectTo(lab, "app-01");
    const cut = closed(client);
    await lab.setFault("app-01:vanish");
    await cut;
    expect(await connectError(...place("app-01"))).toBe("ECONNREFUSED");
    expect(inventoryIds(lab)).not.toContain("app-01");
    await lab.clearFaults();
    expect(inventoryIds(lab)).toEqual(lab.hosts.map(({ id }) => id));
    expect(await output(lab, "app-01", "echo back")).toBe("back");
  });
});

describe("reset in the middle of a verb", () => {
  test("cuts the connection, and the attached command has no effect", async () => {
    await lab.setFault("web-03:reset@apply");
    const before = effects("web-03", "apply");
    expect(await run(lab, "web-03", "app-ctl apply 3.0.0")).toMatchObject({
      code: undefined,
    });
    const log = lab.log("web-03", "app-ctl");
    expect(log).toContain("begin apply 3.0.0");
    expect(effects("web-03", "apply")).toBe(before);
    expect(log).not.toContain("end apply");
  });

  test("strikes once; the detached command goes on and has its effect once", async () => {
    await lab.setFault("web-04:reset@apply");
    const client = await connectTo(lab, "web-04");
    const cut = closed(client);
    await open(client, detached("app-ctl apply 3.0.0"));
    await cut;
    await eventually(
      () => lab.log("web-04", "app-ctl").includes("end apply") || undefined,
      20_000,
    );
    expect(effects("web-04", "apply")).toBe(1);
    await output(lab, "web-04", "app-ctl apply 3.0.0");
    expect(effects("web-04", "apply")).toBe(2);
  });
});

const bootId = (id: string) => output(lab, id, "cat $HOST_ROOT/proc/boot_id");
/** Resolves when the host answers under another boot id. */
const bootedSince = (id: string, before: string) =>
  eventually(async () => (await bootId(id)) !== before || undefined, 20_000);

describe("a reboot", () => {
  test("in the middle of a verb ends even detached processes, and the service comes back", async () => {
    const before = await bootId("batch-01");
    await lab.setFault("batch-01:reboot@apply");
    const bystander = Number(
      await output(lab, "batch-01", `${detached("sleep 65")} echo $!`),
    );
    await output(lab, "batch-01", detached("app-ctl apply 3.0.0"));
    await bootedSince("batch-01", before);
    expect(isRunning(bystander)).toBe(false);
    expect(lab.log("batch-01", "app-ctl")).not.toContain("end apply");
    expect(effects("batch-01", "apply")).toBe(0);
    expect(
      await output(
        lab,
        "batch-01",
        "LAB_READY_MS=20000 app-ctl ready; app-ctl version",
      ),
    ).toBe("ready\n1.0.0");
  });

  test.each(["sudo reboot", "systemctl reboot"])(
    "%s does the same",
    async (command) => {
      const before = await bootId("app-02");
      expect(await run(lab, "app-02", command)).toMatchObject({
        code: undefined,
      });
      await bootedSince("app-02", before);
    },
  );

  test("leaves the other hosts alone", async () => {
    const client = await connectTo(lab, "app-03");
    const channel = await open(client, "read line; echo $line");
    const job = Number(
      await output(lab, "app-03", `${detached("sleep 66")} echo $!`),
    );
    await lab.happen("app-02", "reboot");
    expect(isRunning(job)).toBe(true);
    channel.end("still here\n");
    expect((await finished(channel)).stdout).toBe("still here\n");
    process.kill(job, "SIGKILL");
    client.end();
  });
});

describe("the control API", () => {
  const url = (path: string) => `${lab.controlUrl}${path}`;

  test("tells how the lab is", async () => {
    const { text } = await call("GET", url("/status"));
    expect(JSON.parse(text)).toMatchObject({
      hosts: 10,
      up: 10,
      pid: process.pid,
    });
    const hosts = JSON.parse(
      (await call("GET", url("/hosts"))).text,
    ) as unknown[];
    expect(hosts[0]).toMatchObject({
      id: "web-01",
      state: "up",
      connections: 0,
    });
  });

  test("sets and clears faults", async () => {
    const body = { faults: ["web-01:fail@drain"] };
    expect(await call("POST", url("/faults"), { body })).toMatchObject({
      status: 200,
    });
    expect(await run(lab, "web-01", "app-ctl drain")).toMatchObject({
      code: 1,
    });
    await call("DELETE", url("/faults"));
    expect(await run(lab, "web-01", "app-ctl drain")).toMatchObject({
      code: 0,
    });
  });

  test("refuses bad faults with all that is wrong, and sets none", async () => {
    const body = { faults: ["web-01:fail@drain", "fail", "web-99:auth"] };
    const { status, text } = await call("POST", url("/faults"), { body });
    expect(status).toBe(400);
    expect(text).toMatch(/faults\[1\].*faults\[2\].*hint/);
    expect(await run(lab, "web-01", "app-ctl drain")).toMatchObject({
      code: 0,
    });
  });

  test("lets a host vanish, appear and boot again", async () => {
    await call("POST", url("/hosts/web-02/vanish"));
    expect(inventoryIds(lab)).not.toContain("web-02");
    await call("POST", url("/hosts/web-02/appear"));
    expect(inventoryIds(lab)).toContain("web-02");
    const before = await bootId("web-02");
    const answer = await call("POST", url("/hosts/web-02/reboot"));
    expect(answer.status).toBe(202);
    await bootedSince("web-02", before);
  });

  test.each([
    ["POST", "/hosts/web-99/reboot", 404],
    ["POST", "/hosts/web-01/explode", 404],
    ["GET", "/nothing", 404],
    ["POST", "/faults", 400],
  ])("answers %s %s with %i", async (method, path, status) => {
    expect(await call(method, url(path))).toMatchObject({ status });
  });

  test("does not listen to web pages", async () => {
    const headers = { origin: "http://evil.example" };
    expect(await call("DELETE", url("/faults"), { headers })).toMatchObject({
      status: 403,
    });
  });
});
