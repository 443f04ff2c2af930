import { failureFactory, type FailureKind } from "../../errors";

/** What EC2 and its quotas can do to us. Closed: a new failure gets a line here before it is thrown. */
export const awsFailures = {
  unavailable: {
    class: "retry",
    hint: "EC2 of {region} did not answer, or asked to be asked less often; each call may be repeated.",
  },
  notAllowed: {
    class: "human",
    hint: "Give the worker credentials that may do this in {region}; docs/egress-aws.md lists the actions.",
  },
  quota: {
    class: "human",
    hint: "Ask AWS to raise this quota for {region} (Service Quotas), then retry.",
  },
  refused: {
    class: "human",
    hint: "Read what EC2 said above; set it right there or in the configuration, then retry.",
  },
  gone: {
    class: "human",
    hint: "See who deleted it; without it there is no way back to the old addresses of {gateway}.",
  },
  notSupported: {
    class: "stop",
    hint: "NAT gateways know no weights and no choice among their addresses: move by destination, then all; see docs/egress-aws.md.",
  },
  tooManyRoutes: {
    class: "stop",
    hint: "Nothing was changed. Have the quota `routes per route table` raised (to 1,000 at most) and say so in `mostRoutes`, or move fewer destinations one by one.",
  },
  notProvisioned: {
    class: "stop",
    hint: "Provision {gateway} first: it keeps which routes are to come back.",
  },
  superseded: {
    class: "stop",
    hint: "A later order stands on the route tables of {gateway}; look at which run made it.",
  },
  changedByHand: {
    class: "human",
    hint: "Routes of {gateway} are not as they were loaded; see who changed them, then steer again.",
  },
  notSettled: {
    class: "retry",
    hint: "The routes are not all as wanted yet; some destinations go by the old gateway and some by the new one, each as docs/egress-aws.md says.",
  },
  gatewayFailed: {
    class: "human",
    hint: "Read why above (an address that is in use, a subnet without free addresses, a quota), mend it, then retry: a new one is made.",
  },
  notReady: {
    class: "wait",
    hint: "The NAT gateway of {gateway} takes longer than it should; look at its state in the console, then retry.",
  },
  stillUsed: {
    class: "wait",
    hint: "Routes lead to the old NAT gateway; flip the default first and move or waive each exception, then retry.",
  },
  notRetired: {
    class: "stop",
    hint: "Nothing was deleted: retire {gateway} first, and release it after the quarantine.",
  },
} as const satisfies Record<string, FailureKind>;

export const awsError = failureFactory("egressAws", awsFailures);
