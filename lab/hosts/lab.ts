import type { Server } from "node:http";
import { join, resolve } from "node:path";
import { writeLabConfig } from "./config";
import { portOf, serveControl, type HostEvent } from "./control";
import { labError } from "./errors";
import { parseFaults, selectHosts } from "./faults";
import { closeFleet, eachOf, openFleet, type Fleet } from "./fleet";
import {
  labFiles,
  makeLabFolder,
  removeLabFolder,
  replaceFile,
} from "./folder";
import type { LabGuest } from "./guest";
import type { LabHost } from "./host";
import { newKeyPair } from "./keys";
import {
  writeIdentity,
  writeInventory,
  writeKnownHosts,
  writeRecord,
} from "./lab-files";
import { labSettings, type LabOptions, type LabSettings } from "./options";
import { Reaper } from "./reaper";
import { writeShims } from "./scripts";
import { clearDeadLab } from "./stop-lab";

/** A host as a user of the lab sees it. */
export interface LabHostView {
  readonly id: string;
  readonly pool: string;
  readonly zone: string;
  readonly address: string;
  readonly port: number;
  /** `http://address:port` of its service, where it runs one. */
  readonly serviceUrl?: string;
}

/** A running lab: hosts that answer over SSH, in this process. */
export interface Lab {
  readonly dir: string;
  readonly hosts: readonly LabHostView[];
  readonly inventoryFile: string;
  readonly knownHostsFile: string;
  readonly identityFile: string;
  readonly user: string;
  /** A ready configuration file for the product. */
  readonly configFile: string;
  /** The control API, also for other processes. */
  readonly controlUrl: string;
  /** Resolves when the lab has ended, by whomever. */
  readonly stopped: Promise<void>;
  /** Adds faults such as `web-01:fail@restart`. @throws input.invalid, one error for all wrong ones; then none is set */
  setFault(faults: string | readonly string[]): Promise<void>;
  /** Removes every fault; hosts that were refusing or vanished come back. */
  clearFaults(): Promise<void>;
  /** Makes something happen to one host now; resolves when it has happened. */
  happen(hostId: string, event: HostEvent): Promise<void>;
  /** The folder that the host's commands know as $HOST_ROOT. */
  hostRoot(hostId: string): string;
  /** What one of the host's logs holds, e.g. `app-ctl`; empty when it is not there yet. */
  log(hostId: string, name: string): string;
  /** Ends every process of the lab and removes its folder. */
  stop(): Promise<void>;
}

const DEFAULT_APPLY_MS = 300;
/** Each is three processes that want the processor at once. */
const SERVICES_AT_ONCE = 20;

/**
 * Starts a lab in a folder of its own; all of it ends with this process, whatever ends that.
 *
 * @throws input.invalid, one error for all that is wrong in the options
 * @throws lab.folderInUse, lab.portInUse, lab.tooManyFiles, lab.perlMissing, lab.serviceFailed
 */
export async function startLab(
  options: LabOptions,
  guest?: LabGuest,
): Promise<Lab> {
  const settings = labSettings({ ...options, dir: resolve(options.dir) });
  await clearDeadLab(settings.dir);
  makeLabFolder(settings.dir);
  const lab = new RunningLab(settings, guest);
  try {
    await lab.start();
  } catch (error) {
    await lab.stop();
    throw error;
  }
  return lab;
}

class RunningLab implements Lab {
  readonly dir: string;
  readonly user: string;
  readonly inventoryFile: string;
  readonly knownHostsFile: string;
  readonly identityFile: string;
  readonly configFile: string;
  readonly stopped: Promise<void>;
  controlUrl = "";
  hosts: readonly LabHostView[] = [];
  private fleet: Fleet = new Map();
  private faults: readonly string[] = [];
  private reaper: Reaper | undefined;
  private control: Server | undefined;
  private stopping: Promise<void> | undefined;
  private markStopped: () => void = () => undefined;
  private readonly startedAt = Date.now();

  constructor(
    private readonly settings: LabSettings,
    private readonly guest?: LabGuest,
  ) {
    const { dir, user } = settings;
    this.dir = dir;
    this.user = user;
    this.inventoryFile = join(dir, labFiles.inventory);
    this.knownHostsFile = join(dir, labFiles.knownHosts);
    this.identityFile = join(dir, labFiles.identity);
    this.configFile = join(dir, labFiles.config);
    this.stopped = new Promise((done) => {
      this.markStopped = done;
    });
  }

  async start(): Promise<void> {
    const { dir, settings } = this;
    const clientKey = newKeyPair(this.user);
    writeShims(join(dir, labFiles.shims));
    this.reaper = await Reaper.start(dir);
    this.fleet = await openFleet(settings, {
      ...settings,
      applyMs:
        settings.applyMs ??
        Number(process.env.LAB_APPLY_MS ?? DEFAULT_APPLY_MS),
      authorizedKey: clientKey.publicKey,
      reaper: this.reaper,
    });
    this.hosts = this.allHosts().map((host) => this.view(host));
    writeIdentity(dir, this.user, clientKey);
    writeKnownHosts(dir, this.allHosts());
    this.writeInventory();
    await this.openControl();
    await this.guest?.start(this);
    writeLabConfig(settings, this.guest?.configuration());
    if (settings.service)
      await eachOf(this.allHosts(), SERVICES_AT_ONCE, (host) =>
        host.startService(),
      );
    if (settings.faults.length > 0) await this.setFault(settings.faults);
    // Last: who finds it finds a complete lab.
    writeRecord(dir, {
      pid: process.pid,
      reaperPid: this.reaper.pid,
      dir,
      controlUrl: this.controlUrl,
      inventoryFile: this.inventoryFile,
      configFile: this.configFile,
      hosts: this.hosts.length,
      ...this.guest?.record(),
    });
  }

  async setFault(texts: string | readonly string[]): Promise<void> {
    const ids = [...this.fleet.keys()];
    const faults = parseFaults([texts].flat(), ids);
    for (const fault of faults)
      for (const id of selectHosts(fault.selector, ids, this.settings.seed))
        await this.host(id).putFault(fault);
    this.faults = [...this.faults, ...faults.map(({ text }) => text)];
    if (faults.some(({ kind }) => kind === "vanish")) this.writeInventory();
  }

  async clearFaults(): Promise<void> {
    for (const host of this.allHosts()) await host.clearFaults();
    this.faults = [];
    this.writeInventory();
  }

  async happen(hostId: string, event: HostEvent): Promise<void> {
    const host = this.host(hostId);
    switch (event) {
      case "reset":
        return host.reset();
      case "reboot":
        return host.reboot();
      case "vanish":
        await host.close("vanished");
        return this.writeInventory();
      case "appear":
        await host.reopen();
        return this.writeInventory();
      case "service-start":
        return host.startService();
      case "service-stop":
        return host.stopService();
    }
  }

  hostRoot(hostId: string): string {
    const host = this.host(hostId);
    host.touch();
    return host.root;
  }

  log(hostId: string, name: string): string {
    return this.host(hostId).log(name);
  }

  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  private async end(): Promise<void> {
    this.control?.close();
    this.control?.closeAllConnections();
    await this.guest?.stop();
    await closeFleet(this.fleet);
    await this.reaper?.end();
    removeLabFolder(this.dir);
    this.markStopped();
  }

  private async openControl(): Promise<void> {
    this.control = await serveControl({
      status: () => this.status(),
      hosts: () =>
        this.allHosts().map((host) => ({
          ...this.view(host),
          state: host.state,
          connections: host.connections,
        })),
      setFaults: (texts) => this.setFault(texts),
      clearFaults: () => this.clearFaults(),
      happen: (id, event) =>
        this.fleet.has(id) ? this.happen(id, event) : undefined,
      stop: () => this.stop(),
    });
    const port = portOf(this.control);
    this.controlUrl = `http://127.0.0.1:${port}`;
    replaceFile(this.dir, `${labFiles.run}/control-port`, `${port}\n`);
  }

  private async status(): Promise<Record<string, unknown>> {
    const hosts = this.allHosts();
    return {
      ...(await this.guest?.status()),
      dir: this.dir,
      pid: process.pid,
      hosts: hosts.length,
      up: hosts.filter(({ state }) => state === "up").length,
      connections: hosts.reduce((sum, host) => sum + host.connections, 0),
      faults: this.faults,
      service: this.settings.service,
      version: this.settings.version,
      startedAt: new Date(this.startedAt).toISOString(),
    };
  }

  private view({ plan }: LabHost): LabHostView {
    const { id, pool, zone, address, port, servicePort } = plan;
    const serviceUrl = `http://${address}:${servicePort}`;
    return {
      id,
      pool,
      zone,
      address,
      port,
      ...(this.settings.service ? { serviceUrl } : {}),
    };
  }

  private writeInventory(): void {
    writeInventory(this.dir, this.allHosts());
  }

  private allHosts(): LabHost[] {
    return [...this.fleet.values()];
  }

  private host(id: string): LabHost {
    const host = this.fleet.get(id);
    if (host === undefined)
      throw labError("unknownHost", {
        seen: `the lab has no host ${id}`,
        facts: { dir: this.dir },
      });
    return host;
  }
}
