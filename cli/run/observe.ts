import {
  type Client,
  isGrpcServiceError,
  type WorkflowExecutionDescription,
  type WorkflowHandle,
} from "@temporalio/client";
import { askAgain } from "../../workflows/early-events";
import type { OpenGate } from "../../workflows/gate/gate";
import { gatesQuery } from "../../workflows/gate/messages";
import type { ProcedureProgress } from "../../workflows/procedure/progress";
import { hostsQuery, progressQuery } from "../../workflows/rollout/messages";
import type {
  HostRow,
  HostsQuestion,
  RolloutProgress,
} from "../../workflows/rollout/words";
import type { Context } from "../context";
import { cliError } from "../errors";
import { uiLink } from "../temporal";
import { endOf } from "./end";
import type { Live, Observation, Retrying } from "./observation";
import { isProcedure } from "./procedure-words";

/** Hosts that are asked for one by one at each look; of a larger fleet the counts of its pools are shown. */
const MOST_CELLS = 500;

/** A worker that is there answers within milliseconds. */
const ANSWER_LIMIT_MS = 3_000;

/** Looks at one run again and again; what cannot change is asked for once. */
export interface RunObserver {
  readonly handle: WorkflowHandle;
  /** @throws cli.noRun, the client's own error when the server does not answer */
  observe(): Promise<Observation>;
  /** Of a run that goes on; it must be there. @throws cli.noRun, cli.runEnded */
  requireRunning(): Promise<void>;
  /** Hosts by standing, all pages of them. @throws cli.noWorker */
  hosts(question: Omit<HostsQuestion, "offset" | "limit">): Promise<HostRow[]>;
  /** Questions that wait for an answer. @throws cli.noWorker */
  gates(): Promise<readonly OpenGate[]>;
}

export function observerOf(
  context: Context,
  client: Client,
  workflowId: string,
): RunObserver {
  const handle = client.workflow.getHandle(workflowId);
  let summary: string | undefined;

  const hosts = async (about: HostsQuestion = {}): Promise<HostRow[]> => {
    const rows: HostRow[] = [];
    for (;;) {
      const question = { ...about, offset: rows.length };
      const page = await ask(client, () => handle.query(hostsQuery, question));
      rows.push(...page.hosts);
      if (page.hosts.length === 0 || rows.length >= page.total) return rows;
    }
  };
  const live = async (): Promise<Live> => {
    // One after the other: what is left in flight by a failure would be tried again over a connection that is closed by then.
    const progress = await ask(client, () =>
      handle.query<RolloutProgress | ProcedureProgress | undefined>(
        progressQuery.name,
      ),
    );
    const gates = await ask(client, () => handle.query(gatesQuery));
    if (isProcedure(progress)) return liveOfProcedure(progress, gates);
    // A run that still prepares has none, and one that goes by steps never will.
    const isShown = progress !== undefined && progress.total <= MOST_CELLS;
    return liveOf(progress, isShown ? await hosts() : [], gates);
  };

  return {
    handle,
    hosts: async (question) => {
      try {
        return await hosts(question);
      } catch (cause) {
        throw cliError("noWorker", { seen: silenceOf(cause), cause });
      }
    },
    requireRunning: async () => {
      const { status } = await describe(client, handle);
      if (status.name === "RUNNING" || status.name === "PAUSED") return;
      const seen = `${workflowId} has ended`;
      throw cliError("runEnded", { seen, facts: { id: workflowId } });
    },
    gates: async () => {
      const description = await describe(client, handle);
      if (description.status.name !== "RUNNING") return [];
      try {
        return await ask(client, () => handle.query(gatesQuery));
      } catch (cause) {
        throw cliError("noWorker", { seen: silenceOf(cause), cause });
      }
    },
    async observe() {
      const description = await describe(client, handle);
      summary ??= (await description.staticSummary()) ?? "";
      const base = baseOf(description, summary, context, client);
      const current = client.workflow.getHandle(workflowId, base.runId);
      const end = await endOf(current, description);
      if (end !== undefined) return { ...base, end };
      try {
        return { ...base, live: await live() };
      } catch (error) {
        return { ...base, silence: silenceOf(error) };
      }
    },
  };
}

/** Once more where events have come before their task: by then it has brought them, or the question waits for it. */
function ask<T>(client: Client, question: () => Promise<T>): Promise<T> {
  return client.withDeadline(Date.now() + ANSWER_LIMIT_MS, () =>
    question().catch((error: unknown) => {
      if (error instanceof Error && error.message === askAgain)
        return question();
      throw error;
    }),
  );
}

/** @throws cli.noRun */
async function describe(
  client: Client,
  handle: WorkflowHandle,
): Promise<WorkflowExecutionDescription> {
  try {
    return await ask(client, () => handle.describe());
  } catch (error) {
    if ((error as Error).name !== "WorkflowNotFoundError") throw error;
    const { namespace } = client.options;
    throw cliError("noRun", {
      seen: `no run ${handle.workflowId}`,
      facts: { namespace },
      cause: error,
    });
  }
}

function baseOf(
  description: WorkflowExecutionDescription,
  summary: string,
  context: Context,
  client: Client,
): Observation {
  const { workflowId, runId, type, startTime, closeTime } = description;
  const ui = uiLink(context, client, { workflowId, runId });
  const phase = publishedText(description, "RunbookPhase");
  const waiting = publishedText(description, "RunbookWaiting");
  return {
    workflowId,
    runId,
    workflowType: type,
    summary,
    startedAt: startTime.getTime(),
    retrying: retryingOf(description),
    published: { ...(phase && { phase }), ...(waiting && { waiting }) },
    ...(closeTime && { closedAt: closeTime.getTime() }),
    ...(ui !== undefined && { ui }),
  };
}

function retryingOf({ raw }: WorkflowExecutionDescription): Retrying[] {
  return (raw.pendingActivities ?? []).flatMap((pending) => {
    const { activityType, attempt, lastFailure } = pending;
    const message = lastFailure?.message ?? "";
    return message === ""
      ? []
      : [
          {
            activity: activityType?.name ?? "",
            attempt: attempt ?? 1,
            message,
          },
        ];
  });
}

function publishedText(
  { typedSearchAttributes }: WorkflowExecutionDescription,
  name: string,
): string | undefined {
  const pair = typedSearchAttributes
    .getAll()
    .find(({ key }) => key.name === name);
  return typeof pair?.value === "string" ? pair.value : undefined;
}

function liveOf(
  progress: RolloutProgress | undefined,
  hosts: readonly HostRow[],
  gates: readonly OpenGate[],
): Live {
  return {
    step: progress?.step ?? "1. Plan",
    isHolding: progress?.halts.some(({ kind }) => kind === "budget") ?? false,
    allowedFailures: progress?.allowedFailures ?? 0,
    ...(progress && { progress }),
    hosts,
    failures: hosts.flatMap(({ id, failure }) =>
      failure === undefined ? [] : [{ host: id, ...failure }],
    ),
    gates,
  };
}

const liveOfProcedure = (
  procedure: ProcedureProgress,
  gates: readonly OpenGate[],
): Live => ({
  ...{ step: procedure.step, isHolding: false, allowedFailures: 0 },
  ...{ procedure, hosts: [], failures: [], gates },
});

/** gRPC's closed list: FAILED_PRECONDITION is the server's word for "no worker lately". */
const plain: Readonly<Record<number, string>> = {
  4: "no worker answered in time",
  9: "no worker polls the run's queue",
};

/** The server itself has answered just before, so whatever else fails here is between it and a worker. */
function silenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const grpc = [error, error.cause].find(isGrpcServiceError);
  if (grpc !== undefined)
    return plain[grpc.code] ?? `no worker answered: ${grpc.details}`;
  if (error.name !== "ServiceError") return error.message;
  const reason = error.cause instanceof Error ? error.cause : error;
  return `no worker answered: ${reason.message}`;
}
