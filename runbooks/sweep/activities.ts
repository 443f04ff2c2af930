import type {
  ArtifactRef,
  ArtifactStore,
} from "../../activities/artifacts/port";
import { beating } from "../../activities/beating";
import type { ConfigurationSource } from "../../activities/configuration/port";
import { type Fault, describeFaults, parse } from "../../activities/faults";
import type { Host, Inventory } from "../../activities/inventory/port";
import type { Findings, SweptHosts } from "../../activities/sweep/port";
import type { PostgresServer } from "../../activities/postgres/port";
import { serverOn } from "../../activities/postgres/servers";
import { together } from "../../activities/sweep/together";
import type { SshAccess } from "../../activities/ssh/port";
import { type RunIdentity, settingsOfRun } from "../run-settings";
import {
  type PreparedSweep,
  type SweepReport,
  type SweepResult,
  type SweepSettings,
  sweepInputSchema,
} from "./contract";
import { workflowId } from "./ids";
import { bySite, pagesOf } from "./plan";
import { reportCsv, reportMarkdown } from "./report";
import { sweepCounts, sweepDetails, sweepSummary } from "./words";

const subject = { system: "input", what: "input of sweep" } as const;

/** The input with its defaults, or one error that lists every fault of it. @throws input.invalid */
export const readInput = (raw: unknown): SweepSettings =>
  parse(sweepInputSchema, raw ?? {}, subject);

export interface PrepareSweep extends RunIdentity {
  readonly input: unknown;
  readonly folder: string;
}

export interface ReportSweep {
  readonly folder: string;
  readonly prepared: PreparedSweep;
  /** Of locks, and of hosts that no worker could ask. */
  readonly findings: readonly Findings[];
  /** Of hosts, in the artifact store. */
  readonly pages: readonly ArtifactRef[];
}

export interface SweepRunActivities {
  /** Validates the input and reads the hosts of the target. @throws input.*, config.*, inventory.* */
  prepareSweep(request: PrepareSweep): Promise<PreparedSweep>;
  /** Stores what was found, and what became of it. @throws artifacts.* */
  reportSweep(
    request: ReportSweep,
  ): Promise<SweepResult & { readonly details: string }>;
}

interface Dependencies {
  readonly configuration: ConfigurationSource;
  readonly inventory: Inventory;
  readonly artifacts: ArtifactStore;
}

export function createSweepRunActivities(
  deps: Dependencies,
): SweepRunActivities {
  return {
    prepareSweep: (request) => beating(() => prepare(request, deps)),
    reportSweep: (request) => beating(() => report(request, deps)),
  };
}

interface SweptTarget extends SweptHosts {
  /** On whichever of the hosts they are. */
  readonly servers: readonly PostgresServer[];
}

/** The hosts of the target, a site's together. @throws input.invalid, config.*, inventory.* */
export async function hostsToSweep(
  { target: name }: Pick<SweepSettings, "target">,
  { configuration, inventory }: Omit<Dependencies, "artifacts">,
): Promise<SweptTarget> {
  const { targets } = await configuration.read();
  const target = Object.hasOwn(targets, name) ? targets[name] : undefined;
  if (target === undefined)
    throw faults({
      path: "target",
      found: JSON.stringify(name),
      expected: `one of ${Object.keys(targets).join(", ") || "none, for none is configured"}`,
    });
  const hosts: readonly Host[] = await inventory.resolve(target.inventory);
  const access: SshAccess = target.ssh;
  const { postgres: settings } = target;
  const servers =
    settings === undefined
      ? []
      : hosts.map((host) => serverOn({ settings, access }, host));
  return { access, hosts: bySite(hosts), servers };
}

async function prepare(
  { input, folder, ...run }: PrepareSweep,
  deps: Dependencies,
): Promise<PreparedSweep> {
  const read = readInput(input);
  const settings = settingsOfRun(read, workflowId(read), run, "input of sweep");
  const { servers, ...swept } = await hostsToSweep(settings, deps);
  const put = (name: string, content: object): Promise<ArtifactRef> =>
    deps.artifacts.put(
      `${folder}/${name}.json`,
      `${JSON.stringify(content)}\n`,
    );
  const sites = [...new Set(servers.map(({ ssh }) => ssh.host.site ?? null))];
  return {
    settings,
    summary: sweepSummary(settings),
    hosts: await put("hosts", swept),
    count: swept.hosts.length,
    pages: pagesOf(swept.hosts),
    ...(servers.length > 0 && {
      postgres: { servers: await put("servers", servers), sites },
    }),
  };
}

const faults = (fault: Fault): Error => describeFaults([fault], subject);

async function report(
  { folder, prepared, findings, pages }: ReportSweep,
  { artifacts }: Dependencies,
): Promise<SweepResult & { readonly details: string }> {
  const found = [...findings];
  for (const page of pages)
    found.push(JSON.parse(await artifacts.get(page)) as Findings);
  const { target, mode } = prepared.settings;
  const whole: SweepReport = {
    ...{ target, mode, at: Date.now(), hosts: prepared.count },
    ...together(found),
  };
  const put = (form: string, text: string): Promise<ArtifactRef> =>
    artifacts.put(`${folder}/report.${form}`, text);
  const markdown = await put("md", reportMarkdown(whole, prepared.summary));
  const json = await put("json", `${JSON.stringify(whole)}\n`);
  const csv = await put("csv", reportCsv(whole));
  return {
    outcome: "completed",
    counts: sweepCounts(whole),
    report: { json, markdown, csv },
    text: `report: ${markdown.key}`,
    details: sweepDetails(whole),
  };
}
