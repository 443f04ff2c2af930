import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Command, InvalidArgumentError } from "commander";
import { type PostgresLab, startPostgresLab } from "../../lab/postgres/lab";
import { writesLost } from "../../lab/postgres/writers";
import { workflowId } from "../../runbooks/replica-setup/ids";
import type { Context, Program } from "../context";
import type { ExitName } from "../exit-codes";
import { durationText, line } from "../output";
import type { Observation } from "../run/observation";
import { observerOf } from "../run/observe";
import { withClient } from "../temporal";
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
import { copiedBytes, standbyWords } from "./demo-sights";
import { watch } from "./watch";

const example = `
Example:
  $ runbook demo replica --size-mb 300`;

interface ReplicaFlags {
  readonly sizeMb: number;
}

const change = { target: "lab", change: "demo" };
const id = workflowId(change);
const lookEveryMs = 250;
/** Slow enough that the worker dies in the middle of the copy. */
const copyS = 20;
/** Of an empty cluster, which is copied too. */
const emptyMb = 40;
const killAtPercent = 30;

/** `runbook demo replica`: a verified standby of a primary that is written to, on one machine. */
export function registerDemoReplica(demo: Command, run: Program["run"]): void {
  const command = demo
    .command("replica")
    .summary("see a standby made from a verified backup on this machine")
    .description(
      "Starts a Temporal server and a PostgreSQL primary with writers at work, makes a standby of it from a backup that is restored and read, kills the worker in the middle of the copy, and proves that no acknowledged write is missing. Needs PostgreSQL on this machine.",
    )
    .option("--size-mb <n>", "of the primary's data", megabytes, 300)
    .addHelpText("after", example)
    .action((flags: ReplicaFlags) =>
      run(command, (context) => demoReplica(context, flags)),
    );
}

const demoReplica = (
  outer: Context,
  { sizeMb }: ReplicaFlags,
): Promise<ExitName> =>
  onGround(outer, async (ground) => {
    const began = Date.now();
    say(
      outer,
      `A primary with ${sizeMb} MB and four writers, an empty host ...`,
    );
    const dir = join(ground.folder, "lab");
    const lab = await startPostgresLab({ dir, sizeMb });
    ground.closing(() => lab.stop());
    tell(outer, `PostgreSQL below ${lab.postgres.primary.dataDirectory}`);
    const context = onStage(outer, ground, lab.configFile);
    const crew = new Crew(context);
    ground.closing(() => crew.dismiss());
    const exit = await play(context, { ground, lab, crew, sizeMb });
    if (exit === "interrupted") return exit;
    await prove(context, lab, Date.now() - began);
    await stayOpen(outer, ground.server.uiUrl);
    return exit;
  });

interface Stage {
  readonly ground: Ground;
  readonly lab: PostgresLab;
  readonly crew: Crew;
  readonly sizeMb: number;
}

/** What the operator asks for; the intervals are short, because nobody waits for a demonstration for hours. */
const inputFor = (sizeMb: number) => ({
  ...change,
  primary: "primary",
  replica: "replica",
  backup: {
    method: "basebackup",
    maxRateMiB: Math.ceil((sizeMb + emptyMb) / copyS),
  },
  preflight: { walRateOverS: 3 },
  lag: { samples: 3, everyS: 1 },
});

/** The run itself, each command as an operator would type it. */
async function play(context: Context, stage: Stage): Promise<ExitName> {
  const { crew, lab, ground, sizeMb } = stage;
  say(context, "A worker, and a run. The operator types:");
  await crew.hire();
  const file = join(ground.folder, "replica.json");
  await writeFile(file, JSON.stringify(inputFor(sizeMb)));
  const words = ["start", "replica-setup", "-f", "replica.json", "--execute"];
  await typed(context, words, ground.folder);
  return withClient(context, async (client) => {
    const observer = observerOf(context, client, id);
    const isMidCopy = (seen: Observation) =>
      crew.killed === undefined && copyPercent(seen) >= killAtPercent;
    for (;;) {
      const isEnough = (seen: Observation) =>
        (seen.live?.gates.length ?? 0) > 0 || isMidCopy(seen);
      const exit = await watch(muted(context), observer, lookEveryMs, isEnough);
      const seen = await observer.observe();
      if (seen.end !== undefined || exit !== "ok") return exit;
      if (isMidCopy(seen)) await killWorker(context, stage);
      for (const gate of seen.live?.gates ?? []) {
        if (gate.id === "ready")
          tell(context, await standbyWords(lab.postgres));
        await answerGate(context, id, gate, answers[gate.id] ?? "abort");
      }
    }
  });
}

const answers: Readonly<Record<string, string>> = {
  begin: "approve",
  ready: "finish",
};

const copyPercent = ({ live }: Observation): number => {
  const copy = live?.procedure?.steps.find((step) => step.id === "copy");
  return copy?.standing === "in work" ? (copy.percent ?? 0) : 0;
};

async function killWorker(
  context: Context,
  { lab, crew }: Stage,
): Promise<void> {
  const { primary } = lab.postgres;
  const before = await copiedBytes(primary);
  const pid = await crew.kill();
  say(context, `SIGKILL to the worker (${pid}) in the middle of the copy.`);
  let now = before;
  while (now !== undefined && before !== undefined && now <= before) {
    await pause(lookEveryMs);
    now = await copiedBytes(primary);
  }
  tell(context, "No worker lives, and the same copy goes on by itself.");
  await crew.hire();
  tell(context, "A new worker joins it:");
}

/** The report with the verification record's levels, and what both servers say themselves. */
async function prove(
  context: Context,
  { postgres }: PostgresLab,
  ms: number,
): Promise<void> {
  say(context, "The report, with each level of the verification:");
  await typed(context, ["report", id]);
  say(context, "The primary itself says:");
  tell(context, await standbyWords(postgres));
  await postgres.stopWriters();
  const { replica, primary, writesLog } = postgres;
  await primary.caughtUp(replica);
  const writes = await writesLost(replica, writesLog);
  tell(
    context,
    `${writes.acknowledged} writes were acknowledged meanwhile; the standby lacks ${writes.lost} of them. All of it took ${durationText(ms)}.`,
  );
  if (context.json) line(context, JSON.stringify({ ...writes, ms }));
}

function megabytes(text: string): number {
  const size = Number(text);
  if (Number.isInteger(size) && size >= 10 && size <= 10_000) return size;
  throw new InvalidArgumentError("Expected a whole number from 10 to 10000.");
}
