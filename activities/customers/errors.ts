import { failureFactory, type FailureKind } from "../errors";

/** What keeps the customers of a run from being known. What is wrong in their file is one `input.invalid`. */
const customersFailures = {
  unreadable: {
    class: "human",
    hint: "Let the worker's user read {file}, or correct `customers` of the input.",
  },
  lost: {
    class: "human",
    hint: "Restore {key} from a backup of the artifact store, or start a new run; was the worker given another store?",
  },
  changed: {
    class: "human",
    hint: "Somebody replaced a batch below {folder} after the run had stored it: start a new run.",
  },
} as const satisfies Record<string, FailureKind>;

export const customersError = failureFactory<keyof typeof customersFailures>(
  "customers",
  customersFailures,
);

/** What keeps a gateway from asking sites. What a site answers is never a failure. */
const probeFailures = {
  noCurl: {
    class: "human",
    hint: "Install curl 7.75 or newer on {gateway}, then retry.",
  },
  oldCurl: {
    class: "human",
    hint: "Install curl 7.75 or newer on {gateway} (Debian 11, Ubuntu 22.04, RHEL 9 have one), then retry.",
  },
  noTemporaryFolder: {
    class: "human",
    hint: "Let the login user of {gateway} make folders in its TMPDIR or /tmp, and look for free space there.",
  },
  noSourceAddress: {
    class: "human",
    hint: "Bring {address} up on {gateway}: `ip address show` lists what it has. No site was judged by this.",
  },
  incomplete: {
    class: "retry",
    hint: "Look at free memory and at the disk of /tmp on {gateway}; sites are asked again, which does no harm.",
  },
  badUserAgent: {
    class: "stop",
    hint: "Write the name as the fleet's client sends it: printable ASCII, at most 256 characters.",
  },
} as const satisfies Record<string, FailureKind>;

export const probeError = failureFactory<keyof typeof probeFailures>(
  "probe",
  probeFailures,
);
