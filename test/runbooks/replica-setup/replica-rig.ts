import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  WorkflowHandle,
  WorkflowHandleWithFirstExecutionRunId,
} from "@temporalio/client";
import type { ReplicaSetupInput } from "../../../runbooks/replica-setup/contract";
import { workflowId } from "../../../runbooks/replica-setup/ids";
import type { replicaSetup } from "../../../runbooks/replica-setup/workflow";
import type { OpenGate } from "../../../workflows/gate/gate";
import { decide, gatesQuery } from "../../../workflows/gate/messages";
import { procedureQuery } from "../../../workflows/procedure/messages";
import type { ProcedureProgress } from "../../../workflows/procedure/progress";
import { eventually } from "../../harness/eventually";
import {
  type PgHosts,
  type PgLab,
  type PgLabOptions,
  startPgLab,
} from "../../harness/postgres-cluster";
import {
  configurationOf,
  type PostgresWorkerOptions,
  startPostgresWorker,
} from "../../harness/postgres-worker";
import {
  startSkipping,
  startTestServer,
  type TestServer,
  uniqueId,
} from "../../harness/temporal";

export type ReplicaHandle = WorkflowHandleWithFirstExecutionRunId<
  typeof replicaSetup
>;

type AnyLab = PgLab<PgHosts>;

/** What a person at a gate needs of a run, of this runbook or of its child. */
type Asked = Pick<WorkflowHandle, "query" | "executeUpdate">;

/** A primary, an empty host, a real Temporal server and a worker in this process. */
export interface ReplicaRig<Lab extends AnyLab = PgLab> {
  readonly lab: Lab;
  readonly server: TestServer;
  readonly folder: string;
  readonly taskQueue: string;
  /** Leads a command line or a worker of another process here. */
  readonly env: Readonly<Record<string, string>>;
  /** Starts a run in mode execute on target `db`. */
  start(input?: Partial<ReplicaSetupInput>): Promise<ReplicaHandle>;
  /** The same with a clock that a test may forward. */
  startForwarded(input?: Partial<ReplicaSetupInput>): Promise<ReplicaHandle>;
  /** The gate, as soon as it is open. @throws Error when the run asks about a failure instead */
  gate(handle: Asked, id: string): Promise<OpenGate>;
  /** Waits for the gate and answers it. */
  answer(
    handle: Asked,
    gate: string,
    choice: string,
    comment?: string,
  ): Promise<void>;
  /** Waits until the run's progress satisfies the question. */
  until(
    handle: Asked,
    question: (progress: ProcedureProgress) => boolean,
    withinMs?: number,
  ): Promise<ProcedureProgress>;
  reportOf(result: { readonly text: string }): Promise<string>;
  stop(): Promise<void>;
}

export interface ReplicaRigOptions {
  readonly lab?: PgLabOptions;
  /** False when the test runs workers of its own. */
  readonly worker?: boolean;
  /** With the Web UI, at `server.uiUrl`. */
  readonly ui?: boolean;
  /** Stands between the worker and its activities. */
  readonly around?: PostgresWorkerOptions["around"];
  /** That the target keeps to. */
  readonly calendars?: Readonly<Record<string, object>>;
}

const type = "replicaSetup";

/** Short waits: what the limits mean is tested beside the activities. */
const quickly = {
  preflight: { walRateOverS: 1, longTransactionS: 3_600 },
  lag: { bytes: 16_777_216, seconds: 30, samples: 2, everyS: 0.2 },
} as const;

export const startReplicaRig = ({
  lab = {},
  worker = true,
  ui = false,
  around,
  calendars = {},
}: ReplicaRigOptions = {}): Promise<ReplicaRig> =>
  replicaRigOn(startPgLab(lab), {
    ...{ worker, ui, around, calendars },
    pgbouncer: lab.pgbouncer === true,
  });

/** On a lab that somebody else is about to start. */
export async function replicaRigOn<Lab extends AnyLab>(
  starting: Promise<Lab>,
  {
    worker = true,
    ui = false,
    pgbouncer: hasBouncer = false,
    around,
    calendars = {},
  }: Omit<ReplicaRigOptions, "lab"> & Pick<PgLabOptions, "pgbouncer"> = {},
): Promise<ReplicaRig<Lab>> {
  const folder = await mkdtemp(join(tmpdir(), "runbooks-replica-"));
  const [lab, server] = await Promise.all([starting, startTestServer({ ui })]);
  const taskQueue = uniqueId("runbooks");
  const configFile = join(folder, "runbooks.json");
  const { hosts, servers } = lab;
  const pgbouncer = hasBouncer ? lab.pgbouncer : undefined;
  const written = configurationOf({ hosts, servers, pgbouncer }, "db");
  const kept = keepingTo(written, calendars);
  await writeFile(configFile, JSON.stringify(kept));
  const location = join(folder, "artifacts");
  const stopWorker = worker
    ? await startPostgresWorker({
        ...{ server, taskQueue, configFile, location },
        ...(around && { around }),
      })
    : () => Promise.resolve();
  const orderOf = (input: Partial<ReplicaSetupInput> = {}) => {
    const whole = {
      ...{ target: "db", change: uniqueId("c"), mode: "execute" as const },
      ...{ primary: "primary", replica: "replica", ...quickly, ...input },
    };
    return { taskQueue, workflowId: workflowId(whole), args: [whole] as const };
  };
  const { client } = server;
  return {
    ...{ lab, server, folder, taskQueue },
    env: {
      ...server.env,
      RUNBOOK_TASK_QUEUE: taskQueue,
      RUNBOOK_CONFIG: configFile,
      RUNBOOK_ARTIFACTS: location,
    },
    start: (input) =>
      client.workflow.start<typeof replicaSetup>(type, {
        ...orderOf(input),
      }),
    startForwarded: (input) =>
      startSkipping<typeof replicaSetup>(
        ...([client, type, { ...orderOf(input) }] as const),
        { fastForwardMs: 1 },
      ),
    gate: openGate,
    answer: async (handle, gate, choice, comment) => {
      const { nonce } = await openGate(handle, gate);
      const why = comment === undefined ? {} : { comment };
      const answer = { gate, nonce, choice, by: "test", ...why };
      await handle.executeUpdate(decide, { args: [answer] });
    },
    until: (handle, question, withinMs = 300_000) =>
      eventually(async () => {
        const progress = await handle.query(procedureQuery);
        if (progress !== undefined && question(progress)) return progress;
        // In vain, it is told where the run stands.
        const gates = await handle.query(gatesQuery);
        const asks = gates.map(({ title }) => title).join("; ");
        throw new Error(`the run is at: ${progress?.step ?? ""}; ${asks}`);
      }, withinMs),
    reportOf: ({ text }) =>
      readFile(
        join(folder, "artifacts", /report: (\S+)/.exec(text)?.[1] ?? ""),
        "utf8",
      ),
    async stop() {
      await stopWorker();
      await Promise.all([server.stop(), lab.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function keepingTo(
  written: object,
  calendars: Readonly<Record<string, object>>,
): object {
  const names = Object.keys(calendars);
  if (names.length === 0) return written;
  const { targets } = written as { targets: { db: object } };
  const db = { ...targets.db, calendars: names };
  return { ...written, targets: { db }, calendars };
}

/** Nothing else is to be asked: a run that failed says why, instead of a time that passes. */
async function openGate(handle: Asked, id: string): Promise<OpenGate> {
  const open = await eventually(async () => {
    const gates = await handle.query(gatesQuery);
    const found = gates.find((gate) => gate.id === id);
    return found ?? gates.find((gate) => gate.id.startsWith("failed-"));
  }, 300_000);
  if (open.id !== id) throw new Error(open.title);
  return open;
}

/** The primary is being read for a copy. */
export const copying = ({
  lab,
}: {
  readonly lab: Pick<PgLab, "primary">;
}): Promise<true> =>
  eventually(async () => {
    const count = await lab.primary.sql(
      "select count(*) from pg_stat_progress_basebackup where phase = 'streaming database files'",
    );
    return count === "0" ? undefined : true;
  }, 60_000);
