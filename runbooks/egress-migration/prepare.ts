import { approvalsFor } from "../../activities/approvals/approvals";
import type { ArtifactStore } from "../../activities/artifacts/port";
import type { Configuration } from "../../activities/configuration/port";
import type { CustomerBook } from "../../activities/customers/port";
import { readCustomers } from "../../activities/customers/read-customers";
import {
  egressFaults,
  productionOf,
  stagingOf,
  twiceFaults,
  usableOf,
} from "../../activities/egress/gateways";
import type { EgressSettings } from "../../activities/egress/schema";
import { isRunbookError } from "../../activities/errors";
import { describeFaults, type Fault, parse } from "../../activities/faults";
import type { Host } from "../../activities/inventory/port";
import type { LoadHost } from "../../activities/load/port";
import type { ListPlace } from "../../activities/published-list/port";
import type { SshAccess } from "../../activities/ssh/port";
import { readApprovals } from "../approvals";
import { allGates } from "../gates";
import type { PlanningPorts } from "../planning";
import { type RunIdentity, settingsOfRun } from "../run-settings";
import { targetWith } from "../target-with";
import { declaredRows, isEnough, tooSmallWords } from "./capacity";
import {
  type EgressMigrationSettings,
  egressMigrationInputSchema,
  type EgressPlan,
  type StagingPlan,
} from "./contract";
import { workflowId } from "./ids";
import { labOnlyFaults } from "./lab-only";

export const what = "input of egressMigration";
const subject = { system: "input", what } as const;

/** The input with its defaults, or one error that lists every fault of it. @throws input.invalid */
export const readInput = (raw: unknown): EgressMigrationSettings =>
  parse(egressMigrationInputSchema, raw ?? {}, subject);

/** Where the customers of the plan are kept, and under which folder. */
export interface KeptCustomers {
  readonly artifacts: ArtifactStore;
  readonly folder: string;
}

/** The plan for an input, from what configuration, inventory and the file of customers say now. @throws input.*, config.*, inventory.*, roster.* */
export async function planFor(
  input: unknown,
  deps: PlanningPorts,
  kept: KeptCustomers,
  run?: RunIdentity,
): Promise<EgressPlan> {
  const read = readInput(input);
  const settings =
    run === undefined ? read : settingsOfRun(read, workflowId(read), run, what);
  const configured = await deps.configuration.read();
  const { target, settings: egress } = targetWith(
    ...(["egress", settings.target, configured, subject] as const),
  );
  const hosts = await deps.inventory.resolve(target.inventory);
  const place = { settings: egress, access: target.ssh, hosts };
  const gateways = productionOf(place);
  const usable = usableOf(egress);
  const faults = [
    ...egressFaults(place),
    ...labOnlyFaults(settings, egress),
    ...twiceFaults(
      "needs",
      settings.needs.map(({ destination }) => destination),
    ),
    ...capacityFaults({ gateways, usable, settings }),
    ...ownLoadFaults(settings, egress),
  ];
  const customers = await customersOf(settings, faults, {
    ...kept,
    allowsPrivate: egress.allowsPrivate,
  });
  const list = listOf(egress, place);
  const approvals = await readApprovals(
    approvalsFor(configured, settings.target),
    deps.roster,
    { gates: allGates, what },
  );
  return {
    ...{ target: settings.target, change: settings.change, settings },
    ...{ gateways, usable, spread: egress.spread },
    staging: stagingPlan(egress, place),
    customers,
    ...(list && { list }),
    calendars: target.calendars,
    ...(approvals && { approvals }),
  };
}

/** The file is read once, whatever else is wrong, so that all faults come together. @throws input.invalid, customers.*, artifacts.* */
async function customersOf(
  { customers: path }: EgressMigrationSettings,
  faults: readonly Fault[],
  options: KeptCustomers & { readonly allowsPrivate: boolean },
): Promise<CustomerBook> {
  if (faults.length === 0) return readCustomers(path, options);
  const before = { what, faults };
  try {
    return await readCustomers(path, { ...options, before });
  } catch (error) {
    if (!isRunbookError(error) || error.type !== "customers.unreadable")
      throw error;
    const fault = {
      ...{ path: "customers", found: error.seen },
      expected: "a file that the worker can read",
    };
    throw describeFaults([...faults, fault], subject);
  }
}

/** How connections are spread by what the configuration says now. @throws config.*, input.invalid */
export const spreadNow = (target: string, configured: Configuration) =>
  targetWith("egress", target, configured, subject).settings.spread;

/** What the arithmetic alone refuses. */
const capacityFaults = (means: Parameters<typeof declaredRows>[0]): Fault[] =>
  declaredRows({ ...means }).flatMap((row, at) =>
    isEnough(row, means.settings)
      ? []
      : [
          {
            path: `needs[${at}]`,
            found: tooSmallWords(row, means.settings),
            expected: `at most ${means.settings.capacity} % of what the new addresses give`,
            hint: "reuse connections, or reserve more addresses",
          },
        ],
  );

/** Seconds in which a load is opened before it is held, and ended behind it. */
const besideHoldS = 60;

/** A load that the software puts on by itself has to have time for it. */
function ownLoadFaults(
  { stress: { holdS } }: EgressMigrationSettings,
  { kind, staging }: EgressSettings,
): Fault[] {
  const { timeoutS = Infinity } = staging?.application ?? {};
  if (kind !== "application" || timeoutS >= holdS + besideHoldS) return [];
  return [
    {
      path: "egress.staging.application.timeoutS",
      found: String(timeoutS),
      expected: `at least ${holdS + besideHoldS}, a minute more than stress.holdS`,
    },
  ];
}

interface Hosts {
  readonly access: SshAccess;
  readonly hosts: readonly Host[];
}

function stagingPlan(
  { staging }: EgressSettings,
  place: Hosts & { readonly settings: EgressSettings },
): StagingPlan {
  const application = staging?.application;
  const on = (id: string): LoadHost[] => hostOn(id, place);
  const [host] = application === undefined ? [] : on(application.host);
  return {
    gateways: stagingOf(place),
    hosts: (staging?.hosts ?? []).flatMap(on),
    sink: staging?.sink ?? [],
    ...(application !== undefined &&
      host !== undefined && {
        application: {
          ...{ host, command: application.command, env: application.env },
          timeoutMs: application.timeoutS * 1_000,
          mostPerRequest: application.mostPerRequest,
        },
      }),
  };
}

function listOf(
  { publishedList }: EgressSettings,
  place: Hosts,
): ListPlace | undefined {
  if (publishedList === undefined) return undefined;
  const { host, path, url, name } = publishedList;
  const [found] = hostOn(host, place);
  return found && { ssh: found.ssh, path, url, name };
}

function hostOn(id: string, { access, hosts }: Hosts): LoadHost[] {
  const host = hosts.find((one) => one.id === id);
  return host === undefined ? [] : [{ id, ssh: { host, access } }];
}
