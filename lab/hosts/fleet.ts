import { labError } from "./errors";
import { LabHost, type LabGround } from "./host";
import { newKeyPair } from "./keys";
import { layout, type Addresses, type HostPlan } from "./layout";
import type { LabSettings } from "./options";
import { detectAddresses, isFree, randomBasePort } from "./ports";

/** The hosts of a lab by id, in the inventory's order. */
export type Fleet = ReadonlyMap<string, LabHost>;

type Ground = Omit<LabGround, "forwards">;

/** Free ports can only be guessed; another program may be faster. */
const GUESSES = 5;
const AT_ONCE = 250;

/**
 * Lays the hosts out and has all of them listen.
 *
 * @throws lab.portInUse, lab.tooManyFiles
 */
export async function openFleet(
  settings: LabSettings,
  ground: Ground,
): Promise<Fleet> {
  const addresses = settings.addresses ?? (await detectAddresses());
  const guesses = settings.basePort === undefined ? GUESSES : 1;
  for (let guess = 1; ; guess++) {
    const basePort =
      settings.basePort ?? randomBasePort(settings.hosts, addresses);
    const fleet = planFleet(settings, addresses, basePort, ground);
    try {
      await listenAll(fleet, settings.service);
      return fleet;
    } catch (error) {
      await closeFleet(fleet);
      const code = (error as NodeJS.ErrnoException).code;
      if (code === "EMFILE" || code === "ENFILE")
        throw labError("tooManyFiles", {
          seen: `the system allows too few open files for ${settings.hosts} hosts`,
          facts: { needed: settings.hosts * 2 + 1000 },
          cause: error,
        });
      if (code !== "EADDRINUSE") throw error;
      if (guess >= guesses)
        throw labError("portInUse", {
          seen: `a port from ${basePort} on is in use`,
          cause: error,
        });
    }
  }
}

export async function closeFleet(fleet: Fleet): Promise<void> {
  await eachOf([...fleet.values()], AT_ONCE, (host) => host.stop());
}

/** Runs the work for all items, a number of them at once. */
export async function eachOf<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  for (let at = 0; at < items.length; at += atOnce)
    await Promise.all(items.slice(at, at + atOnce).map(work));
}

function planFleet(
  settings: LabSettings,
  addresses: Addresses,
  basePort: number,
  ground: Ground,
): Fleet {
  const plans = layout({
    hosts: settings.hosts,
    pools: settings.pools,
    ids: settings.ids,
    addresses,
    basePort,
  });
  const places = new Set(plans.map(placeOf));
  const forwards = (address: string, port: number): boolean =>
    places.has(placeOf({ address, port }));
  return new Map(
    plans.map((plan) => [
      plan.id,
      new LabHost(plan, newKeyPair(plan.id), { ...ground, forwards }),
    ]),
  );
}

async function listenAll(fleet: Fleet, service: boolean): Promise<void> {
  await eachOf([...fleet.values()], AT_ONCE, async (host) => {
    await host.listen();
    const { address, servicePort } = host.plan;
    if (service && !(await isFree(address, servicePort)))
      throw Object.assign(new Error(`${address}:${servicePort} is in use`), {
        code: "EADDRINUSE",
      });
  });
}

function placeOf({
  address,
  port,
}: Pick<HostPlan, "address" | "port">): string {
  return `${address}:${port}`;
}
