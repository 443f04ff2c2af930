import { failureFactory, type FailureKind } from "../errors";

/** What a host can answer that no transport knows about. */
const hostFailures = {
  busy: {
    class: "wait",
    hint: "Wait for that run to leave the host; if it is over, free it with: runbook sweep, or remove {file} on {host}; then retry.",
  },
  notReady: {
    class: "human",
    hint: "See why {host} is not ready (its own log first), then retry, redo or exclude it.",
  },
  wrongVersion: {
    class: "human",
    hint: "The commands succeeded but {host} runs something else; redo it, or correct `{culprit}` or `version`.",
  },
  noUndo: {
    class: "human",
    hint: "Take {host} back by hand and mark it done, or leave it out; give the component an `undo` for the next run.",
  },
  noBalancer: {
    class: "stop",
    hint: "Give the component its `balancer` in the configuration, and start a worker that knows load balancers.",
  },
  noArtifact: {
    class: "stop",
    hint: "Start a new run with a worker that keeps files; its build comes before the first host.",
  },
  foreignPlan: {
    class: "stop",
    hint: "The plan in the artifact store is not the one that this run made; start a new run.",
  },
} as const satisfies Record<string, FailureKind>;

export const hostError = failureFactory("host", hostFailures);
