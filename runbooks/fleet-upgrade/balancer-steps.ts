import type { VisitStep } from "../../activities/host/port";
import type { Balancer } from "../../activities/loadbalancer/port";

/** What asking a balancer costs on top of the times that its settings name. */
const callMs = 60_000;

/** Where a component drains its hosts by a step of its own, that comes next: the balancer sends nobody any more by then. */
export function balancerDrainStep(balancer: Balancer): VisitStep {
  const { turnTimeoutS, drainTimeoutS } = limitsOf(balancer);
  return balancerStep("balancer-drain", turnTimeoutS + drainTimeoutS);
}

/** Last of all: a host that its own `undrain` has not opened yet would not be called up. */
export function balancerUndrainStep(balancer: Balancer): VisitStep {
  return balancerStep("balancer-undrain", limitsOf(balancer).upTimeoutS);
}

/** Texts that each host fills in. */
export function textsOfBalancer(balancer: Balancer): string[] {
  if ("haproxy" in balancer) {
    const { sockets, backend, server } = balancer.haproxy;
    return [...sockets, backend, server];
  }
  const { drain, undrain, count = [] } = balancer.command;
  return [...drain, ...undrain, ...count];
}

const limitsOf = (balancer: Balancer) =>
  "haproxy" in balancer ? balancer.haproxy : balancer.command;

const balancerStep = (name: string, limitS: number): VisitStep => ({
  name,
  kind: "balancer",
  timeoutMs: limitS * 1_000 + callMs,
});
