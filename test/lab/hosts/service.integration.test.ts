import type { Lab } from "../../../lab/hosts/lab";
import { eventually } from "../../harness/eventually";
import { call, connectError, hostOf, output, run } from "./lab-client";
import { isRunning } from "./processes";
import { useLab } from "./use-lab";

let lab: Lab;

useLab(
  {
    hosts: 4,
    pools: 1,
    applyMs: 0,
    serviceWorkers: 3,
  },
  (started) => {
    lab = started;
  },
);

interface Health {
  readonly version: string;
  readonly workers: readonly {
    readonly pid: number;
    readonly version: string;
    readonly ready: boolean;
  }[];
}

const urlOf = (id: string) => hostOf(lab, id).serviceUrl ?? "";
const health = async (id: string) =>
  JSON.parse((await call("GET", `${urlOf(id)}/health`)).text) as Health;
const settled = (id: string, version: string) =>
  eventually(async () => {
    const { workers } = await health(id);
    const good = workers.every(
      (worker) => worker.ready && worker.version === version,
    );
    return (good && workers.length === 3) || undefined;
  }, 20_000);

interface Load {
  /** How often each text was answered. */
  readonly answers: ReadonlyMap<string, number>;
  readonly errors: readonly string[];
}

/** Asks again and again, several at once, while the work goes on. */
async function underLoad(
  url: string,
  work: () => Promise<void>,
): Promise<Load> {
  const answers = new Map<string, number>();
  const errors: string[] = [];
  let going = true;
  const ask = async (): Promise<void> => {
    while (going) {
      try {
        const { status, text } = await call("GET", url);
        if (status !== 200) errors.push(String(status));
        answers.set(text, (answers.get(text) ?? 0) + 1);
      } catch (error) {
        errors.push(String(error));
      }
    }
  };
  const clients = Array.from({ length: 8 }, ask);
  try {
    await work();
  } finally {
    going = false;
    await Promise.all(clients);
  }
  return { answers, errors };
}

describe("the service of a lab host", () => {
  test("tells its version and its workers", async () => {
    const { version, workers } = await health("web-01");
    expect(version).toBe("1.0.0");
    expect(workers).toHaveLength(3);
    expect(workers.every(({ ready, pid }) => ready && isRunning(pid))).toBe(
      true,
    );
    expect((await call("GET", `${urlOf("web-01")}/nothing`)).status).toBe(404);
  });

  test("loses no request during rolling restarts under load", async () => {
    const before = await health("web-01");
    const versions = ["2.0.0", "3.0.0", "4.0.0"];
    const { answers, errors } = await underLoad(urlOf("web-01"), async () => {
      for (const version of versions) {
        const upgrade = `app-ctl apply ${version} && app-ctl restart && LAB_READY_MS=20000 app-ctl ready`;
        await output(lab, "web-01", upgrade);
        await settled("web-01", version);
      }
    });
    expect(errors).toEqual([]);
    expect([...answers.keys()].sort()).toEqual(["1.0.0", ...versions]);
    const old = before.workers.map(({ pid }) => pid);
    await eventually(() => !old.some(isRunning) || undefined, 20_000);
  });

  test("finishes the request that an old worker is at", async () => {
    const slow = call("GET", `${urlOf("web-02")}/slow`);
    await output(
      lab,
      "web-02",
      "app-ctl apply 2.0.0 && app-ctl restart && LAB_READY_MS=20000 app-ctl ready",
    );
    expect(await slow).toEqual({ status: 200, text: "1.0.0" });
  });

  test("goes on with the old version when the new one never becomes ready", async () => {
    await output(
      lab,
      "web-03",
      "app-ctl apply 2.0.0-broken && app-ctl restart",
    );
    expect(await run(lab, "web-03", "app-ctl ready")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        "4 of 4 workers are not ready at 2.0.0-broken",
      ) as string,
    });
    expect(await output(lab, "web-03", "app-ctl version")).toBe("1.0.0");
    expect((await call("GET", urlOf("web-03"))).text).toBe("1.0.0");
    await output(
      lab,
      "web-03",
      "app-ctl undo && app-ctl restart && LAB_READY_MS=20000 app-ctl ready",
    );
    await settled("web-03", "1.0.0");
  });

  test("answers the running version, not the installed one", async () => {
    await output(lab, "web-04", "app-ctl apply 2.0.0");
    expect(await output(lab, "web-04", "app-ctl version")).toBe("1.0.0");
    expect(await run(lab, "web-04", "app-ctl ready")).toMatchObject({
      code: 1,
    });
    expect(
      await output(
        lab,
        "web-04",
        "systemctl restart app && LAB_READY_MS=20000 app-ctl ready && app-ctl version",
      ),
    ).toBe("ready\n2.0.0");
  });

  test("replaces a worker that died", async () => {
    const { workers } = await health("web-04");
    const victim = workers[0]?.pid ?? 0;
    process.kill(victim, "SIGKILL");
    await eventually(async () => {
      const now = (await health("web-04")).workers;
      return (
        (now.length === 3 &&
          now.every(({ pid, ready }) => ready && pid !== victim)) ||
        undefined
      );
    }, 20_000);
  });

  test("stops and starts by systemctl", async () => {
    expect(await output(lab, "web-04", "systemctl is-active app")).toBe(
      "active",
    );
    await output(lab, "web-04", "systemctl stop app.service");
    expect(await run(lab, "web-04", "systemctl status app")).toMatchObject({
      code: 3,
    });
    const { hostname, port } = new URL(urlOf("web-04"));
    expect(await connectError(hostname, Number(port))).toBe("ECONNREFUSED");
    await output(
      lab,
      "web-04",
      "systemctl start app && LAB_READY_MS=20000 app-ctl ready",
    );
    expect(await run(lab, "web-04", "systemctl restart nginx")).toMatchObject({
      code: 5,
    });
  });
});
