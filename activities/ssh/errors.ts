import { failureFactory, type FailureKind } from "../errors";

/** Everything that SSH and a host's shell can do to us. Closed: a new failure gets a line here before it is thrown. */
export const sshFailures = {
  unreachable: {
    class: "retry",
    hint: "Check that {host} is up and that its SSH port answers from this worker.",
  },
  handshakeRefused: {
    class: "retry",
    hint: "sshd closed the connection before authentication; look at its MaxStartups and lower `handshakes`.",
  },
  forwardingRefused: {
    class: "human",
    hint: "Let sshd of {host} forward to {to}; look at its AllowTcpForwarding and PermitOpen.",
  },
  connectionLost: {
    class: "retry",
    hint: "The link to {host} dropped; the job goes on there and is joined again.",
  },
  authFailed: {
    class: "human",
    hint: "Check user and key with: ssh {user}@{address} -p {port} true",
  },
  hostKeyUnknown: {
    class: "human",
    hint: "Compare the key, then accept it with: runbook trust {host}",
  },
  hostKeyChanged: {
    class: "human",
    hint: "Find out why the key changed before you accept the new one with: runbook trust {host}",
  },
  hostKeyRevoked: {
    class: "human",
    hint: "known_hosts marks this key @revoked; give {host} a new key.",
  },
  commandNotFound: {
    class: "human",
    hint: "Install {command} on {host}, or correct the step in the configuration.",
  },
  notPermitted: {
    class: "human",
    hint: "Let the user run {command} on {host}: file mode, or sudo without password.",
  },
  nonZeroExit: {
    class: "human",
    hint: "Read the output above; then retry, skip or exclude {host}.",
  },
  timedOut: {
    class: "human",
    hint: "The step was stopped after its time limit; look at {host}, or raise the limit.",
  },
  lostOnReboot: {
    class: "human",
    hint: "{host} booted again during the step; see what is done, then decide.",
  },
  rebootStuck: {
    class: "human",
    hint: "Power-cycle {host} at its provider, or let them repair it; once it answers again, retry: the reboot is joined, not repeated. Or exclude it.",
  },
  damaged: {
    class: "retry",
    hint: "{path} on {host} is not what was sent or measured; see who else writes there, and whether its disk is sound.",
  },
  noFile: {
    class: "human",
    hint: "Make {path} on {host} a file that the user can read, or correct its path in the configuration.",
  },
  diskFull: { class: "human", hint: "Free space on {host}, then retry." },
  jobUnknown: {
    class: "human",
    hint: "The job began, is gone and left no exit code; look at {folder} on {host}, then mark done or retry.",
  },
  jobConflict: {
    class: "stop",
    hint: "The same key stands for another command; a changed plan needs a new run.",
  },
  badCommand: {
    class: "stop",
    hint: "Correct the step in the configuration; nothing was run.",
  },
  notStopped: {
    class: "human",
    hint: "Look at {host} with: ps -A -o pid,pgid,stat,args | grep {group}; then decide.",
  },
  jobCancelled: {
    class: "human",
    hint: "The job was stopped on request; retry, skip or exclude {host}.",
  },
  hostUnsuitable: {
    class: "human",
    hint: "{host} needs {missing}; install it, or exclude the host.",
  },
} as const satisfies Record<string, FailureKind>;

export type SshFailure = keyof typeof sshFailures;

export const sshError = failureFactory<SshFailure>("ssh", sshFailures);
