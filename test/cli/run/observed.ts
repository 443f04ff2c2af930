import type { Live, Observation } from "../../../cli/run/observation";
import type { OpenGate } from "../../../workflows/gate/gate";
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
