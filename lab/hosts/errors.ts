import { failureFactory, type FailureKind } from "../../activities/errors";

/** Everything that can go wrong while a lab starts or stops. Bad options and bad faults are `input.invalid`. */
export const labFailures = {
  folderInUse: {
    class: "human",
    hint: "Choose a folder that is new or empty, or end the lab there with: runbook lab down --dir {dir}",
  },
  notALab: {
    class: "human",
    hint: "Name the folder that holds lab.json, as `runbook lab up` printed it.",
  },
  notAnswering: {
    class: "human",
    hint: "Look at it, then end it with: kill {pid}. Its hosts end with it.",
  },
  unknownHost: {
    class: "stop",
    hint: "Take an id from inventory.json in {dir}.",
  },
  portInUse: {
    class: "human",
    hint: "Choose another basePort, or leave it out to get free ports.",
  },
  tooManyFiles: {
    class: "human",
    hint: "Raise the limit of open files (ulimit -n) above {needed}, or ask for fewer hosts.",
  },
  perlMissing: {
    class: "human",
    hint: "Install perl (it comes with Debian and macOS); the hosts' tools are written in it.",
  },
  postgresMissing: {
    class: "human",
    hint: "Install it, then start the lab again; without --postgres the lab needs none.",
  },
  networkMissing: {
    class: "human",
    hint: "Run it as root on Linux, with iproute2, nftables, openssh-server and python3 installed; without --network the lab needs none.",
  },
  serviceFailed: {
    class: "human",
    hint: "Read {log}: the service's port may be taken.",
  },
} as const satisfies Record<string, FailureKind>;

export type LabFailure = keyof typeof labFailures;

export const labError = failureFactory<LabFailure>("lab", labFailures);
