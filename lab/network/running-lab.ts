import type { Server } from "node:http";
import { join } from "node:path";
import { portOf, serveControl } from "../hosts/control";
import { labFiles, removeLabFolder } from "../hosts/folder";
import { writeRecord } from "../hosts/lab-files";
import { defaultBehaviours, type SiteBehaviour } from "./behaviour";
import { controlOf } from "./control";
import { writeConfig, writeCustomers, writeInventory } from "./files";
import { Hosts } from "./hosts";
import { sh } from "./in-namespace";
import type { GatewayView, NetworkHostView, NetworkLab } from "./lab";
import {
  allAppHosts,
  allGateways,
  internet,
  networkLayout,
  sinkHost,
  type GatewaySeat,
  type NetworkLayout,
  type SiteSeat,
} from "./layout";
import { Load, noLoad, type LoadCounts } from "./load";
import { makeNamespaces, type Namespaces } from "./namespaces";
import type { NetworkLabSettings } from "./options";
import { bootScript } from "./setup";
import { Sites, type SiteCounts } from "./sites";

interface Parts {
  readonly namespaces: Namespaces;
  readonly hosts: Hosts;
  readonly sites: Sites;
  readonly sink: Sites;
}

export class RunningNetworkLab implements NetworkLab {
  readonly dir: string;
  readonly user = "root";
  readonly configFile: string;
  readonly inventoryFile: string;
  readonly customersFile: string;
  readonly knownHostsFile: string;
  readonly identityFile: string;
  readonly stopped: Promise<void>;
  controlUrl = "";
  private readonly layout: NetworkLayout;
  private namespaces: Namespaces | undefined;
  private parts: Parts | undefined;
  private load: Load | undefined;
  private control: Server | undefined;
  private stopping: Promise<void> | undefined;
  private markStopped: () => void = () => undefined;

  constructor(private readonly settings: NetworkLabSettings) {
    const { dir } = settings;
    this.dir = dir;
    this.layout = networkLayout(settings);
    this.configFile = join(dir, labFiles.config);
    this.inventoryFile = join(dir, labFiles.inventory);
    this.customersFile = join(dir, labFiles.customers);
    this.knownHostsFile = join(dir, labFiles.knownHosts);
    this.identityFile = join(dir, labFiles.identity);
    this.stopped = new Promise((done) => {
      this.markStopped = done;
    });
  }

  async start(): Promise<void> {
    const { dir, layout } = this;
    const seats = [...allGateways(layout), ...allAppHosts(layout)];
    const ids = seats.map(({ id }) => id);
    this.namespaces = await makeNamespaces(layout, ids);
    const { namespaces } = this;
    const hosts = new Hosts(dir, namespaces);
    const [sites, sink] = await Promise.all([
      this.startSites(internet, layout.sites, defaultBehaviours(layout)),
      this.startSites(sinkHost, [layout.staging.sink], new Map()),
      hosts.start(ids),
    ]);
    this.parts = { namespaces, hosts, sites, sink };
    writeInventory(dir, layout, (id) => namespaces.address(id));
    writeCustomers(dir, layout);
    writeConfig(this.settings, layout);
    this.control = await serveControl(
      controlOf(this, new Date(), () => hosts.up),
    );
    this.controlUrl = `http://127.0.0.1:${portOf(this.control)}`;
    const { controlUrl, inventoryFile, configFile } = this;
    // Last: who finds it finds a complete lab.
    writeRecord(dir, {
      ...{ pid: process.pid, reaperPid: undefined, dir, controlUrl },
      ...{ inventoryFile, configFile, hosts: ids.length },
      network: { prefix: namespaces.prefix },
    });
  }

  get gateways(): readonly GatewayView[] {
    return this.layout.gateways.map((seat) => this.gatewayView(seat));
  }

  get appHosts(): readonly NetworkHostView[] {
    return this.layout.appHosts.map(({ id }) => this.view(id));
  }

  get staging(): NetworkLab["staging"] {
    const { gateway, hosts, sink } = this.layout.staging;
    return {
      gateway: this.gatewayView(gateway),
      hosts: hosts.map(({ id }) => this.view(id)),
      sink: `${sink.address}:80`,
    };
  }

  get hosts(): readonly NetworkHostView[] {
    return this.running.hosts.ids.map((id) => this.view(id));
  }

  get sites(): readonly SiteSeat[] {
    return this.layout.sites;
  }

  async setSite(id: string, behaviour: SiteBehaviour): Promise<void> {
    await this.running.sites.set(this.site(id).id, behaviour);
  }

  counts(): Promise<SiteCounts> {
    return this.running.sites.counts();
  }

  sinkCounts(): Promise<SiteCounts> {
    return this.running.sink.counts();
  }

  async startLoad({
    perSecond,
    sites,
  }: Parameters<NetworkLab["startLoad"]>[0]): Promise<void> {
    if (this.load !== undefined) throw new Error("a load runs already");
    const place = {
      namespaces: new Map(
        this.appHosts.map(({ id, namespace }) => [id, namespace]),
      ),
      sites: sites?.map((id) => this.site(id)) ?? this.sites,
      folder: join(this.dir, labFiles.run),
    };
    this.load = await Load.start(place, perSecond);
  }

  async loadCounts(): Promise<LoadCounts> {
    return (await this.load?.counts()) ?? noLoad();
  }

  async stopLoad(): Promise<LoadCounts> {
    const { load } = this;
    this.load = undefined;
    return (await load?.stop()) ?? noLoad();
  }

  sh(id: string, script: string): Promise<string> {
    return sh(this.running.namespaces.name(id), script);
  }

  async reboot(id: string): Promise<void> {
    const gateway = allGateways(this.layout).find((seat) => seat.id === id);
    if (gateway === undefined)
      throw new Error(`the network lab has no gateway ${id}`);
    await this.sh(id, `${bootScript(gateway)}conntrack -F 2>/dev/null\n`);
    this.running.hosts.noteBoot(id);
  }

  stop(): Promise<void> {
    this.stopping ??= this.end();
    return this.stopping;
  }

  private async end(): Promise<void> {
    this.control?.close();
    this.control?.closeAllConnections();
    await this.namespaces?.end();
    removeLabFolder(this.dir);
    this.markStopped();
  }

  private get running(): Parts {
    if (this.parts === undefined) throw new Error("the lab is not complete");
    return this.parts;
  }

  private startSites(
    id: string,
    sites: readonly SiteSeat[],
    behaviours: ReadonlyMap<string, SiteBehaviour>,
  ): Promise<Sites> {
    const name = id === internet ? labFiles.sites : `${labFiles.run}/sink.json`;
    return Sites.start({
      namespace: this.namespaces?.name(id) ?? "",
      ...{ sites, behaviours },
      sitesFile: join(this.dir, name),
      countsFile: join(this.dir, labFiles.run, `${id}-counts.json`),
    });
  }

  private site(id: string): SiteSeat {
    const found = this.sites.find((site) => site.id === id);
    if (found === undefined)
      throw new Error(`the network lab has no site ${id}`);
    return found;
  }

  private gatewayView(seat: GatewaySeat): GatewayView {
    return { ...this.view(seat.id), old: seat.old, new: seat.new };
  }

  private view(id: string): NetworkHostView {
    const { namespaces } = this.running;
    const address = namespaces.address(id);
    return { id, namespace: namespaces.name(id), address, port: 22 };
  }
}
