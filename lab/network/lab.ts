import { resolve } from "node:path";
import { parse } from "../../activities/faults";
import { labError } from "../hosts/errors";
import { makeLabFolder } from "../hosts/folder";
import { clearDeadLab } from "../hosts/stop-lab";
import type { SiteBehaviour } from "./behaviour";
import type { GatewaySeat, SiteSeat } from "./layout";
import type { LoadCounts } from "./load";
import { networkLabMissing } from "./missing";
import {
  networkOptionsSchema,
  type NetworkLabOptions,
  type NetworkLabSettings,
} from "./options";
import { RunningNetworkLab } from "./running-lab";
import type { SiteCounts } from "./sites";

/** A host that answers over SSH. */
export interface NetworkHostView {
  readonly id: string;
  /** Of its namespace, for `ip netns exec`. */
  readonly namespace: string;
  readonly address: string;
  readonly port: number;
}
export type GatewayView = NetworkHostView & Pick<GatewaySeat, "old" | "new">;

/** A fleet behind gateways, and its customers' sites, in network namespaces. */
export interface NetworkLab {
  readonly dir: string;
  readonly configFile: string;
  readonly inventoryFile: string;
  readonly customersFile: string;
  readonly knownHostsFile: string;
  readonly identityFile: string;
  readonly user: string;
  /** The control API, also for other processes. */
  readonly controlUrl: string;
  readonly gateways: readonly GatewayView[];
  readonly appHosts: readonly NetworkHostView[];
  readonly staging: {
    readonly gateway: GatewayView;
    readonly hosts: readonly NetworkHostView[];
    /** `198.18.0.1:80`: answers, and keeps as many connections as are opened. */
    readonly sink: string;
  };
  /** All of them, staging's and gateways too. */
  readonly hosts: readonly NetworkHostView[];
  readonly sites: readonly SiteSeat[];
  /** Resolves when the lab has ended, by whomever. */
  readonly stopped: Promise<void>;
  /** How a site treats its callers from now on; resolves when that is in force. @throws Error where there is no such site */
  setSite(id: string, behaviour: SiteBehaviour): Promise<void>;
  /** What has come to the sites so far. */
  counts(): Promise<SiteCounts>;
  /** The same, to staging's sink. */
  sinkCounts(): Promise<SiteCounts>;
  /**
   * New connections all the time, from all hosts to all sites in turn.
   *
   * @throws Error where a load runs already
   */
  startLoad(options: {
    /** Of all hosts together. */
    readonly perSecond: number;
    /** Ids; all by default. */
    readonly sites?: readonly string[];
  }): Promise<void>;
  /** As of the last second; zeros without a load. @throws Error where a part of the load has ended of itself */
  loadCounts(): Promise<LoadCounts>;
  /** Resolves when each connection has been answered or has failed. @throws Error likewise */
  stopLoad(): Promise<LoadCounts>;
  /** Runs sh in the namespace of a host, or of `internet` and `st-sink`. @returns stdout */
  sh(id: string, script: string): Promise<string>;
  /** A gateway comes up again with its old addresses and its operator's rules alone, and without its connections. */
  reboot(gateway: string): Promise<void>;
  /** Ends all of it and removes what it wrote. */
  stop(): Promise<void>;
}

/**
 * Starts it in a folder of its own; all of it ends with this process, whatever ends that.
 *
 * @throws lab.networkMissing, lab.folderInUse, input.invalid with all that is wrong in the options
 */
export async function startNetworkLab(
  options: NetworkLabOptions,
): Promise<NetworkLab> {
  const missing = networkLabMissing();
  if (missing !== undefined)
    throw labError("networkMissing", { seen: missing });
  const settings: NetworkLabSettings = parse(
    networkOptionsSchema,
    { ...options, dir: resolve(options.dir) },
    { system: "input", what: "lab" },
  );
  await clearDeadLab(settings.dir);
  makeLabFolder(settings.dir);
  const lab = new RunningNetworkLab(settings);
  try {
    await lab.start();
  } catch (error) {
    await lab.stop();
    throw error;
  }
  return lab;
}
