import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { python } from "../../lab/network/in-namespace";
import { internet } from "../../lab/network/layout";
import type { NetworkLab } from "../../lab/network/lab";

/** One connection: when it was begun, milliseconds of the epoch, and by which address it came. */
export interface Seen {
  readonly at: number;
  readonly source: string;
}

const port = 8_080;
/** Connections that each host keeps open all the time. */
const held = 20;
const pauseS = 0.004;
const patienceMs = 30_000;
const lookEveryMs = 10;

/** Tells whoever connects by which address he came, and repeats what he says. */
const tellerProgram = String.raw`
import asyncio, sys
async def meet(reader, writer):
    writer.write((writer.get_extra_info("peername")[0] + "\n").encode())
    while True:
        text = await reader.readline()
        if not text:
            break
        writer.write(text)
    writer.close()
async def main():
    server = await asyncio.start_server(meet, sys.argv[1], int(sys.argv[2]), backlog=1024)
    print("started", flush=True)
    await server.serve_forever()
asyncio.run(main())
`;

/** Opens one connection after the other and prints each; at the end it asks on those that it has kept open since its start. */
const proberProgram = String.raw`
import socket, sys, time, signal
address, port, held, pause = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
over = []
signal.signal(signal.SIGTERM, lambda *_: over.append(1))
def connect():
    one = socket.create_connection((address, port), 5)
    source = one.recv(64).decode().strip()
    return one, source
kept = [connect()[0] for _ in range(held)]
print("started", flush=True)
while not over:
    at = time.time() * 1000
    try:
        one, source = connect()
        one.close()
        print(f"{at:.1f} {source}", flush=True)
    except OSError as error:
        print(f"failed {error}", flush=True)
    time.sleep(pause)
for one in kept:
    try:
        one.sendall(b"still\n")
        if one.recv(64) != b"still\n":
            print("failed ended", flush=True)
    except OSError as error:
        print(f"failed {error}", flush=True)
`;

/** Hosts, one behind each gateway, that open a connection every few milliseconds and know by which address it came. */
export class Probers {
  readonly seen: Seen[] = [];
  /** What connections failed of, the kept ones too. */
  readonly failed: string[] = [];
  private readonly children: ChildProcess[] = [];

  static async start(lab: NetworkLab): Promise<Probers> {
    const probers = new Probers();
    const [gateway] = lab.gateways;
    // No customer of the bench is there: a run moves it by the share of all other destinations.
    const site = lab.sites.at(-1);
    const prefix = gateway?.namespace.slice(0, -gateway.id.length) ?? "";
    const place = [site?.address ?? "", String(port)];
    await probers.run(`${prefix}${internet}`, tellerProgram, place);
    const words = [...place, String(held), String(pauseS)];
    // Hosts are dealt to the gateways in turn.
    for (const { namespace } of lab.appHosts.slice(0, lab.gateways.length))
      await probers.run(namespace, proberProgram, words);
    return probers;
  }

  /** Resolves with one that was begun behind this moment and is meant. @throws Error when none comes within half a minute */
  async next(from: number, isMeant: (seen: Seen) => boolean): Promise<Seen> {
    while (Date.now() < from + patienceMs) {
      const found = this.seen.findLast((one) => one.at >= from && isMeant(one));
      if (found !== undefined) return found;
      await pause(lookEveryMs);
    }
    throw new Error("no connection came by the addresses that were meant");
  }

  /** Ends the probers, and then who answered them. */
  async stop(): Promise<void> {
    for (const child of this.children.reverse()) {
      const gone = once(child, "close");
      child.kill("SIGTERM");
      await gone;
    }
  }

  private async run(
    namespace: string,
    program: string,
    words: readonly string[],
  ): Promise<void> {
    const net = `--net=/run/netns/${namespace}`;
    const argv = [net, "--", python, "-c", program, ...words];
    const child = spawn("nsenter", argv, {
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.children.push(child);
    const lines = createInterface({ input: child.stdout });
    await new Promise<void>((started, failed) => {
      lines.on("line", (text) => {
        if (text === "started") started();
        else this.hear(text);
      });
      child.once("exit", (code) =>
        failed(new Error(`a prober ended with ${code}`)),
      );
    });
  }

  private hear(text: string): void {
    const [word = "", ...rest] = text.split(" ");
    if (word === "failed") this.failed.push(rest.join(" "));
    else this.seen.push({ at: Number(word), source: rest.join(" ") });
  }
}
