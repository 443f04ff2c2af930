import type { Live, Observation } from "../../../cli/run/observation";
import type { OpenGate } from "../../../workflows/gate/gate";
import { countStandings } from "../../../cli/host-standing";
import type { Cause, RolloutProgress } from "../../../workflows/rollout/words";
import { pool } from "../hosts";

/** A run of ten hosts, four of them upgraded. */
export const live: Live = {
  step: "4. Upgrade the rest",
  isHolding: false,
  allowedFailures: 1,
  hosts: [...pool("web", "uuuuii"), ...pool("db", "wwww")],
  failures: [],
  gates: [],
};

export const observed = {
  workflowId: "fleet-upgrade:prod:c-1",
  runId: "r-1",
  workflowType: "fleetUpgrade",
  summary: "app to 2.4.1 on prod (c-1)",
  startedAt: Date.parse("2026-11-22T03:00:00Z"),
  published: {},
  retrying: [],
  live,
} as const satisfies Observation;

export const canary: OpenGate = {
  id: "canary",
  title: "2 canaries are done: upgrade the other 8 hosts?",
  choices: ["approve", "deny"],
  digest: "0123456789abcdef",
  expiresAfterMs: 3_600_000,
  nonce: "canary-1a2b",
  openedAt: Date.parse("2026-11-22T03:10:00Z"),
  expiresAt: Date.parse("2026-11-22T04:10:00Z"),
  expired: 0,
};

export const failed = {
  host: "web-5",
  step: "restart",
  type: "ssh.nonZeroExit",
  message: "app-ctl restart ended with 1\nhint: look at it",
};

export const cause: Cause = {
  id: "restart-1a2b",
  step: "restart",
  type: "ssh.nonZeroExit",
  text: "app-ctl restart ended with 1\nhint: look at it",
  count: 7,
  hosts: ["web-1", "web-2", "web-3", "web-4", "web-5", "web-6", "web-7"],
};

/** A fleet of 1,000 hosts, too large to be shown host by host. */
export const large: RolloutProgress = {
  step: "4. Upgrade the rest",
  course: "rolling",
  halts: [],
  total: 1_000,
  counts: countStandings([
    ...pool("web", "u".repeat(400) + "q".repeat(7) + "w".repeat(193)),
    ...pool("db", "w".repeat(400)),
  ]),
  pools: [
    {
      pool: "web",
      counts: countStandings(
        pool("web", "u".repeat(400) + "q".repeat(7) + "w".repeat(193)),
      ),
    },
    { pool: "db", counts: countStandings(pool("db", "w".repeat(400))) },
  ],
  causes: [cause],
  slots: 40,
  limits: {},
  allowedFailures: 10,
  failures: 7,
  perMinute: 40,
  etaMs: 14 * 60_000 + 30_000,
  startedAt: Date.parse("2026-11-22T03:00:00Z"),
};
