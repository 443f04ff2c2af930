import {
  CancellationScope,
  proxyActivities,
  workflowInfo,
} from "@temporalio/workflow";
import type { GatePolicy } from "../../activities/approvals/port";
import type {
  Approvers,
  Evidence,
  EvidenceActivities,
  GateFacts,
} from "../../activities/evidence/port";
import { retryClasses } from "../retry-classes";
import type { Answer, Channel, OpenGate } from "./gate";

/** Of whose gates somebody answers. */
export interface AskingRun {
  /** Names the configuration by which the roster is found. */
  readonly target: string;
  /** What it changes: paths as those of locks. */
  readonly resources: readonly string[];
}

/** Who gave the answer, and what they may do at this moment. A cancelled run still hears those who answer it. */
export function attest(
  run: AskingRun,
  gate: OpenGate & { readonly policy: GatePolicy },
  said: {
    readonly answer: Answer;
    readonly channel: Channel;
    readonly receivedAt: number;
  },
): Promise<Evidence> {
  const { nonce: _, gate: __, ...answer } = said.answer;
  const voters = (gate.votes ?? []).map(({ person }) => person);
  return calls(`who answers ${gate.id}`, (activities) =>
    activities.attest({
      ...factsOf(run, gate),
      runId: workflowInfo().runId,
      ...{ gate: gate.id, nonce: gate.nonce, digest: gate.digest },
      ...{ channel: said.channel, receivedAt: said.receivedAt, answer },
      voters: [...new Set(voters)],
    }),
  );
}

/** Those who may answer, as the roster is now. */
export function lookUpApprovers(
  run: AskingRun,
  gate: OpenGate,
  policy: GatePolicy,
): Promise<Approvers> {
  return calls(`who may answer ${gate.id}`, (activities) =>
    activities.approvers(factsOf(run, { ...gate, policy })),
  );
}

function calls<T>(
  summary: string,
  ask: (activities: EvidenceActivities) => Promise<T>,
): Promise<T> {
  const activities = proxyActivities<EvidenceActivities>({
    ...retryClasses.prompt,
    summary,
  });
  return CancellationScope.nonCancellable(() => ask(activities));
}

function factsOf(
  { target, resources }: AskingRun,
  {
    policy: { who, among, extraApprovers },
    askedBy,
  }: OpenGate & { readonly policy: GatePolicy },
): GateFacts {
  const { workflowId, firstExecutionRunId: rootRunId } = workflowInfo();
  return {
    ...{ target, resources, workflowId, rootRunId, who },
    extra: extraApprovers?.who ?? [],
    ...(askedBy === undefined ? {} : { askedBy }),
    ...(among === undefined ? {} : { among }),
  };
}
