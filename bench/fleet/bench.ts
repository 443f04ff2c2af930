import { type Budgets, resumeLimitMs } from "./budgets";
import {
  figuresOf,
  median,
  tableOf,
  type Facts,
  type Resumed,
} from "./figures";
import { requireAll, type BenchHosts } from "./hosts";
import { startLabHosts } from "./lab-hosts";
import type { FleetOptions, PeerName } from "./options";
import { startOwnSide, type OwnSide } from "./ours";
import { measureResume, measureRun, type OwnRun } from "./own-run";
import { peerStanding, type Peer } from "./peers";
import { startSshdHosts } from "./sshd-hosts";

type Output = Pick<NodeJS.Process, "stdout" | "stderr">;

/**
 * Measures each peer once a round, in turn, so that whatever else the machine does meets all of them.
 *
 * @throws Error when a peer did not do all of its work, or a run went over a budget
 */
export async function benchFleet(
  options: FleetOptions,
  out: Output,
): Promise<void> {
  const say = (text: string) => out.stderr.write(`${text}\n`);
  say(`starting ${options.hosts} hosts ...`);
  const start = options.lab ? startLabHosts : startSshdHosts;
  const hosts = await start(options.hosts);
  try {
    const facts = await measure(options, hosts, say);
    out.stdout.write(`${tableOf(facts)}\n`);
    if (options.json) out.stdout.write(`${JSON.stringify(figuresOf(facts))}\n`);
    if (facts.budgets?.hold === false) throw new Error("a budget was exceeded");
    if ((facts.resumed?.admittedMs ?? 0) > resumeLimitMs)
      throw new Error("a worker that was started again took too long");
  } finally {
    await hosts.stop();
  }
}

async function measure(
  options: FleetOptions,
  hosts: BenchHosts,
  say: (text: string) => void,
): Promise<Facts> {
  const { peers, concurrency } = options;
  const side = peers.includes("ours")
    ? await startOwnSide(hosts, concurrency)
    : undefined;
  try {
    const bench = new FleetBench(hosts, side, say);
    for (const name of peers) bench.add(name, concurrency);
    for (let round = 1; round <= options.rounds; round++)
      await bench.round(round);
    const resumed = options.resume ? await bench.resume() : null;
    return bench.facts(concurrency, resumed);
  } finally {
    await side?.stop();
  }
}

class FleetBench {
  private readonly peers = new Map<PeerName, Peer>();
  private readonly times = new Map<PeerName, number[]>();
  private readonly missing: Partial<Record<PeerName, string>> = {};
  private readonly runs: OwnRun[] = [];

  constructor(
    private readonly hosts: BenchHosts,
    private readonly side: OwnSide | undefined,
    private readonly say: (text: string) => void,
  ) {}

  add(name: PeerName, concurrency: number): void {
    const { side, hosts } = this;
    if (name === "ours" && side !== undefined) {
      this.peers.set(name, async (version) => {
        const run = await measureRun(side, hosts, version);
        this.runs.push(run);
        return run.ms;
      });
    } else if (name !== "ours") {
      const standing = peerStanding(name, hosts, concurrency);
      if ("run" in standing) this.peers.set(name, standing.run);
      else this.leaveOut(name, standing.missing);
    }
  }

  /** Each round and peer brings a version of its own, so that all have the same to do. */
  async round(round: number): Promise<void> {
    for (const [name, run] of this.peers) {
      const version = `${round}.${name}`;
      const ms = await run(version);
      requireAll(this.hosts, version);
      this.times.set(name, [...(this.times.get(name) ?? []), ms]);
      this.say(`round ${round}: ${name} ${(ms / 1_000).toFixed(2)} s`);
    }
  }

  async resume(): Promise<Resumed | null> {
    if (this.side === undefined) return null;
    this.say("killing the worker half-way ...");
    const ms = await measureResume(this.side, this.hosts, "resumed");
    return { admittedMs: Math.round(ms) };
  }

  facts(concurrency: number, resumed: Resumed | null): Facts {
    const { hosts, side, runs, times, missing } = this;
    const count = hosts.hosts.length;
    const events = median(runs.map((run) => run.events));
    const peakKb = side?.peakRssKb() ?? 0;
    return {
      hosts: count,
      concurrency,
      rounds: Object.fromEntries(times),
      coldStartMs: side === undefined ? null : Math.round(side.coldStartMs),
      eventsPerHost:
        events === null ? null : Math.round((100 * events) / count) / 100,
      workerRssMb: peakKb === 0 ? null : Math.round(peakKb / 1_024),
      budgets: worst(runs.map((run) => run.budgets)),
      resumed,
      missing,
    };
  }

  private leaveOut(name: PeerName, reason: string): void {
    this.missing[name] = reason;
    this.say(`left out: ${name}: ${reason}`);
  }
}

/** A run over a budget is told of before any other. */
function worst(all: readonly Budgets[]): Budgets | null {
  return all.find(({ hold }) => !hold) ?? all.at(-1) ?? null;
}
