import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { type EgressGround, steeringTo } from "./ground";
import type { Probers } from "./probers";
import { type Turn, turnOf } from "./turn";

/** Behind the order's end, in which nothing may come by what was left. */
const afterMs = 1_000;
const elements = 10_000;

export interface Turns {
  readonly cutOver: Turn;
  readonly rollback: Turn;
}

/** All connections to the new addresses and back, by the calls that a worker makes. */
export async function turnByPort(
  { lab, egress, production }: EgressGround,
  probers: Probers,
): Promise<Turns> {
  const steer = async (share: number): Promise<Turn> => {
    const side = share === 100 ? "new" : "old";
    const to = lab.gateways.flatMap((gateway) => gateway[side]);
    const orderedAt = Date.now();
    const steering = steeringTo(share);
    await Promise.all(production.map((one) => egress.steer(one, steering)));
    const from = Date.now();
    await pause(afterMs);
    const turn = turnOf(probers.seen, orderedAt, to);
    if (turn.lastMs > from - orderedAt + afterMs / 2)
      throw new Error(
        `connections still came by the ${side === "new" ? "old" : "new"} addresses`,
      );
    return turn;
  };
  for (const one of production) await egress.provision(one);
  await pause(afterMs);
  const cutOver = await steer(100);
  const rollback = await steer(0);
  const generation = Date.now();
  for (const one of production) await egress.restore(one, generation);
  return { cutOver, rollback };
}

/** One atomic load of many destinations, on a gateway that nobody uses; with its check and over SSH. @returns milliseconds */
export async function loadMany({
  egress,
  staging,
}: EgressGround): Promise<number> {
  await egress.provision(staging);
  const moved = Array.from(
    { length: elements },
    (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`,
  );
  const began = performance.now();
  await egress.steer(staging, { ...steeringTo(0), moved });
  const ms = Math.round(performance.now() - began);
  await egress.restore(staging, Date.now());
  return ms;
}
