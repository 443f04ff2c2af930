import { failureFactory, type FailureKind } from "../errors";

/** What keeps a host from leaving its load balancer or from rejoining it. */
export const balancerFailures = {
  unreachable: {
    class: "retry",
    hint: "See whether HAProxy runs and listens at {socket} (a `stats socket` line of its section global), then retry.",
  },
  denied: {
    class: "human",
    hint: "Give that `stats socket` the words `level admin` and a user, group or mode that lets the worker's user open it, then retry.",
  },
  unknownBackend: {
    class: "human",
    hint: "Correct `balancer.haproxy.backend` of the target, or the HAProxy behind {socket}; `show servers state` there lists what it has.",
  },
  unknownServer: {
    class: "human",
    hint: "Correct `balancer.haproxy.server` of the target (the server's name in the backend), or exclude the host.",
  },
  badName: {
    class: "stop",
    hint: "Correct the `balancer` of the target, or the host's field that fills it in, and start a new run.",
  },
  notUnderstood: {
    class: "human",
    hint: "See that {socket} is the runtime API of an HAProxy (2.0 or newer): `echo 'show servers state' | socat stdio {socket}`.",
  },
  tooManyOut: {
    class: "wait",
    hint: "Bring servers of {backend} back that are down or drained at the balancer, or raise `balancer` ... `maxOut` of the target; then retry.",
  },
  neverUp: {
    class: "human",
    hint: "Compare what the balancer's health check asks for with what {host} answers, then retry or redo the host; until then it gets no traffic.",
  },
  commandMissing: {
    class: "human",
    hint: "Install {program} on the worker, or correct `balancer.command` of the target.",
  },
  commandFailed: {
    class: "retry",
    hint: "Run it on the worker as the worker's user and mend what it says, then retry; it may be run again at any time.",
  },
  commandTimeout: {
    class: "retry",
    hint: "Find out what it waits for, then retry; a drain may take `drainTimeoutS` of the target, an undrain `upTimeoutS`, a count 30 s.",
  },
  badCount: {
    class: "human",
    hint: 'Let `balancer.command.count` print one JSON object {"total": n, "out": n} and nothing else.',
  },
} as const satisfies Record<string, FailureKind>;

type BalancerFailure = keyof typeof balancerFailures;

export const balancerError = failureFactory<BalancerFailure>(
  "balancer",
  balancerFailures,
);
