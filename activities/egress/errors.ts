import { failureFactory, type FailureKind } from "../errors";

/** Everything that a gateway can do to us. Closed: a new failure gets a line here before it is thrown. */
export const egressFailures = {
  superseded: {
    class: "stop",
    hint: "A later order was loaded there meanwhile, and stays; nothing is to be done.",
  },
  lookBroken: {
    class: "retry",
    hint: "A question to the kernel ended half-way (conntrack, nft), and half an answer is none: see whether the gateway is out of memory or overloaded.",
  },
  notPermitted: {
    class: "human",
    hint: "Log in as root, or let the user become root (`ssh.become`, `sudo -n`): nftables and conntrack need CAP_NET_ADMIN.",
  },
  noProgram: {
    class: "human",
    hint: "Install it on the gateway: nftables, conntrack, iproute2, iputils-arping, util-linux (flock).",
  },
  noInterface: {
    class: "human",
    hint: "Correct `interface` of the gateway in the configuration.",
  },
  addressTaken: {
    class: "human",
    hint: "Another machine answers for that address: find it by its MAC (`arping -I <interface> <address>`), or use another address.",
  },
  notAsked: {
    class: "human",
    hint: "Whether another machine has the new addresses is not known, so that none was brought up: see what arping says above.",
  },
  earlierMigration: {
    class: "human",
    hint: "Make its rules and addresses the gateway's own (nftables.conf, in a table of another name), delete the table `ip runbooks_egress` and the file `released` in `workFolder`, then retry.",
  },
  rulesRefused: {
    class: "human",
    hint: "nftables takes no such rules; what it said is above. The former rules are in force.",
  },
  stillUsed: {
    class: "human",
    hint: "Connections are open on the old addresses: wait until they have ended.",
  },
  notProvisioned: {
    class: "human",
    hint: "The gateway has lost what an earlier step left in `workFolder`: bring the new addresses up again, by a new run.",
  },
  failed: {
    class: "human",
    hint: "Read the message above, and see the gateway's log.",
  },
} as const satisfies Record<string, FailureKind>;

export type EgressFailure = keyof typeof egressFailures;

export const egressError = failureFactory<EgressFailure>(
  "egress",
  egressFailures,
);
