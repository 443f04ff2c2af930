import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { labFiles } from "../hosts/folder";
import { knownHostsLine, newKeyPair, type KeyPair } from "../hosts/keys";
import { writeIdentity } from "../hosts/lab-files";
import { bootIdFile, hostFolder } from "./files";
import type { Namespaces } from "./namespaces";
import { startSshd, type Sshd } from "./sshd";

/** More at once keep each other waiting. */
const startsAtOnce = 6;

/** The servers by which a lab's hosts are reached. */
export class Hosts {
  private readonly servers = new Map<string, Sshd>();
  private readonly clientKey: KeyPair = newKeyPair("root");

  constructor(
    private readonly dir: string,
    private readonly namespaces: Namespaces,
  ) {}

  get ids(): readonly string[] {
    return [...this.servers.keys()];
  }

  /** Of those whose server runs. */
  get up(): number {
    return [...this.servers.values()].filter(({ service }) => service.isRunning)
      .length;
  }

  /** Starts one on each host, and writes what a client needs. @throws Error with what sshd said */
  async start(ids: readonly string[]): Promise<void> {
    writeIdentity(this.dir, "root", this.clientKey);
    const waiting = [...ids];
    const next = async (): Promise<void> => {
      for (let id = waiting.shift(); id !== undefined; id = waiting.shift())
        await this.startOne(id);
    };
    await Promise.all(Array.from({ length: startsAtOnce }, next));
    const lines = ids.flatMap((id) => {
      const server = this.servers.get(id);
      const address = this.namespaces.address(id);
      const at = { address, port: 22 };
      return server === undefined ? [] : knownHostsLine(at, server.hostKey);
    });
    writeFileSync(join(this.dir, labFiles.knownHosts), lines.join(""));
  }

  /** A start of the host has an id of its own, as the kernel's boot id would be. */
  noteBoot(id: string): void {
    writeFileSync(bootIdFile(this.dir, id), `${randomUUID()}\n`);
  }

  private async startOne(id: string): Promise<void> {
    const folder = hostFolder(this.dir, id);
    mkdirSync(folder, { recursive: true });
    this.noteBoot(id);
    const server = await startSshd({
      namespace: this.namespaces.name(id),
      address: this.namespaces.address(id),
      folder,
      letsIn: this.clientKey.publicKey,
    });
    this.servers.set(id, server);
  }
}
