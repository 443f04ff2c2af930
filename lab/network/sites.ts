import { readFile } from "node:fs/promises";
import { writeFileSync, renameSync } from "node:fs";
import type { SiteBehaviour } from "./behaviour";
import { python, Service } from "./in-namespace";
import type { SiteSeat } from "./layout";
import { besideSources } from "./sources";

/** What came from one source address to one site. */
export interface SourceCounts {
  readonly connections: number;
  readonly requests: number;
  /** Of connections or requests, by how the site treats this address now; packets that it drops are not seen. */
  readonly refused: number;
}

/** By site and by source address. */
export type SiteCounts = Readonly<
  Record<string, Readonly<Record<string, SourceCounts>>>
>;

export interface SitesPlace {
  readonly namespace: string;
  readonly sites: readonly SiteSeat[];
  readonly behaviours: ReadonlyMap<string, SiteBehaviour>;
  /** The program reads it again when it changes, whoever has changed it. */
  readonly sitesFile: string;
  readonly countsFile: string;
}

type Line = Pick<SiteSeat, "id" | "address" | "host"> & SiteBehaviour;

/** What the sites file holds. */
interface Settings {
  readonly generation: number;
  readonly sites: readonly Line[];
}

/** The program that serves all sites of one namespace. */
export class Sites {
  private last: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly place: SitesPlace,
    private readonly service: Service,
  ) {}

  /** Resolves when all of them answer. @throws Error with what the program said */
  static async start(place: SitesPlace): Promise<Sites> {
    const { namespace, sitesFile, countsFile, behaviours } = place;
    const sites = place.sites.map((site) =>
      lineOf(site, behaviours.get(site.id)),
    );
    write(sitesFile, { generation: 0, sites });
    const program = besideSources("site-server.py");
    const words = [python, program, sitesFile, countsFile];
    const service = new Service(namespace, words);
    await service.says(/^applied 0$/);
    return new Sites(place, service);
  }

  /** Resolves when it is in force. What somebody has edited in the file stays. */
  set(id: string, behaviour: SiteBehaviour): Promise<void> {
    const { sitesFile } = this.place;
    return this.inTurn(async () => {
      const text = await readFile(sitesFile, "utf8");
      const now = JSON.parse(text) as Settings;
      const generation = now.generation + 1;
      const sites = now.sites.map((site) =>
        site.id === id ? lineOf(site, behaviour) : site,
      );
      const applied = this.service.says(new RegExp(`^applied ${generation}$`));
      write(sitesFile, { generation, sites });
      this.service.signal("SIGHUP");
      await applied;
    });
  }

  counts(): Promise<SiteCounts> {
    return this.inTurn(async () => {
      const counted = this.service.says(/^counted$/);
      this.service.signal("SIGUSR1");
      await counted;
      const text = await readFile(this.place.countsFile, "utf8");
      return JSON.parse(text) as SiteCounts;
    });
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.last.then(work);
    this.last = done.catch(() => undefined);
    return done;
  }
}

const lineOf = (
  { id, address, host }: Pick<SiteSeat, "id" | "address" | "host">,
  behaviour: SiteBehaviour = {},
): Line => ({ id, address, host, ...behaviour });

/** In one step: the program may read it at any time. */
function write(file: string, settings: Settings): void {
  const draft = `${file}.draft`;
  writeFileSync(draft, `${JSON.stringify(settings, null, 1)}\n`);
  renameSync(draft, file);
}
