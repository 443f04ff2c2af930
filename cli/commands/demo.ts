import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { InvalidArgumentError } from "commander";
import { type Lab, startLab } from "../../lab/hosts/lab";
import { workflowId } from "../../runbooks/fleet-upgrade/ids";
import type { Context, Program } from "../context";
import type { ExitName } from "../exit-codes";
import { durationText, line } from "../output";
import type { Observation } from "../run/observation";
import { observerOf } from "../run/observe";
import { withClient } from "../temporal";
import { registerDemoEgress } from "./demo-egress";
import { registerDemoReplica } from "./demo-replica";
import {
  answerGate,
  Crew,
  muted,
  onGround,
  onStage,
  say,
  stayOpen,
  tell,
  typed,
} from "./demo-stage";
import { watch } from "./watch";

const example = `
Example:
  $ runbook demo --hosts 12 --fault web-03:fail@restart`;

interface DemoFlags {
  readonly hosts: number;
  readonly fault: readonly string[];
}

const version = "2.0.0";
const run = { target: "lab", change: "demo", component: "app", version };
const id = workflowId(run);
const lookEveryMs = 250;
/** Long enough that the worker dies in the middle of it. */
const applyMs = 2_000;

/** `runbook demo`: the whole product on one machine, in front of the reader's eyes. */
export function registerDemo({ root, run: runWork }: Program): void {
  const command = root
    .command("demo")
    .summary("see a fleet upgraded on this machine")
    .description(
      "Starts a Temporal server and lab hosts behind real SSH, upgrades the hosts, kills the worker in the middle of a command, and proves that each host was upgraded once. Needs nothing but this machine.",
    )
    .option("--hosts <n>", "lab hosts, in 4 pools", hostCount, 40)
    .option("--fault <fault>", "such as web-03:fail@restart", collect, [])
    .addHelpText("after", example)
    .action((flags: DemoFlags) =>
      runWork(command, (context) => demo(context, flags)),
    );
  registerDemoReplica(command, runWork);
  registerDemoEgress(command, runWork);
}

const demo = (outer: Context, flags: DemoFlags): Promise<ExitName> =>
  onGround(outer, async (ground) => {
    const began = Date.now();
    say(outer, `${flags.hosts} lab hosts in 4 pools, behind real SSH ...`);
    const lab = await startLab({
      dir: join(ground.folder, "lab"),
      hosts: flags.hosts,
      faults: [...flags.fault],
      applyMs,
    });
    ground.closing(() => lab.stop());
    const [first] = lab.hosts;
    tell(
      outer,
      `one of them: ssh -i ${lab.identityFile} -p ${first?.port} ${lab.user}@${first?.address}`,
    );

    const context = onStage(outer, ground, lab.configFile);
    const crew = new Crew(context);
    ground.closing(() => crew.dismiss());
    const stage = { lab, crew, folder: ground.folder };
    const exit = await play(context, stage);
    if (exit === "interrupted") return exit;
    await prove(context, stage, Date.now() - began);
    await stayOpen(outer, ground.server.uiUrl);
    return exit;
  });

interface Stage {
  readonly lab: Lab;
  readonly crew: Crew;
  readonly folder: string;
}

/** The run itself, each command as an operator would type it. */
async function play(context: Context, stage: Stage): Promise<ExitName> {
  const { crew, folder, lab } = stage;
  say(context, "A worker, and a run. The operator types:");
  await crew.hire();
  await writeFile(join(folder, "upgrade.json"), JSON.stringify(run));
  await typed(context, ["start", "-f", "upgrade.json", "--execute"], folder);
  return withClient(context, async (client) => {
    const observer = observerOf(context, client, id);
    const isMidApply = () =>
      crew.killed === undefined && midApply(lab).length > 0;
    let isApproved = false;
    for (;;) {
      const isEnough = ({ live }: Observation) =>
        (live?.gates.length ?? 0) > 0 || (isApproved && isMidApply());
      const exit = await watch(muted(context), observer, lookEveryMs, isEnough);
      const { end, live } = await observer.observe();
      if (end !== undefined || exit !== "ok") return exit;
      for (const gate of live?.gates ?? []) {
        await answerGate(context, id, gate, answers[gate.id] ?? "");
        isApproved ||= gate.id === "canary";
      }
      if (isApproved && isMidApply()) await killWorker(context, stage);
    }
  });
}

const answers: Readonly<Record<string, string>> = {
  canary: "approve",
  budget: "continue",
  "failed-hosts": "exclude",
};

async function killWorker(
  context: Context,
  { lab, crew }: Stage,
): Promise<void> {
  const hosts = midApply(lab).join(", ");
  const pid = await crew.kill();
  say(
    context,
    `SIGKILL to the worker (${pid}) while ${hosts} ran \`app-ctl apply ${version}\`.`,
  );
  while (midApply(lab).length > 0) await pause(lookEveryMs);
  tell(context, "No worker lives, and each of these commands came to its end.");
  await crew.hire();
  tell(context, "A new worker reads on the hosts what is done, and goes on:");
}

/** The report, and what the hosts' own logs say about it. */
async function prove(
  context: Context,
  { lab, crew }: Stage,
  ms: number,
): Promise<void> {
  say(context, "The report, of every host:");
  await typed(context, ["report", id]);
  const hosts = lab.hosts.map((host) => host.id);
  const applied = hosts.map((host) => timesBegun(lab, host));
  const once = applied.filter((times) => times === 1).length;
  const killed =
    crew.killed === undefined
      ? "nothing was killed"
      : `worker ${crew.killed} was killed in the middle`;
  say(
    context,
    `By their own logs ${once} of ${hosts.length} hosts ran \`app-ctl apply\` exactly once, though ${killed}. All of it took ${durationText(ms)}.`,
  );
  if (context.json)
    line(
      context,
      JSON.stringify({
        hosts: hosts.length,
        appliedOnce: once,
        appliedMore: applied.filter((times) => times > 1).length,
        workerKilled: crew.killed !== undefined,
        ms,
      }),
    );
}

/** Hosts whose own log has a beginning of `apply` without its end. */
function midApply(lab: Lab): string[] {
  return lab.hosts
    .map(({ id: host }) => host)
    .filter((host) => timesBegun(lab, host) > count(lab, host, "end"));
}

const timesBegun = (lab: Lab, host: string): number =>
  count(lab, host, "begin");

function count(lab: Lab, host: string, word: "begin" | "end"): number {
  const marks = lab
    .log(host, "app-ctl")
    .match(new RegExp(`\\b${word} apply\\b`, "g"));
  return marks?.length ?? 0;
}

function hostCount(text: string): number {
  const hosts = Number(text);
  if (Number.isInteger(hosts) && hosts >= 5 && hosts <= 200) return hosts;
  throw new InvalidArgumentError("Expected a whole number from 5 to 200.");
}

function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}
