import type { VisitDependencies } from "../../../activities/host/visit-context";
import type { VisitPlan } from "../../../activities/host/port";
import type { LoadBalancer } from "../../../activities/loadbalancer/port";
import type { Chain, RunRef, Runs } from "../../../activities/runs/port";
import { jobIdOf } from "../../../activities/ssh/job-run-file";
import type { SshTarget } from "../../../activities/ssh/port";
import { createSsh } from "../../../activities/ssh/ssh";
import { Chains } from "../../../activities/sweep/chains";
import type { Findings, HostsOrder } from "../../../activities/sweep/port";
import { sweepHost } from "../../../activities/sweep/sweep-host";
import { eventually } from "../../harness/eventually";
import {
  accessTo,
  hostAt,
  sshServers,
  type SshServer,
} from "../../harness/ssh-servers";
import { aliveInventory, visitPlan } from "../host/visit-samples";

const day = 86_400_000;
const over: RunRef = { rootRunId: "over", workflowId: "fleet:prod:over" };
const goesOn: RunRef = { rootRunId: "open", workflowId: "fleet:prod:open" };
const lost: RunRef = { rootRunId: "lost", workflowId: "fleet:prod:lost" };
const itself: RunRef = { rootRunId: "s", workflowId: "sweep:prod:by-hand" };
const line = ({ rootRunId, workflowId }: RunRef) =>
  `${rootRunId} ${workflowId}`;

const ready = (command: string): VisitPlan["steps"][number] => ({
  ...{ name: "ready", kind: "read", run: ["sh", "-c", command] },
  timeoutMs: 500,
});
const undrain: VisitPlan["steps"][number] = {
  ...{ name: "balancer-undrain", kind: "balancer", timeoutMs: 5_000 },
};
const balancer = {
  command: { drain: ["out"], undrain: ["back"] },
} as unknown as VisitPlan["balancer"];

describe.each(sshServers)("a host over $name", ({ start }) => {
  let server: SshServer;
  let ssh: ReturnType<typeof createSsh>;
  let target: SshTarget;
  let ends: Record<string, Chain>;
  /** Happens as the server is asked how a chain stands: between the look and the freeing. */
  let onAsked: (run: RunRef, times: number) => Promise<void>;
  let plan: VisitPlan | undefined;
  let undrained: string[];

  beforeAll(async () => {
    server = await start();
    ssh = createSsh({ retryDelayMs: 10 });
    const [place] = server.hosts;
    if (place === undefined) throw new Error("no host");
    target = { host: hostAt(place), access: accessTo(server) };
  }, 180_000);
  afterAll(async () => {
    await ssh.close();
    await server.stop();
  }, 180_000);
  beforeEach(async () => {
    const closedAt = Date.now() - day;
    ends = {
      over: { standing: "terminated", closedAt },
      open: { standing: "open" },
      lost: { standing: "unknown" },
    };
    onAsked = async () => undefined;
    plan = visitPlan({ steps: [ready("exit 0"), undrain], balancer });
    undrained = [];
    await sh(
      'rm -rf "$root"; mkdir -p "$root/jobs" "$root/drained" "$root/previous"',
    );
  });

  async function sh(script: string): Promise<string> {
    const home = "root=${UPGRADE_RUNBOOKS_HOME:-$HOME/.upgrade-runbooks}";
    const argv = ["sh", "-c", `${home}; ${script}`];
    const said = await ssh.exec(target, { argv, timeoutMs: 10_000 });
    return said.stdout.trim();
  }
  const claimBy = (run: RunRef) => sh(`echo '${line(run)}' >"$root/owner"`);
  const owner = () => sh('cat "$root/owner" 2>/dev/null');
  const drainBy = (run: RunRef, agoS = 60) =>
    sh(
      `printf '%s\\n' balancer-drain ${Math.floor(Date.now() / 1_000) - agoS} '${line(run)}' >"$root/drained/${run.rootRunId}"`,
    );
  const drained = () => sh('ls "$root/drained"');
  /** A job of the run that lives until it is stopped, and what tells whose it is. */
  async function work(run: RunRef): Promise<string> {
    const key = `${run.rootRunId}/web-1/apply/1`;
    const about = `printf '%s\\n' 1.0 1 '${line(run)}' >"$root/previous/${run.rootRunId}"`;
    await sh(about);
    const away = new AbortController();
    const request = { key, command: { script: "exec sleep 60" } };
    void ssh
      .runJob(
        target,
        { ...request, timeoutMs: 120_000 },
        { signal: away.signal },
      )
      .catch(() => undefined);
    await eventually(async () =>
      (await ssh.isJobRunning(target, key)) ? true : undefined,
    );
    away.abort(new Error("detached"));
    return key;
  }

  const calls: LoadBalancer = {
    drain: async () => ({ sessionsLeft: 0 }),
    undrain: async ({ hostId }) => void undrained.push(hostId),
  };
  function sweep(over: Partial<HostsOrder> = {}): Promise<Findings> {
    const asked = new Map<string, number>();
    const refuse = (): never => {
      throw new Error("not asked for");
    };
    const runs: Runs = {
      ...{ tell: refuse, ask: refuse, standing: refuse },
      chain: async (run) => {
        const times = (asked.get(run.rootRunId) ?? 0) + 1;
        asked.set(run.rootRunId, times);
        await onAsked(run, times);
        return ends[run.rootRunId] ?? { standing: "unknown" };
      },
      retentionMs: async () => 3 * day,
    };
    const deps: VisitDependencies = {
      ...{ ssh, inventory: aliveInventory, balancer: calls },
      resolveReference: refuse,
    };
    const order: HostsOrder = {
      ...{ target: "prod", run: itself, mode: "free", stopJobs: false },
      ...{ hosts: { key: "", sha256: "", bytes: 0 }, from: 0, to: 1 },
      ...{ atOnce: 1, hostMs: 20_000, key: "" },
      ...over,
    };
    const { signal } = new AbortController();
    const chains = new Chains(runs);
    const planOf = async () => plan;
    return sweepHost({ deps, runs, chains, order, planOf, signal }, target);
  }
  const told = ({ leftovers }: Findings): string[] =>
    leftovers.map(({ kind, todo, isFreed }) =>
      isFreed === true ? `freed ${kind}` : `${todo} ${kind}`,
    );

  it("is freed of a claim whose run is over, once", async () => {
    await claimBy(over);
    expect(told(await sweep({ mode: "look" }))).toEqual(["free claim"]);
    expect(await owner()).toBe(line(over));
    expect(told(await sweep())).toEqual(["freed claim"]);
    expect(await owner()).toBe("");
    expect(told(await sweep())).toEqual([]);
  });

  it("stays with a run that claimed it between the look and the freeing", async () => {
    await claimBy(over);
    await drainBy(over);
    onAsked = async (_, times) => {
      if (times === 2) await claimBy(goesOn);
    };
    const found = await sweep();
    expect(told(found)).toEqual(["wait claim", "wait drained"]);
    expect(found.leftovers[0]?.note).toContain(goesOn.workflowId);
    expect(await owner()).toBe(line(goesOn));
    expect([await drained(), undrained]).toEqual(["over", []]);
  });

  it("stays with its run when that is opened again by a reset", async () => {
    await claimBy(over);
    onAsked = async (_, times) => {
      if (times === 2) ends["over"] = { standing: "open" };
    };
    expect(told(await sweep())).toEqual(["wait claim"]);
    expect(await owner()).toBe(line(over));
  });

  it("keeps the claim of a run that goes on, and one that the server does not know", async () => {
    await claimBy(goesOn);
    await drainBy(goesOn);
    expect(told(await sweep())).toEqual([]);
    await sh('rm "$root/drained/open"');
    await claimBy(lost);
    expect(told(await sweep())).toEqual(["person claim"]);
    expect(await owner()).toBe(line(lost));
  });

  it("keeps everything while the server does not answer", async () => {
    await claimBy(over);
    onAsked = () => Promise.reject(new Error("no server"));
    await expect(sweep()).rejects.toThrow("no server");
    expect(await owner()).toBe(line(over));
  });

  it("is put back in its balancer when it is ready, and is nobody else's meanwhile", async () => {
    await drainBy(over);
    const root = "${UPGRADE_RUNBOOKS_HOME:-$HOME/.upgrade-runbooks}";
    const isOurs = `test "$(cat "${root}/owner")" = "${line(itself)}"`;
    plan = visitPlan({ steps: [ready(isOurs), undrain], balancer });
    expect(told(await sweep())).toEqual(["freed drained"]);
    expect(undrained).toEqual(["web-1"]);
    expect([await drained(), await owner()]).toEqual(["", ""]);
    expect(told(await sweep())).toEqual([]);
  });

  it("stays out when it is not ready, or nobody knows how it goes back; other runs may have it", async () => {
    await claimBy(over);
    await drainBy(over);
    plan = visitPlan({ steps: [ready("exit 1"), undrain], balancer });
    const found = await sweep();
    expect(told(found)).toEqual(["freed claim", "person drained"]);
    expect(found.leftovers[1]?.note).toContain("not ready");
    plan = undefined;
    expect(told(await sweep())).toEqual(["person drained"]);
    expect([await drained(), undrained]).toEqual(["over", []]);
    expect(await owner()).toBe("");
  });

  it("is out by its last drain job, but not where its component has no undrain", async () => {
    const job = `"$root/jobs/${jobIdOf("over/web-1/drain/1")}"`;
    await sh(
      `printf '%s\\n' 1.0 1 '${line(over)}' >"$root/previous/over"; mkdir ${job}; printf '#\\n#\\n# key "over/web-1/drain/1"\\n' >${job}/run.1; printf '9 9 100 9 1 x\\nboot\\n' >${job}/claim; : >${job}/exit.0.101`,
    );
    plan = visitPlan({ steps: [ready("exit 0")] });
    expect(told(await sweep())).toEqual([]);
    const back = { name: "undrain", kind: "job", timeoutMs: 5_000 } as const;
    const steps = [ready("exit 0"), { ...back, run: ["true"] }];
    plan = visitPlan({ steps: [...steps, { ...back, name: "drain" }] });
    expect(told(await sweep())).toEqual(["freed drained"]);
    expect(told(await sweep())).toEqual([]);
  });

  it("is left to an open run that has been there since", async () => {
    await drainBy(over, 60);
    await drainBy(goesOn, 30);
    expect(told(await sweep())).toEqual([]);
    expect([await drained(), undrained]).toEqual(["open\nover", []]);
  });

  it("stays claimed while a job runs there; that is stopped only when told so, and no job of an open run is", async () => {
    await claimBy(over);
    const job = await work(over);
    const beside = await work(goesOn);
    expect(told(await sweep())).toEqual(["wait job", "wait claim"]);
    expect(await owner()).toBe(line(over));
    expect(await ssh.isJobRunning(target, job)).toBe(true);
    const stopped = await sweep({ stopJobs: true });
    expect(told(stopped)).toEqual(["freed job", "freed claim"]);
    expect(await ssh.isJobRunning(target, job)).toBe(false);
    expect(await owner()).toBe("");
    expect(await ssh.isJobRunning(target, beside)).toBe(true);
    await ssh.cancelJob(target, beside, 100);
  }, 180_000);

  it("loses old folders of ended jobs when told so", async () => {
    const old = Math.floor((Date.now() - 40 * day) / 1_000);
    const about = `printf '%s\\n' 1.0 ${old} '${line(over)}' >"$root/previous/over"`;
    const folder = (id: string, at: number) =>
      `mkdir "$root/jobs/${id}"; printf '#\\n#\\n# key "over/web-1/apply/${id}"\\n' >"$root/jobs/${id}/run.1"; : >"$root/jobs/${id}/exit.0.${at}"`;
    await sh(
      [about, folder("1", old), folder("2", old + 86_400 * 20)].join("; "),
    );
    const olderThanMs = 30 * day;
    const look = await sweep({ mode: "look", olderThanMs });
    expect(look.folders).toEqual({ kept: 2, removed: 0 });
    expect((await sweep()).folders).toEqual({ kept: 2, removed: 0 });
    const freed = await sweep({ olderThanMs });
    expect(freed.folders).toEqual({ kept: 1, removed: 1 });
    expect(await sh('ls "$root/jobs"')).toBe("2");
  });

  it("is told as silent when it cannot be asked, or not in time", async () => {
    const away = hostAt({ address: "127.0.0.1", port: 1 }, { id: "web-9" });
    const reached = target;
    target = { ...target, host: away };
    const { silent, leftovers } = await sweep();
    target = reached;
    expect(silent).toEqual([
      { where: "prod/default/web-9", seen: expect.stringContaining("ssh.") },
    ]);
    expect(leftovers).toEqual([]);
    const late = await sweep({ hostMs: 1 });
    expect(late.silent[0]?.seen).toMatch(/no answer within|timedOut/);
  });
});
