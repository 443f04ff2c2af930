import { CommandPlace } from "./command";
import { HaproxyPlace } from "./haproxy";
import type { Place } from "./place";
import type { BalancerCall, LoadBalancer } from "./port";
import { type RuntimeApi, runtimeApi } from "./runtime-api";
import { Turns } from "./turns";

export interface LoadBalancerDependencies {
  /** Value behind `env:NAME` or `file:/path`. */
  readonly resolveReference: (reference: string) => Promise<string>;
  /** How long a balancer may be away in the middle of a call. Default: ten seconds, by when a restart of it is over. */
  readonly patienceMs?: number;
}

/** One per worker: hosts wait for each other in its queues. */
export function createLoadBalancer({
  resolveReference,
  patienceMs = 10_000,
}: LoadBalancerDependencies): LoadBalancer {
  const turns = new Turns();
  const apis = new Map<string, RuntimeApi>();
  const apiOf = (socket: string): RuntimeApi => {
    const api = apis.get(socket) ?? runtimeApi(socket, patienceMs);
    apis.set(socket, api);
    return api;
  };
  const placeOf = (call: BalancerCall): Place =>
    "haproxy" in call.balancer
      ? new HaproxyPlace(call.balancer.haproxy, call, apiOf)
      : new CommandPlace(call.balancer.command, call, resolveReference);
  return {
    async drain(call) {
      const place = placeOf(call);
      await turns.takeOut(place, call);
      return { sessionsLeft: await place.awaitEmpty() };
    },
    async undrain(call) {
      await placeOf(call).putBack();
    },
  };
}
