import type { Client } from "@temporalio/client";
import { InvalidArgumentError } from "commander";
import { z } from "zod";
import type { Freeze } from "../../activities/freeze/port";
import { nearest } from "../../activities/known-keys";
import { freezeInWords } from "../../workflows/freeze/words";
import { parkedInWords } from "../../workflows/rollout/parked";
import type { HostRow, Standing } from "../../workflows/rollout/words";
import type { Context, Program } from "../context";
import { cliError } from "../errors";
import { standings } from "../host-standing";
import { answer } from "../output";
import { observerOf } from "../run/observe";
import { documentsOf, loadArtifact } from "../run/report-artifact";
import { withClient } from "../temporal";

/** While the run goes on; a run that has ended knows `not attempted` instead of `waiting` and `in work`. */
const states = [...standings, "parked", "not attempted"] as const;
type State = (typeof states)[number];

interface HostsFlags {
  readonly state?: readonly State[];
  readonly pool?: string;
  readonly frozen?: true;
}

interface HostLine {
  readonly id: string;
  readonly pool: string;
  readonly state: string;
  readonly version?: string | undefined;
  readonly cause?: string | undefined;
  readonly parked?: HostRow["parked"];
  /** What it waits for. */
  readonly frozen?: readonly Freeze[];
  readonly failure?:
    | { readonly type: string; readonly step: string; readonly message: string }
    | undefined;
}

const example = `
Example:
  $ runbook hosts fleet-upgrade:prod-eu:2026-11 --state failed,quarantined
  $ runbook hosts fleet-upgrade:prod-eu:2026-11 --state failed --json | jq -r '.hosts[].id'`;

/** `runbook hosts`: where each host of a run stands, for people and for scripts. */
export function registerHosts({ root, run }: Program): void {
  const command = root
    .command("hosts")
    .summary("list the hosts of a run by where they stand")
    .description(
      `Lists every host of a run: asked of the run while it goes on, read from its report once it has ended. States: ${states.join(", ")}.`,
    )
    .argument("<id>", "workflow id, as start printed it")
    .option("--state <states>", "only these, comma separated", statesIn)
    .option("--pool <name>", "only this pool")
    .option("--frozen", "only those that wait for a freeze to end")
    .addHelpText("after", example)
    .action((id: string, flags: HostsFlags) =>
      run(command, (context) =>
        withClient(context, async (client) => {
          const hosts = await hostsOf(context, client, id, flags);
          answer(context, { id, total: hosts.length, hosts }, [
            ...hosts.map(lineOf),
            `${hosts.length} ${hosts.length === 1 ? "host" : "hosts"}`,
          ]);
        }),
      ),
    );
}

function statesIn(text: string): readonly State[] {
  const words = text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
  const isState = (word: string): word is State =>
    (states as readonly string[]).includes(word);
  const wrong = words.filter((word) => !isState(word));
  if (wrong.length === 0 && words.length > 0) return words.filter(isState);
  const meant = wrong.map((word) => {
    const one = nearest(word, states);
    return one === undefined ? word : `${word} (did you mean ${one}?)`;
  });
  throw new InvalidArgumentError(
    `Found ${meant.join(", ") || "nothing"}, expected ${states.join(", ")}.`,
  );
}

/** @throws cli.noRun, cli.noWorker, cli.noReport, artifacts.* */
async function hostsOf(
  context: Context,
  client: Client,
  id: string,
  { state: wanted, pool, frozen }: HostsFlags,
): Promise<HostLine[]> {
  const observer = observerOf(context, client, id);
  const { runId, end, live } = await observer.observe();
  if (end === undefined) {
    const only = wanted?.length === 1 ? standingIn(wanted[0]) : undefined;
    const rows = await observer.hosts({
      ...(only !== undefined && { standing: only }),
      ...(pool !== undefined && { pool }),
      ...(frozen !== undefined && { frozen }),
    });
    const freezes = live?.progress?.frozen?.freezes ?? [];
    return rows
      .map((row) => lineOfRow(row, freezes))
      .filter(({ state }) => isWanted(wanted, state));
  }
  const handle = client.workflow.getHandle(id, runId);
  const documents = await documentsOf(handle, end.outcome);
  if (documents === undefined || "text" in documents)
    throw cliError("noReport", {
      seen: `${id} ended without touching a host: ${end.outcome}`,
      facts: { id },
    });
  const text = await loadArtifact(context, documents.json);
  return reportedHosts(text).filter(
    (host) =>
      frozen === undefined &&
      isWanted(wanted, host.state) &&
      (pool === undefined || host.pool === pool),
  );
}

const lineOfRow = (
  { standing, frozen, ...rest }: HostRow,
  freezes: readonly Freeze[],
): HostLine => ({
  ...rest,
  state: standing,
  ...(frozen && { frozen: freezes.filter(({ id }) => frozen.includes(id)) }),
});

function standingIn(state: State | undefined): Standing | undefined {
  return standings.find((standing) => standing === state);
}

function isWanted(wanted: HostsFlags["state"], state: string): boolean {
  return wanted === undefined || wanted.some((one) => one === state);
}

const reportSchema = z.object({
  hosts: z.array(
    z.object({
      id: z.string(),
      pool: z.string(),
      outcome: z.string(),
      version: z.string().optional(),
      failure: z
        .object({ type: z.string(), step: z.string(), message: z.string() })
        .optional(),
    }),
  ),
});

function reportedHosts(text: string): HostLine[] {
  const { hosts } = reportSchema.parse(JSON.parse(text));
  return hosts.map(({ outcome, ...rest }) => ({ ...rest, state: outcome }));
}

function lineOf({
  id,
  pool,
  state,
  version,
  cause,
  failure,
  parked,
  frozen = [],
}: HostLine): string {
  const [first = ""] = (failure?.message ?? "").split("\n");
  return [
    id,
    pool,
    state,
    ...(version === undefined ? [] : [version]),
    ...(failure === undefined
      ? []
      : [`${failure.step}: ${first} (${failure.type})`]),
    ...(cause === undefined ? [] : [`cause ${cause}`]),
    ...(parked === undefined ? [] : [parkedInWords(parked)]),
    ...frozen.map(freezeInWords),
  ].join("  ");
}
