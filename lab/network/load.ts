import { readFile } from "node:fs/promises";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { python, Service } from "./in-namespace";
import type { SiteSeat } from "./layout";
import { besideSources } from "./sources";

const countsSchema = z.object({
  attempted: z.number(),
  answered: z.record(z.string(), z.number()),
  failed: z.record(z.string(), z.record(z.string(), z.number())),
  slow: z.number(),
});

/** What became of new connections, with one request on each. */
export type LoadCounts = z.output<typeof countsSchema>;

export interface LoadPlace {
  /** By the id of the host. */
  readonly namespaces: ReadonlyMap<string, string>;
  readonly sites: readonly SiteSeat[];
  readonly folder: string;
}

/** Longer than a SYN that was lost twice. */
const timeoutS = 5;

/** The same number of new connections in each second, from all hosts to all sites. */
export class Load {
  private constructor(
    private readonly services: readonly Service[],
    private readonly files: readonly string[],
  ) {}

  /** @param perSecond of all hosts together @throws Error with what the program said */
  static async start(place: LoadPlace, perSecond: number): Promise<Load> {
    const { folder, namespaces, sites } = place;
    const started = [...namespaces].map(([id, namespace], first) => {
      const settings = join(folder, `load-${id}.json`);
      const counts = join(folder, `load-${id}-counts.json`);
      const each = perSecond / namespaces.size;
      const order = { perSecond: each, first, timeoutS, sites };
      writeFileSync(settings, JSON.stringify(order));
      writeFileSync(counts, JSON.stringify(noLoad()));
      const program = besideSources("steady.py");
      const words = [python, program, settings, counts];
      return { counts, service: new Service(namespace, words) };
    });
    const services = started.map(({ service }) => service);
    await Promise.all(services.map((one) => one.says(/^started$/)));
    return new Load(
      services,
      started.map(({ counts }) => counts),
    );
  }

  /** As of the last second. @throws Error where a program of it has ended: what it counts no more must not look like no failures */
  async counts(): Promise<LoadCounts> {
    for (const service of this.services) service.expectRunning();
    return this.read();
  }

  /** Resolves when every connection has been answered or has failed. @throws Error likewise; the others have ended then */
  async stop(): Promise<LoadCounts> {
    const ends = await Promise.allSettled(
      this.services.map((service) => service.end()),
    );
    for (const end of ends) if (end.status === "rejected") throw end.reason;
    return this.read();
  }

  private async read(): Promise<LoadCounts> {
    const read = async (file: string): Promise<LoadCounts> =>
      countsSchema.parse(JSON.parse(await readFile(file, "utf8")));
    return sum(await Promise.all(this.files.map(read)));
  }
}

export const noLoad = (): LoadCounts => sum([]);

function sum(all: readonly LoadCounts[]): LoadCounts {
  const whole: LoadCounts = { attempted: 0, answered: {}, failed: {}, slow: 0 };
  for (const { attempted, answered, failed, slow } of all) {
    whole.attempted += attempted;
    whole.slow += slow;
    addTo(whole.answered, answered);
    for (const [site, reasons] of Object.entries(failed))
      addTo((whole.failed[site] ??= {}), reasons);
  }
  return whole;
}

function addTo(
  sums: Record<string, number>,
  more: Readonly<Record<string, number>>,
): void {
  for (const [key, n] of Object.entries(more)) sums[key] = (sums[key] ?? 0) + n;
}
