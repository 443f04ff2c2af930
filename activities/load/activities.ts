import { beating } from "../beating";
import type { LoadActivities, LoadPort, StormOrder, StormReport } from "./port";

export function createLoadActivities({
  load,
}: {
  readonly load: LoadPort;
}): LoadActivities {
  return {
    runStorm: ({ orders }) =>
      beating(
        (signal) => stormOnAll(load, orders, signal),
        () => `a storm from ${orders.length} hosts`,
      ),

    runApplicationLoad: (order) =>
      beating(
        (signal) => load.application(order, signal),
        () => `load of the application on ${order.host.id}`,
      ),

    stopLoad: ({ jobs }) =>
      beating(async () => {
        const stopped = await Promise.allSettled(
          jobs.map(({ host, key }) => load.stop(host, key)),
        );
        const failed = stopped.find((one) => one.status === "rejected");
        if (failed !== undefined) throw failed.reason;
      }),
  };
}

/** The first that fails lets go of the others: nothing waits a whole storm for a host that is not there. */
async function stormOnAll(
  load: LoadPort,
  orders: readonly StormOrder[],
  signal: AbortSignal,
): Promise<readonly StormReport[]> {
  const letGo = new AbortController();
  const either = AbortSignal.any([signal, letGo.signal]);
  try {
    return await Promise.all(orders.map((order) => load.storm(order, either)));
  } finally {
    letGo.abort();
  }
}
