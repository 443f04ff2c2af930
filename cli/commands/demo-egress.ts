import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Command } from "commander";
import { labError } from "../../lab/hosts/errors";
import { type NetworkLab, startNetworkLab } from "../../lab/network/lab";
import { networkLabMissing } from "../../lab/network/missing";
import { workflowId } from "../../runbooks/egress-migration/ids";
import type { OpenGate } from "../../workflows/gate/gate";
import type { Context, Program } from "../context";
import type { ExitName } from "../exit-codes";
import { durationText, line } from "../output";
import type { Observation } from "../run/observation";
import { observerOf } from "../run/observe";
import { withClient } from "../temporal";
import { Fleet } from "./demo-egress-fleet";
import { change, inputFor } from "./demo-egress-input";
import { proofWords } from "./demo-egress-proof";
import {
  answerGate,
  Crew,
  type Ground,
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
  $ sudo runbook demo egress --hosts 12`;

interface EgressFlags {
  readonly hosts: number | string;
}

const id = workflowId(change);
const lookEveryMs = 250;
/** For which nobody looks at the gateways, and their rules steer on. */
const withoutWorkerMs = 2_000;
/** A machine that is too busy to open connections or to look in time may need more than one. */
const mostAnswers = 3;

/** `runbook demo egress`: a fleet moved to a few fixed addresses under its load, in network namespaces of one machine. */
export function registerDemoEgress(demo: Command, run: Program["run"]): void {
  const command = demo
    .command("egress")
    .summary("see a fleet's outgoing traffic moved to fixed addresses")
    .description(
      "Starts a Temporal server, and a fleet behind NAT gateways with its customers' sites in network namespaces; moves what the fleet sends from 40 addresses to 3 under steady load, mends what the stress gate finds, kills the worker in the middle of a stage, and proves by the sites' own counts that no connection failed. Needs Linux and root.",
    )
    .option("--hosts <n>", "app hosts behind two gateways, 5 to 100", "12")
    .addHelpText("after", example)
    .action((flags: EgressFlags) =>
      run(command, (context) => demoEgress(context, hostsOf(demo, flags))),
    );
}

/** @throws lab.networkMissing before anything is started */
async function demoEgress(outer: Context, hosts: number): Promise<ExitName> {
  const missing = networkLabMissing();
  if (missing !== undefined)
    throw labError("networkMissing", { seen: missing });
  return onGround(outer, async (ground) => {
    const began = Date.now();
    say(outer, `${hosts} hosts behind 2 gateways, 30 customers' sites ...`);
    const dir = join(ground.folder, "lab");
    const lab = await startNetworkLab({ dir, appHosts: hosts });
    ground.closing(() => lab.stop());
    const fleet = new Fleet(lab);
    await fleet.begin();
    tell(outer, fleet.words());
    const context = onStage(outer, ground, lab.configFile);
    const crew = new Crew(context);
    ground.closing(() => crew.dismiss());
    const exit = await play(context, { ground, lab, fleet, crew });
    if (exit === "interrupted") return exit;
    const isProven = await prove(context, fleet, Date.now() - began);
    await stayOpen(outer, ground.server.uiUrl);
    return isProven ? exit : "endedBadly";
  });
}

interface Stage {
  readonly ground: Ground;
  readonly lab: NetworkLab;
  readonly fleet: Fleet;
  readonly crew: Crew;
}

/** The run itself, each command as an operator would type it. */
async function play(context: Context, stage: Stage): Promise<ExitName> {
  const { crew, lab, ground } = stage;
  say(context, "A worker, and a run. The operator types:");
  await crew.hire();
  const file = join(ground.folder, "egress.json");
  await writeFile(file, JSON.stringify(inputFor(lab.customersFile)));
  const words = ["start", "egress-migration", "-f", "egress.json", "--execute"];
  await typed(context, words, ground.folder);
  return withClient(context, async (client) => {
    const observer = observerOf(context, client, id);
    const scenes = [
      scene("ramp-25", () => killWorker(context, stage)),
      scene("ramp-100", () => showPressure(context)),
    ];
    const answered = new Map<string, number>();
    for (;;) {
      const due = (seen: Observation) => scenes.find((one) => one.isDue(seen));
      const isEnough = (seen: Observation) =>
        questionsOf(seen).length > 0 || due(seen) !== undefined;
      const exit = await watch(muted(context), observer, lookEveryMs, isEnough);
      const seen = await observer.observe();
      if (seen.end !== undefined || exit !== "ok") return exit;
      await due(seen)?.play();
      for (const gate of questionsOf(seen)) {
        const times = (answered.get(gate.id) ?? 0) + 1;
        answered.set(gate.id, times);
        await answerOf(context, stage, { gate, times });
      }
    }
  });
}

/** What a watch holds is gone with its cause: nobody answers it here. */
const questionsOf = ({ live }: Observation): readonly OpenGate[] =>
  (live?.gates ?? []).filter(({ id: gate }) => !gate.startsWith("watch-"));

/** Something that happens once, as soon as the step is in work. */
function scene(step: string, act: () => Promise<void>) {
  let isOver = false;
  return {
    isDue: ({ live }: Observation): boolean =>
      !isOver &&
      (live?.procedure?.steps ?? []).some(
        ({ id: one, standing }) => one === step && standing === "in work",
      ),
    play: (): Promise<void> => {
      isOver = true;
      return act();
    },
  };
}

const answers: Readonly<Record<string, string>> = {
  production: "approve",
  "failed-exceptions": "mark done",
  release: "release",
};

/** What is done before the answer, and the answer. */
async function answerOf(
  context: Context,
  { fleet }: Stage,
  { gate, times }: { readonly gate: OpenGate; readonly times: number },
): Promise<void> {
  const isFailure = gate.id.startsWith("failed-");
  const known = answers[gate.id] ?? (isFailure ? "retry" : "abort");
  const choice = times > mostAnswers ? "abort" : known;
  if (gate.id === "failed-stress" && times === 1) {
    await fleet.setSpread("connection");
    say(
      context,
      `Staging fails of ${causesIn(gate)}: a range keeps each host on one address. The operator writes \`spread: connection\` into the file.`,
    );
  }
  if (gate.id === "failed-exceptions") await fleet.noteProbed();
  if (gate.id === "failed-drain" && times === 1) {
    await fleet.callTheMoved();
    say(
      context,
      `Connections to customers who stayed leave by the old addresses; their date has passed, and the fleet calls them no more: ${fleet.stayed.join(", ")}.`,
    );
  }
  await answerGate(context, id, gate, choice);
}

/** `nat.noPort, connect.slow` */
const causesIn = ({ title }: OpenGate): string =>
  [...new Set(title.match(/\b(nat|conntrack|connect|client|load)\.\w+/g))].join(
    ", ",
  );

async function killWorker(
  context: Context,
  { lab, crew }: Stage,
): Promise<void> {
  const before = await lab.loadCounts();
  const pid = await crew.kill();
  say(context, `SIGKILL to the worker (${pid}) in the middle of a stage.`);
  await pause(withoutWorkerMs);
  const { attempted } = await lab.loadCounts();
  tell(
    context,
    `No worker lives, and the gateways steer on: ${attempted - before.attempted} more connections.`,
  );
  await crew.hire();
  tell(context, "A new worker goes on with the stage:");
}

async function showPressure(context: Context): Promise<void> {
  say(context, "In the last stage the operator looks at the pressure:");
  await typed(context, ["status", id]);
}

/** The report, and what customers' sites and gateways say themselves. @returns whether nothing was lost */
async function prove(
  context: Context,
  fleet: Fleet,
  ms: number,
): Promise<boolean> {
  say(context, "The report, with arithmetic, customers and stages:");
  await typed(context, ["report", id]);
  const proof = await fleet.end();
  say(context, "The sites themselves say:");
  for (const text of proofWords(proof)) tell(context, text);
  tell(context, `All of it took ${durationText(ms)}.`);
  const { attempted, failed, customers, stayed, calledThough } = proof;
  const figures = { attempted, failed, customers, stayed: stayed.length, ms };
  if (context.json) line(context, JSON.stringify(figures));
  return failed === 0 && calledThough === 0;
}

/** The parser gives an option that `demo` has, too, to `demo`, wherever it stands. */
function hostsOf(demo: Command, { hosts }: EgressFlags): number {
  const isGiven = demo.getOptionValueSource("hosts") === "cli";
  return Number(isGiven ? demo.opts<EgressFlags>().hosts : hosts);
}
