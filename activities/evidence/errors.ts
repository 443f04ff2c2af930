import { failureFactory, type FailureKind } from "../errors";

/** Why nothing could be found out about an answer; what is wrong with the answer itself is a refusal, not a failure. */
const evidenceFailures = {
  noRoster: {
    class: "human",
    hint: "The plan has gates with a policy, and the configuration names no roster any more: put `approvals.roster` back, then answer again.",
  },
  noStart: {
    class: "wait",
    hint: "See whether the worker's Temporal client may read histories in this namespace, then answer again.",
  },
  noHistory: {
    class: "wait",
    hint: "See whether the worker's Temporal client may read histories in this namespace, then answer again.",
  },
  noOpenSsh: {
    class: "wait",
    hint: "Install OpenSSH's ssh-keygen (8.9 or newer) on the worker, then answer again; until then no signature counts.",
  },
} as const satisfies Record<string, FailureKind>;

export const evidenceError = failureFactory("evidence", evidenceFailures);
