import { describeWhen } from "../../harness/describe-when";
import {
  Haproxy,
  type ServerChange,
  withoutHaproxy,
} from "../../harness/haproxy";
import {
  behindHaproxy,
  callOf,
  gateway,
  get,
  oneWorker,
  Site,
} from "./backend";

const visited = ["a", "b", "c", "d"];
/** Whoever is one too many for a moment must leave somebody to answer. */
const names = [...visited, "e", "f"];

type Share = number | string;
const shares: [maxOut: Share, allowed: number][] = [
  [1, 1],
  ["34%", 2],
];

/** Where in the balancer's own record one server was out. */
interface Absence {
  readonly server: string;
  readonly from: number;
  readonly to: number;
}

function absencesIn(changes: readonly ServerChange[]): Absence[] {
  return changes.flatMap(({ server, isOut }, from) => {
    if (!isOut) return [];
    const back = changes.findIndex(
      (later, at) => at > from && later.server === server && !later.isOut,
    );
    return [{ server, from, to: back === -1 ? changes.length : back }];
  });
}

/** Resolves for all once so many have arrived. */
function meeting(count: number) {
  let arrived = 0;
  let open: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (open = resolve));
  const arrive = (): Promise<void> => {
    if (++arrived === count) open();
    return all;
  };
  return { all, arrive };
}

const mostAtOnce = (absences: readonly Absence[]): number =>
  Math.max(
    ...absences.map(
      ({ from: at }) =>
        absences.filter(({ from, to }) => from <= at && at < to).length,
    ),
  );

/** The last absence of each server is its visit's; from each one before that its visit has stepped back. */
const visitsIn = (absences: readonly Absence[]): Absence[] =>
  absences.filter(
    ({ server, from }) =>
      !absences.some((other) => other.server === server && other.from > from),
  );

describeWhen(withoutHaproxy())(
  "the allowed share of a backend, by HAProxy's own record of who is out",
  () => {
    let sites: Site[] = [];
    let haproxy: Haproxy;
    let ways: Awaited<ReturnType<typeof gateway>>[] = [];

    beforeEach(async () => {
      sites = await Promise.all(names.map((name) => Site.start(name)));
      const servers = sites.map(({ name, port }) => ({
        name,
        address: "127.0.0.1",
        port,
      }));
      haproxy = await Haproxy.start({ servers });
      await haproxy.until(
        Object.fromEntries(names.map((name) => [name, "UP"])),
      );
    });
    afterEach(async () => {
      await Promise.all(ways.splice(0).map((way) => way.stop()));
      await haproxy.stop();
      await Promise.all(sites.map((site) => site.stop()));
    });

    /** Every host leaves and comes back, by one of the workers. @returns how often one of them stepped back */
    async function visitAll(sockets: readonly string[], maxOut: Share) {
      const workers = sockets.map((socket) => ({
        worker: oneWorker(),
        balancer: behindHaproxy({ sockets: [socket], maxOut }),
      }));
      const stepsBack = await Promise.all(
        visited.map(async (name, index) => {
          const by = workers[index % workers.length];
          if (by === undefined) throw new Error("there is no worker");
          const call = callOf(by.balancer, name);
          await by.worker.drain(call);
          await by.worker.undrain(call);
          return call.lines.filter((line) => line.startsWith("stepped back"))
            .length;
        }),
      );
      return stepsBack.reduce((sum, count) => sum + count, 0);
    }

    /**
     * Ways to the balancer that let the first drain of each pass only when all have come: nobody's look tells of another. And
     * none is back in before all have drained, or a quick one would not collide.
     */
    async function collidingWays(count: number) {
      const come = meeting(count);
      const drained = meeting(count);
      const isDrain = (commands: string) => commands.includes("state drain");
      const ways = Array.from({ length: count }, () => {
        let drains = 0;
        return gateway(
          haproxy.socket,
          async (commands) => {
            if (commands.includes("state ready")) await drained.all;
            if (isDrain(commands) && ++drains === 1) await come.arrive();
          },
          (commands) => void (isDrain(commands) && drained.arrive()),
        );
      });
      return Promise.all(ways);
    }

    /** The answers to requests one after the other, until the work is done. */
    async function askWhile<T>(work: Promise<T>): Promise<[T, number[]]> {
      const statuses: number[] = [];
      let isOver = false;
      const done = work.finally(() => (isOver = true));
      while (!isOver) statuses.push((await get(haproxy.url)).status);
      return [await done, statuses];
    }

    it("is never exceeded by one worker", async () => {
      expect(await visitAll([haproxy.socket], "34%")).toBe(0);
      const absences = absencesIn(haproxy.changes);
      expect(absences).toHaveLength(visited.length);
      expect(mostAtOnce(absences)).toBeLessThanOrEqual(2);
    }, 180_000);

    it.each(shares)(
      "is kept by several workers that count at the same moment, as whoever is one too many is in again before anything is done to it: %s",
      async (maxOut, allowed) => {
        ways = await collidingWays(allowed + 1);
        const sockets = ways.map(({ socket }) => socket);
        const [stepsBack, statuses] = await askWhile(visitAll(sockets, maxOut));
        const absences = absencesIn(haproxy.changes);
        expect(stepsBack).toBeGreaterThan(0);
        expect(absences).toHaveLength(visited.length + stepsBack);
        expect(mostAtOnce(visitsIn(absences))).toBeLessThanOrEqual(allowed);
        expect(new Set(statuses)).toEqual(new Set([200]));
      },
      30_000,
    );
  },
);
