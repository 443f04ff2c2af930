import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { controlUpdates } from "../../../workflows/controls/messages";
import { cli } from "../../cli/run-cli";
import { eventually } from "../../harness/eventually";
import { timesBegun } from "../../harness/host-log";
import { type FleetHandle, type Rig, startRig } from "../../harness/rig";
import {
  startWorkerProcess,
  type WorkerProcess,
} from "../../harness/worker-process";

jest.setTimeout(180_000);

const roster = `
people:
  - { name: ada, groups: [ops] }
  - { name: ben, aliases: [ben@example.com], groups: [ops] }
  - { name: dan, aliases: [dan@desk], groups: [ops] }
onCall: { pager: [ben] }
`;
const approvals = `
approvals:
  roster: { file: roster.yaml }
  policies:
    two-of-ops: { who: [ops], quorum: 2, expiresAfterS: 3600 }
    pager: { who: [pager], starterMayApprove: true, comment: always, expiresAfterS: 3600 }
  gates: { canary: two-of-ops, "*": pager }
`;

/** Of a target of its own, which stands instead. */
const careful = {
  roster: { file: "roster.yaml" },
  policies: {
    any: {
      ...{ who: ["ops"], expiresAfterS: 3_600 },
      extraApprovers: { who: ["pager"] },
    },
  },
  gates: { start: "any" },
};

let rig: Rig;
let worker: WorkerProcess;
beforeAll(async () => {
  rig = await startRig({
    worker: false,
    lab: { hosts: 4, pools: 1, service: false },
  });
  const { configFile } = rig.lab;
  const written = parse(readFileSync(configFile, "utf8")) as {
    targets: { lab: object; careful?: object };
  };
  written.targets.careful = { ...written.targets.lab, approvals: careful };
  writeFileSync(configFile, stringify(written));
  appendFileSync(configFile, approvals);
  writeFileSync(join(dirname(rig.lab.configFile), "roster.yaml"), roster);
  worker = await startWorkerProcess(rig);
}, 180_000);
afterAll(async () => {
  await worker.stop();
  await rig.stop();
}, 180_000);

const quick = { checks: { hosts: "none" }, slowStart: false } as const;
const start = (input = {}, by = "dan@desk"): Promise<FleetHandle> =>
  rig.start({ ...quick, ...input }, by);
const answer = (handle: FleetHandle, by: string, choice = "approve") =>
  rig.answer(handle, "canary", choice, { by });
const say = (...argv: string[]) =>
  cli(argv, { env: { ...rig.server.env, USER: "ada" } });

describe("an upgrade whose canary gate two of the ops must open", () => {
  it("waits for both, through a worker killed between them, and reports votes, decision and refusals", async () => {
    const handle = await start({ version: "2.0.0" });
    await expect(answer(handle, "dan@desk")).rejects.toMatchObject({
      cause: { details: ["starter"] },
    });
    expect(await answer(handle, "ada")).toContain("it takes 1 more of ops");
    await worker.kill();
    worker = await startWorkerProcess(rig);
    const gate = await rig.gate(handle, "canary");
    expect(gate.votes).toMatchObject([{ person: "ada" }]);
    await answer(handle, "ben@example.com");
    const result = await handle.result();
    expect(result.outcome).toBe("completed");
    const report = await rig.reportOf(result);
    expect(report).toContain(
      "gate canary: **approve** by ada (a name claimed by decide, not proven), ben (",
    );
    expect(report).toContain(
      "gate canary: approve by ben as ben@example.com, level claimed",
    );
    expect(report).toContain(
      "decide at gate canary by dan@desk (dan, level claimed): dan started the run",
    );
  });

  it("says in status who may answer, what was said, and the line to paste, and takes it", async () => {
    const handle = await start({ version: "2.1.0" });
    await answer(handle, "ben");
    await eventually(async () => {
      const { approvers } = await rig.gate(handle, "canary");
      return approvers;
    });
    const { out } = await say("status", handle.workflowId);
    expect(out).toContain(
      "2 of ops must agree (policy two-of-ops); now ada, ben; not dan, who started it; names are claims, not proven",
    );
    expect(out).toMatch(/ {2}- approve by ben \(claimed\), 20/);
    const claimed = await say("claim", handle.workflowId, "canary");
    expect(claimed.out).toContain('ada is on gate "canary"');
    expect((await say("status", handle.workflowId)).out).toContain(
      "- ada is on it, since",
    );
    const args = ["canary", "approve", "--by", "ada", "--signal"];
    const said = await say("decide", handle.workflowId, ...args);
    expect(said).toMatchObject({ code: 0 });
    expect(await handle.result()).toMatchObject({ outcome: "completed" });
  });

  it("ends by one denial", async () => {
    const handle = await start({ version: "2.2.0" });
    await answer(handle, "ada");
    await answer(handle, "ben", "deny");
    expect(await handle.result()).toMatchObject({ outcome: "denied" });
  });
});

describe("an upgrade that nobody has let begin", () => {
  const [target, change] = ["careful", "c-1"];
  const begin = (over = {}): Promise<FleetHandle> =>
    start({ target, version: "2.9.0", canary: { gate: false }, ...over });

  it("touches no host, is denied, and leaves what the target is to run as it is", async () => {
    const [host = ""] = rig.lab.hosts.map(({ id }) => id);
    const before = timesBegun(rig.lab, host, "precheck");
    // A single host is a canary: no other gate would ever ask.
    const handle = await begin({ change, hosts: { ids: [host] } });
    const gate = await rig.gate(handle, "start");
    expect(gate.title).toContain("may it begin?");
    const deny = { by: "ada", comment: "not tonight" };
    await rig.answer(handle, "start", "deny", deny);
    const { outcome, counts } = await handle.result();
    expect({ outcome, counts }).toMatchObject({
      ...{ outcome: "denied", counts: { "not attempted": 1 } },
    });
    expect(timesBegun(rig.lab, host, "precheck")).toBe(before);
  });

  it("says nothing of what its target is to run when it is denied or aborted, and does once it is let begin", async () => {
    const folder = join(rig.folder, "artifacts", "desired");
    const denied = await begin();
    await rig.answer(denied, "start", "deny", { by: "ada" });
    expect(await denied.result()).toMatchObject({ outcome: "denied" });
    const aborted = await begin();
    await rig.gate(aborted, "start");
    await aborted.signal("abort", { by: "dan" });
    expect(await aborted.result()).toMatchObject({ outcome: "aborted" });
    const said = (): string[] =>
      existsSync(folder)
        ? readdirSync(folder, { recursive: true }).map(String)
        : [];
    expect(said().filter((name) => name.includes(target))).toEqual([]);
    const begun = await begin();
    await rig.answer(begun, "start", "approve", { by: "ada" });
    expect(await begun.result()).toMatchObject({ outcome: "completed" });
    expect(said().join()).toContain(target);
  });
});

describe("a freeze that is set while a gate is open", () => {
  it("is shown at the gate, and wants others to agree, too", async () => {
    const handle = await start({ target: "careful", version: "2.9.1" });
    await rig.gate(handle, "start");
    const why = ["--reason", "peak sale", "--by", "ada"];
    const { out } = await say("freeze", "careful", ...why);
    const [, freeze = ""] = /runbook unfreeze (\S+)/.exec(out) ?? [];
    const status = await eventually(async () => {
      const { out: text } = await say("status", handle.workflowId);
      return text.includes("a freeze holds") ? text : undefined;
    });
    expect(status).toContain(
      "a freeze holds (careful: peak sale), so 1 more of ben",
    );
    const approve = (by: string) =>
      rig.answer(handle, "start", "approve", { by });
    expect(await approve("ada")).toContain("it takes 1 more of pager");
    expect(await approve("ben")).toContain("recorded for gate");
    await handle.signal("abort", { by: "dan" });
    expect(await handle.result()).toMatchObject({ outcome: "aborted" });
    await say("unfreeze", freeze);
  });
});

describe("an upgrade with approvals", () => {
  const refusal = (handle: FleetHandle): Promise<string> =>
    handle.result().then(
      () => "none",
      (error: { cause?: { message?: string } }) => error.cause?.message ?? "",
    );

  it("is refused before any effect when nobody knows who started it", async () => {
    const handle = await start({ version: "3.0.0" }, "4711@ci");
    expect(await refusal(handle)).toContain(
      'identity of the start: found "4711@ci", expected a person of the roster, since by policy two-of-ops the starter may not approve',
    );
  });

  it("cannot be started past its canary gate", async () => {
    const handle = await start({ canary: { gate: false } });
    expect(await refusal(handle)).toContain(
      "canary.gate: found false, expected true: the configuration gives gate canary the policy two-of-ops",
    );
  });

  it("asks those on call about failed hosts, and lets nobody widen its budget past them", async () => {
    const [, bad = ""] = rig.lab.hosts.map(({ id }) => id);
    await rig.lab.setFault([`${bad}:fail@apply`]);
    const handle = await start({ version: "3.1.0" });
    const retune = { by: "dan", budget: { failures: 4 } };
    await rig.gate(handle, "failed-hosts").catch(() => undefined);
    await expect(
      handle.executeUpdate(controlUpdates.retune, { args: [retune] }),
    ).rejects.toMatchObject({
      cause: { message: expect.stringContaining("gate budget has the policy") },
    });
    const mark = (by: string, rest = {}): Promise<string> =>
      rig.answer(handle, "failed-hosts", "mark done", { by, ...rest });
    const why = { comment: "brought up by hand" };
    await expect(mark("ada", why)).rejects.toMatchObject({
      cause: { details: ["not on the roster"] },
    });
    await expect(mark("ben")).rejects.toMatchObject({
      cause: { details: ["unexplained"] },
    });
    await rig.lab.clearFaults();
    expect(await mark("ben@example.com", why)).toContain("mark done recorded");
    for (const by of ["ada", "ben"]) await answer(handle, by);
    const result = await handle.result();
    expect(result.outcome).toBe("completed");
    expect(await rig.reportOf(result)).toContain("brought up by hand (ben)");
  });
});
