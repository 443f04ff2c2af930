import type { BalancerCall, LoadBalancer } from "../loadbalancer/port";
import { hostError } from "./errors";
import type { VisitStep } from "./port";
import type { VisitedHost } from "./visited-host";

export const balancerDrain = "balancer-drain";

/** Brings the host's load balancer to the state that the step names; may be repeated. @throws balancer.*, host.noBalancer */
export async function runBalancerStep(
  host: VisitedHost,
  { name }: VisitStep,
): Promise<void> {
  host.enter(name);
  const { client, call } = balancerOf(host, name);
  if (name !== balancerDrain) return client.undrain(call);
  const { sessionsLeft } = await client.drain(call);
  if (sessionsLeft > 0)
    call.report(`${sessionsLeft} sessions still open at the drain's deadline`);
}

function balancerOf(
  { deps, words, progress }: VisitedHost,
  step: string,
): { readonly client: LoadBalancer; readonly call: BalancerCall } {
  const { balancer } = words.plan;
  if (deps.balancer === undefined || balancer === undefined) {
    const seen = `the plan has the step ${step}, and ${balancer ? "this worker" : "the plan"} has no load balancer`;
    throw hostError("noBalancer", { seen });
  }
  const call = {
    balancer,
    values: words.values,
    hostId: words.host.id,
    signal: progress.signal,
    report: (line: string) => progress.report(step, line.slice(0, 200)),
  };
  return { client: deps.balancer, call };
}
