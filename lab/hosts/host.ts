import { createServer, type Server as Listener } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandPlace } from "./command";
import type { LabFault } from "./fault-kinds";
import { makeRoot, newBootId, putFault, removeFaults } from "./host-root";
import type { KeyPair } from "./keys";
import type { HostPlan } from "./layout";
import type { Reaper } from "./reaper";
import { systemPath } from "./scripts";
import { Service } from "./service";
import { SshServer } from "./ssh-server";

/** What all hosts of a lab share. */
export interface LabGround {
  readonly dir: string;
  readonly user: string;
  readonly version: string;
  readonly service: boolean;
  readonly serviceWorkers: number;
  readonly applyMs: number;
  readonly hostEnv: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly rebootMs: number;
  readonly authorizedKey: string;
  readonly reaper: Reaper;
  readonly forwards: (address: string, port: number) => boolean;
}

export type HostState =
  "up" | "rebooting" | "refusing" | "vanished" | "stopped";

/** One host: a listening address, an SSH server and a folder, both made when first needed, and perhaps a service. */
export class LabHost {
  readonly root: string;
  private current: HostState = "stopped";
  private listener: Listener | undefined;
  private sshServer: SshServer | undefined;
  private rooted = false;
  private authRefusals = 0;
  private stepFaults: readonly LabFault[] = [];
  private service: Service | undefined;

  constructor(
    readonly plan: HostPlan,
    readonly key: KeyPair,
    private readonly ground: LabGround,
  ) {
    this.root = join(ground.dir, "hosts", plan.id);
  }

  get state(): HostState {
    return this.current;
  }

  get connections(): number {
    return this.sshServer?.connections ?? 0;
  }

  /** @throws the listener's error, e.g. EADDRINUSE */
  async listen(): Promise<void> {
    const listener = createServer((socket) => {
      // The client may have gone before its first byte.
      socket.on("error", () => undefined);
      this.ssh().accept(socket);
    });
    await new Promise<void>((resolve, reject) => {
      listener.once("error", reject);
      listener.listen({ host: this.plan.address, port: this.plan.port }, () => {
        listener.off("error", reject);
        resolve();
      });
    });
    this.listener = listener;
    this.current = "up";
  }

  /** Nothing listens, nobody is connected. Processes are the reaper's. */
  stop(): Promise<void> {
    return this.close("stopped");
  }

  /** Makes the host's folder if need be. */
  touch(): void {
    if (this.rooted) return;
    const { user, version, service } = this.ground;
    const { address, servicePort } = this.plan;
    makeRoot(this.root, {
      user,
      version,
      ...(service ? { service: `${address} ${servicePort}` } : {}),
    });
    for (const fault of this.stepFaults) putFault(this.root, fault);
    this.rooted = true;
  }

  /** All connections end as if the link died. */
  reset(): void {
    this.sshServer?.cut();
  }

  /** Nothing listens any more, while what runs goes on. */
  async close(state: "refusing" | "vanished" | "stopped"): Promise<void> {
    this.current = state;
    await this.unlisten();
    this.reset();
  }

  /** Ends a refusal. */
  async reopen(): Promise<void> {
    if (this.current === "refusing" || this.current === "vanished")
      await this.listen();
  }

  /** Ends every process, stays away for a while, comes back with another boot id and its service. */
  async reboot(): Promise<void> {
    if (this.current !== "up") return;
    this.touch();
    await this.close("refusing");
    this.current = "rebooting";
    await this.ground.reaper.kill(this.plan.id);
    await this.service?.stop();
    newBootId(this.root);
    await delay(this.ground.rebootMs);
    if (!this.isRebooting()) return;
    await this.startService();
    if (this.isRebooting()) await this.listen();
  }

  async startService(): Promise<void> {
    if (!this.ground.service) return;
    this.touch();
    this.service ??= new Service({
      root: this.root,
      address: this.plan.address,
      port: this.plan.servicePort,
      workers: this.ground.serviceWorkers,
      ...this.place(),
    });
    await this.service.start();
  }

  async stopService(): Promise<void> {
    await this.service?.stop();
  }

  async putFault(fault: LabFault): Promise<void> {
    switch (fault.kind) {
      case "refuse":
        return this.close("refusing");
      case "vanish":
        return this.close("vanished");
      case "auth":
        this.authRefusals = fault.times === "always" ? Infinity : fault.times;
        return;
      default:
        // A folder for each of 10,000 hosts would take seconds; most are never looked at.
        if (this.rooted) putFault(this.root, fault);
        else this.stepFaults = [...this.stepFaults, fault];
    }
  }

  async clearFaults(): Promise<void> {
    this.authRefusals = 0;
    this.stepFaults = [];
    if (this.rooted) removeFaults(this.root);
    await this.reopen();
  }

  /** A log of the host, empty when there is none yet. */
  log(name: string): string {
    const file = join(
      this.root,
      "var/log",
      `${name.replace(/\.log$/, "")}.log`,
    );
    try {
      return readFileSync(file, "utf8");
    } catch {
      return "";
    }
  }

  private isRebooting(): boolean {
    return this.current === "rebooting";
  }

  /** The port refuses when this resolves; open connections are not waited for. */
  private async unlisten(): Promise<void> {
    this.listener?.close();
    this.listener = undefined;
    // The handle closes on the next turn of the event loop.
    await new Promise(setImmediate);
  }

  private ssh(): SshServer {
    this.sshServer ??= new SshServer({
      hostKey: this.key.privateKey,
      user: this.ground.user,
      authorizedKey: this.ground.authorizedKey,
      refusesAuth: () => this.authRefusals > 0 && this.authRefusals-- > 0,
      place: () => this.place(),
      forwards: this.ground.forwards,
    });
    return this.sshServer;
  }

  private place(): CommandPlace {
    this.touch();
    const { dir, user, applyMs, hostEnv } = this.ground;
    const home = join(this.root, "home", user);
    return {
      cwd: home,
      env: {
        HOST_ROOT: this.root,
        HOST_ID: this.plan.id,
        HOME: home,
        USER: user,
        LOGNAME: user,
        SHELL: "/bin/sh",
        PATH: `${join(dir, "shims")}:${systemPath()}`,
        UPGRADE_RUNBOOKS_HOME: join(this.root, "var/lib/upgrade-runbooks"),
        // A lab host has no systemd, whatever the machine below it has.
        UPGRADE_RUNBOOKS_SYSTEMD: join(this.root, "run/systemd/system"),
        LAB_APPLY_MS: String(applyMs),
        ...hostEnv[this.plan.id],
      },
      groupNote: (group) => join(dir, "run/groups", `${this.plan.id}.${group}`),
    };
  }
}
