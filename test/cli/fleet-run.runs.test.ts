import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { fleetUpgrade } from "../../runbooks/fleet-upgrade/workflow";
import { eventually } from "../harness/eventually";
import { type Run, useCliRig } from "../harness/cli-rig";
import type { Rig } from "../harness/rig";
import { uniqueId } from "../harness/temporal";
import type { CliOptions, Said } from "./run-cli";

let rig: Rig;
let run: Run;
useCliRig({ hosts: 4, pools: 2 }, (...started) => ([rig, run] = started), {
  TEMPORAL_UI_URL: "http://ui.example/",
});

/** Starts a run by the command line; its id, as it was told. */
async function start(...words: readonly string[]): Promise<string> {
  const { code, out, err } = await startSaid(...words);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return /^Started (\S+)$/m.exec(out)?.[1] ?? "";
}

function startSaid(...words: readonly string[]): Promise<Said> {
  const input = {
    target: "lab",
    change: uniqueId("chg"),
    component: "app",
    version: uniqueId("2.0"),
  };
  const argv = ["start", "-f", "-", ...words];
  return run(argv, { stdin: JSON.stringify(input) });
}

const watch = (id: string): Promise<Said> =>
  run(["watch", id, "--every", "0.1"]);

const decide = (id: string, ...words: readonly string[]): Promise<Said> =>
  run(["decide", id, ...words, "--by", "ada"]);

/** The run's document, as soon as it asks. */
async function asked(id: string, gate: string) {
  return eventually(async () => {
    const { out } = await run(["status", id, "--json"]);
    const { gates = [] } = JSON.parse(out) as {
      gates?: { id: string; nonce: string; commands: string[] }[];
    };
    return gates.find((open) => open.id === gate);
  });
}

describe("a run from start to report", () => {
  let id: string;

  beforeAll(async () => {
    id = await start("--execute");
    await asked(id, "canary");
  }, 180_000);

  it("cannot be started a second time while it runs, and the refusal names it", async () => {
    const [, , change = ""] = id.split(":");
    const again = await startSaid("--execute", "--set", `change=${change}`);
    expect(again.code).toBe(5);
    expect(again.err).toContain(`${id} is running already, since 20`);
    expect(again.err).toContain(`runbook watch ${id}`);
  });

  it("shows in its status what it waits for, with the line to paste", async () => {
    const { code, out } = await run(["status", id]);
    expect(code).toBe(0);
    expect(out).toContain("Step 3. Ask before the next stage");
    expect(out).toContain("50 %  2 of 4 hosts");
    expect(out).toMatch(/runbook decide \S+ canary approve --nonce canary-\w+/);
    expect(out).toContain(
      "UI: http://ui.example/namespaces/default/workflows/",
    );
  });

  it("has no report yet", async () => {
    const { code, err } = await run(["report", id]);
    expect(code).toBe(3);
    expect(err).toContain("its report is written at the end");
  });

  it.each([
    [["canary", "maybe"], '"maybe" is not a choice'],
    [["budget", "abort"], "gate budget is not open; open gates: canary"],
    [["canary", "approve", "--nonce", "canary-old"], "another asking"],
    [["canary", "approve", "--hosts", "web-01"], "does not ask about web-01"],
    [["canary", "approve", "--signal", "--nonce", "canary-old"], "still open"],
  ])(
    "refuses the answer %j with its reason, exit 5",
    async (words, reason) => {
      const { code, err } = await decide(id, ...words);
      expect(err).toContain(reason);
      expect(code).toBe(5);
    },
    20_000,
  );

  it("takes the very line that was printed, and is watched to its end", async () => {
    const gate = await asked(id, "canary");
    const line = gate.commands.find((one) => one.includes(" approve ")) ?? "";
    const [, ...argv] = line.replace('"$USER"', "ada").split(" ");
    const answered = await run(argv);
    expect(answered.out).toContain("approve recorded");
    expect(answered.err).toContain("upgrade the other 2 hosts?");
    const { code, out } = await watch(id);
    expect(code).toBe(0);
    expect(out).toMatch(/^\d\d:\d\d:\d\d {2}Ended: completed: 4 upgraded$/m);
  }, 180_000);

  it("reports every host and the decision, for people and for programs", async () => {
    const forPeople = await run(["report", id]);
    expect(forPeople.code).toBe(0);
    for (const { id: host } of rig.lab.hosts)
      expect(forPeople.out).toContain(`| ${host} |`);
    expect(forPeople.out).toContain("**approve** by ada");
    const asCsv = await run(["report", id, "--csv"]);
    expect(asCsv.out.split("\r\n")[0]).toMatch(/^host,pool,outcome,/);
    const forPrograms = await run(["report", id, "--json"]);
    expect(JSON.parse(forPrograms.out)).toMatchObject({ outcome: "completed" });
  });

  it("tells of a store that is not the run's", async () => {
    const other = { RUNBOOK_ARTIFACTS: join(rig.folder, "elsewhere") };
    const { code, err } = await run(["report", id], { env: other });
    expect(code).toBe(8);
    expect(err).toContain("was the worker given another store?");
  });

  it("can be started again once it has ended", async () => {
    const [, , change = ""] = id.split(":");
    expect(await start("--set", `change=${change}`)).toBe(id);
    expect((await watch(id)).out).toContain("Ended: planned");
  }, 180_000);
});

describe("how a run ends is what watch exits with", () => {
  it("0 for a plan, whose text is the same in the report, the details and runbook plan", async () => {
    const input = JSON.stringify({
      ...{ target: "lab", change: uniqueId("chg"), component: "app" },
      ...{ version: uniqueId("2.0"), checks: { hosts: "none" } },
    });
    const planned = await run(["plan", "-f", "-"], { stdin: input });
    const started = await run(["start", "-f", "-"], { stdin: input });
    const [, id = ""] = /^Started (\S+)$/m.exec(started.out) ?? [];
    expect((await watch(id)).code).toBe(0);
    const { currentDetails } = await rig.server.client.workflow
      .getHandle(id)
      .query<{ currentDetails: string }>("__temporal_workflow_metadata");
    expect(currentDetails).toContain("**Plan:** app to");
    for (const said of [planned, await run(["report", id])])
      expect(said.out).toContain(currentDetails.trim());
  }, 180_000);

  it("6 after a denial, here by signal", async () => {
    const id = await start("--execute");
    await asked(id, "canary");
    const denied = await decide(id, "canary", "deny", "--signal");
    expect(denied.out).toContain('gate "canary" is closed');
    const { code, out } = await watch(id);
    expect(code).toBe(6);
    expect(out).toContain("Ended: denied: 2 upgraded, 2 not attempted");
  }, 180_000);

  it("6 with failures, once the failed host is excluded by name", async () => {
    const host = rig.lab.hosts[0]?.id ?? "";
    await rig.lab.setFault(`${host}:fail@restart`);
    const id = await start(
      ...["--execute", "--set", "canary.gate=false"],
      ...["--set", "budget.failures=1"],
    );
    await asked(id, "failed-hosts");
    const status = await run(["status", id]);
    expect(status.out).toContain(`${host} at restart:`);
    await decide(id, "failed-hosts", "exclude", "--hosts", host);
    await rig.lab.clearFaults();
    const { code, out } = await watch(id);
    expect(code).toBe(6);
    expect(out).toContain("Ended: completed with failures");
    expect(out).toContain("1 failed");
  }, 180_000);

  it("and the failed host stays locked until a person releases it", async () => {
    const kept = await run(["locks", "list"]);
    const [, where = ""] = /^kept +(\S+)/.exec(kept.out) ?? [];
    expect(where).toContain(rig.lab.hosts[0]?.id ?? "-");
    expect(kept.out).toContain("1 host failed");
    const release = ["locks", "release", where, "--by", "ada"];
    const silent = await run(release);
    expect(silent.code).toBe(2);
    const said = await run([...release, "--reason", "looked at it"]);
    expect(said.out).toContain(`released what was kept at ${where}`);
    expect((await run(["locks", "list"])).out).toContain("Nobody holds");
    const again = await run([...release, "--reason", "looked at it"]);
    expect(again.code).toBe(5);
    expect(again.err).toContain("nothing is kept");
  }, 180_000);

  it("6 when cancelled; the report is found in the run's history", async () => {
    const id = await start("--execute");
    await asked(id, "canary");
    await rig.server.client.workflow.getHandle(id).cancel();
    const { code, out } = await watch(id);
    expect(code).toBe(6);
    expect(out).toContain("Ended: cancelled");
    const report = await run(["report", id]);
    expect(report.out).toContain("**cancelled**");
  }, 180_000);

  it("2 for input that only the worker could judge; the run touched nothing", async () => {
    const id = await start("--execute", "--set", "target=nowhere");
    const { code, out } = await watch(id);
    expect(code).toBe(2);
    expect(out).toContain('target: found "nowhere", expected one of lab');
    const report = await run(["report", id]);
    expect(report.code).toBe(3);
  }, 180_000);
});

describe("the controls", () => {
  const handleOf = (id: string) =>
    rig.server.client.workflow.getHandle<typeof fleetUpgrade>(id);
  const said = async (...argv: readonly string[]): Promise<string> => {
    const { code, out, err } = await run(argv, { env: { USER: "ada" } });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    return out;
  };
  const hosts = async (id: string, ...words: readonly string[]) => {
    const out = await said("hosts", id, ...words, "--json");
    return JSON.parse(out) as { total: number; hosts: { id: string }[] };
  };

  it("pause, retune, resume and abort a run; its hosts are listed while it goes on, and after its end", async () => {
    const id = await start("--execute");
    await asked(id, "canary");
    expect(await said("pause", id, "--reason", "a look")).toMatch(/paused/i);
    expect(await said("status", id)).toContain("paused by ada: a look");
    await said("retune", id, "--slots", "2", "--pool-limit", "50%");
    const status = JSON.parse(await said("status", id, "--json")) as object;
    expect(status).toMatchObject({
      progress: { slots: 2, limits: { pool: "50%" } },
    });
    await said("resume", id);
    const why = ["--reason", "peak sale", "--until", "1h"];
    const frozen = await said("freeze", "lab", ...why);
    expect(frozen).toContain(`Holds ${id}`);
    const [, freeze = ""] = /runbook unfreeze (\S+)/.exec(frozen) ?? [];
    expect(await said("freezes")).toContain(`peak sale (${freeze})`);
    await rig.until(handleOf(id), ({ halts }) => halts.length === 1);
    expect(await said("status", id)).toContain("Halted: lab frozen by ada");
    await said("unfreeze", freeze);
    expect(await said("freezes")).toContain("Nothing is frozen");
    expect((await run(["unfreeze", freeze, "--by", "ada"])).code).toBe(5);
    expect(await hosts(id, "--state", "upgraded")).toMatchObject({ total: 2 });
    expect(await hosts(id, "--pool", "app")).toMatchObject({ total: 1 });
    expect(await said("hosts", id)).toContain("4 hosts\n");
    await said("abort", id, "--reason", "enough");
    const { code, out } = await watch(id);
    expect(code).toBe(6);
    expect(out).toContain("Ended: aborted");
    const left = await hosts(id, "--state", "not attempted");
    expect(left.total).toBe(2);
    const again = await run(["pause", id, "--by", "ada"]);
    expect(again.code).toBe(5);
    expect(again.err).toContain(`${id} has ended`);
  }, 180_000);

  it("take every touched host back by abort --rollback", async () => {
    const id = await start("--execute");
    await asked(id, "canary");
    await said("abort", id, "--rollback");
    const { code, out } = await watch(id);
    expect(out).toContain("Ended: rolled back: ");
    expect(code).toBe(6);
    expect(await hosts(id, "--state", "rolled back")).toMatchObject({
      total: 2,
    });
  }, 180_000);
});

describe("watch", () => {
  it("draws in place on a terminal, and an interrupt ends the watching only", async () => {
    const id = await start("--execute");
    await asked(id, "canary");
    const interrupt = new AbortController();
    const { code, out, err } = await run(["watch", id, "--every", "0.05"], {
      isTerminal: true,
      interrupted: interrupt.signal,
      onOut: (text) => {
        if (text.includes("\u001b[1") && text.includes("canary approve"))
          interrupt.abort();
      },
    });
    expect(code).toBe(130);
    expect(err).toContain("The run goes on.");
    expect(out).toContain("\u001b[32m#\u001b[0m");
    expect(out.endsWith("\u001b[?25h")).toBe(true);
    await decide(id, "canary", "deny");
  }, 180_000);

  it("gives a document a line with --json", async () => {
    const id = await start();
    const { out } = await run(["watch", id, "--json", "--every", "0.1"]);
    const last = out.trim().split("\n").at(-1) ?? "";
    expect(JSON.parse(last)).toMatchObject({
      workflowId: id,
      end: { outcome: "planned", exit: 0 },
    });
  }, 180_000);
});

describe("what cannot be reached", () => {
  it.each(["status", "watch", "report", "decide", "pause", "hosts"])(
    "%s of an unknown run exits 3",
    async (command) => {
      const rest = command === "decide" ? ["g", "c"] : [];
      const by = ["decide", "pause"].includes(command) ? ["--by", "ada"] : [];
      const { code, err } = await run([
        command,
        "fleet-upgrade:x:y",
        ...rest,
        ...by,
      ]);
      expect(code).toBe(3);
      expect(err).toContain("no run fleet-upgrade:x:y");
    },
  );

  it("start warns when nobody polls the queue; status and decide say so of the run", async () => {
    const env = { RUNBOOK_TASK_QUEUE: "nobody" };
    const change = uniqueId("chg");
    const sets = ["target=lab", `change=${change}`, "component=app"];
    const started = await run(
      ["start", ...[...sets, "version=1.0"].flatMap((set) => ["--set", set])],
      { env },
    );
    expect(started.code).toBe(0);
    expect(started.err).toContain("no worker polls the queue nobody");
    const id = `fleet-upgrade:lab:${change}`;
    const status = await run(["status", id]);
    expect(status.out).toMatch(/No answer from the run: no worker .*\n/);
    expect((await decide(id, "canary", "approve")).code).toBe(4);
    await rig.server.client.workflow.getHandle(id).terminate();
    expect((await watch(id)).code).toBe(6);
  }, 180_000);

  it("a server that is not there exits 4 and names its address", async () => {
    const env = { TEMPORAL_ADDRESS: "127.0.0.1:1" };
    const { code, err } = await run(["status", "x"], { env });
    expect(code).toBe(4);
    expect(err).toContain("no Temporal server answered at 127.0.0.1:1");
  }, 15_000);
});

describe("converge", () => {
  const converge = (...words: readonly string[]) =>
    run(["converge", ...words, "--target", "lab", "--component", "app"]);

  it("takes one host to the version that the last whole run published, and again does no harm", async () => {
    const id = await start("--execute", "--set", "canary.gate=false");
    expect((await watch(id)).code).toBe(0);
    const host = rig.lab.hosts[1]?.id ?? "";
    const { code, out } = await converge(host);
    expect(out).toContain(`Started fleet-upgrade:lab:converge.${host}.2.0`);
    expect(out).toContain("Ended: completed: 1 unchanged");
    expect(code).toBe(0);
    expect((await converge(host)).code).toBe(0);
  }, 180_000);

  it("brings a host that fell behind to the version of the others", async () => {
    const host = rig.lab.hosts[2]?.id ?? "";
    const alone = ["--execute", "--set", "canary.gate=false"];
    await watch(await start(...alone, "--set", "version=9.0"));
    await watch(
      await start(
        ...alone,
        "--set",
        "version=8.0",
        "--set",
        `hosts.ids[0]=${host}`,
      ),
    );
    const { code, out } = await converge(host);
    expect(out).toContain("Ended: completed: 1 upgraded");
    expect(code).toBe(0);
    expect(JSON.parse((await run(["census", "--json"])).out)).toMatchObject({
      versions: [{ version: "9.0" }],
    });
  }, 120_000);

  it("takes no host to a version that was left half-way, also after a later run went back", async () => {
    const halfWay = await start("--execute");
    await asked(halfWay, "canary");
    await decide(halfWay, "canary", "deny");
    await watch(halfWay);
    const back = await start("--execute");
    await asked(back, "canary");
    expect((await run(["rollback", back, "--by", "ada"])).code).toBe(0);
    expect((await watch(back)).out).toContain("Ended: rolled back");
    const { code, err } = await converge("web-01");
    expect(err).toContain(`${back} took the hosts back`);
    expect(code).toBe(5);
  }, 120_000);

  it("says so where nothing is desired, and starts nothing", async () => {
    const other = { RUNBOOK_ARTIFACTS: join(rig.folder, "elsewhere") };
    const { code, out } = await run(["converge", "web-01"], { env: other });
    expect(out).toContain("Nothing is desired of app on lab");
    expect(code).toBe(0);
  });

  it("refuses where the last run ended half-way, and a host that nobody knows", async () => {
    const id = await start("--execute");
    await asked(id, "canary");
    await decide(id, "canary", "deny");
    await watch(id);
    const { code, err } = await converge("web-01");
    expect(err).toContain(`${id} ended before all hosts ran`);
    expect(code).toBe(5);
    const unknown = await converge("web-0l");
    expect(unknown.code).toBe(2);
    expect(unknown.err).toContain("did you mean web-01?");
  }, 180_000);
});

describe("logs", () => {
  it("shows the jobs of a host with what they printed, newest first, and follows one to its end", async () => {
    const host = rig.lab.hosts[0]?.id ?? "";
    const { code, out } = await run(["logs", host, "--json", "--jobs", "50"]);
    expect(code).toBe(0);
    const { jobs } = JSON.parse(out) as {
      jobs: { key: string; step: string; state: string; exitCode: number }[];
    };
    const applied = jobs.find(({ step }) => step === "apply");
    expect(applied).toMatchObject({ state: "ended", exitCode: 0 });
    expect(applied?.key).toContain(`/${host}/apply/1`);
    const words = await run(["logs", host, "--step", "apply", "--jobs", "1"]);
    expect(words.out).toMatch(/\/apply\/1: ended, exit 0, began 20/);
    const followed = await run(["logs", host, "--step", "apply", "--follow"]);
    expect(followed.code).toBe(0);
    expect(followed.err).toContain("ended, exit 0");
  }, 180_000);

  it("says so where there is no such job", async () => {
    const { code, err } = await run(["logs", "web-01", "--step", "none"]);
    expect(code).toBe(3);
    expect(err).toContain("web-01 keeps no such job");
  });
});

describe("census", () => {
  const census = async (...words: readonly string[]) => {
    const { code, out } = await run(["census", "--json", ...words]);
    return { code, ...(JSON.parse(out) as { versions: object[] }) };
  };

  it("asks every host, and exits 7 as soon as one does not answer", async () => {
    const host = rig.lab.hosts[0]?.id ?? "";
    const all = await census();
    expect(all).toMatchObject({ total: 4, silent: [] });
    expect(all.code).toBe(all.versions.length === 1 ? 0 : 7);
    await rig.lab.setFault(`${host}:refuse`);
    const some = await census();
    expect(some).toMatchObject({ code: 7, silent: [{ id: host }] });
    const without = await census("--exclude", host);
    expect(without).toMatchObject({ total: 3, silent: [] });
    await rig.lab.clearFaults();
  }, 180_000);

  it("refuses a selector that matches nothing", async () => {
    const { code, err } = await run(["census", "--pools", "wbe"]);
    expect(code).toBe(2);
    expect(err).toContain('found "wbe"');
  });
});

describe("trust", () => {
  const knownHosts = (): string => join(rig.folder, "trusted");
  const trust = (words: readonly string[], options: CliOptions = {}) =>
    run(["trust", ...words, "--known-hosts", knownHosts()], options);

  it("shows the fingerprint and writes nothing when nobody says yes", async () => {
    const host = rig.lab.hosts[0]?.id ?? "";
    for (const typed of [undefined, "", "no"]) {
      const { code, out, err } = await trust([host], {
        ...(typed === undefined ? {} : { typed }),
      });
      expect(out).toMatch(/ssh-ed25519 SHA256:[\w+/]{43}$/m);
      expect(err).toContain("Compare the fingerprint");
      expect(code).toBe(5);
    }
    await expect(readFile(knownHosts())).rejects.toThrow("ENOENT");
  });

  it("writes each key once after a yes, by id and by address", async () => {
    const [first, second] = rig.lab.hosts;
    const place = `${second?.address}:${second?.port}`;
    const words = [first?.id ?? "", place];
    const { code, out } = await trust(words, { typed: "y" });
    expect(code).toBe(0);
    expect(out.match(/added/g)).toHaveLength(2);
    const again = await trust([...words, "--yes", "--json"]);
    const outcomes = again.out.trim().split("\n");
    for (const line of outcomes)
      expect(JSON.parse(line)).toMatchObject({ outcome: "already known" });
    const written = await readFile(knownHosts(), "utf8");
    expect(written.trim().split("\n")).toHaveLength(2);
    const lab = await readFile(rig.lab.knownHostsFile, "utf8");
    for (const line of written.trim().split("\n"))
      expect(lab).toContain(line.split(" ")[2]);
  });

  it("tells of a host that does not answer and goes on to the next", async () => {
    const host = rig.lab.hosts[0]?.id ?? "";
    const { code, out, err } = await trust(["127.0.0.1:1", host, "--yes"]);
    expect(code).toBe(8);
    expect(err).toContain("127.0.0.1:1");
    expect(out).toContain(`${host} at`);
  });

  it("knows a misspelt host from an address", async () => {
    const { code, err } = await trust(["web-0l"]);
    expect(code).toBe(2);
    expect(err).toContain("did you mean web-01?");
  });
});
