import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  setHandler,
} from "@temporalio/workflow";
import type { GatePolicies } from "../../../../activities/approvals/port";
import { openDesk, type PackedDesk } from "../../../../workflows/gate/desk";
import type {
  Decision,
  GateEvent,
  RefusedAnswer,
  Vote,
} from "../../../../workflows/gate/gate";

export interface AskedByPolicy {
  readonly target: string;
  /** Each is asked at once, and the run ends when all are decided. */
  readonly gates: readonly string[];
  readonly choices: readonly string[];
  readonly hosts?: readonly string[];
  readonly policies: GatePolicies;
}

export interface Heard {
  readonly events: readonly GateEvent[];
  readonly votes: readonly Vote[];
  readonly refused: readonly RefusedAnswer[];
}

export interface Amending {
  readonly gate: string;
  readonly title: string;
  readonly hosts?: readonly string[];
  readonly digest?: string;
}

export const beginSignal = defineSignal("begin");
export const amendSignal = defineSignal<[Amending]>("amend");
export const lookAgainSignal = defineSignal("lookAgain");
export const handOverSignal = defineSignal("handOver");
export const heardQuery = defineQuery<Heard>("heard");

/** Asks gates whose policies say who may answer, and keeps all that is said of them. */
export async function asksByPolicy(
  asked: AskedByPolicy,
  carried?: { readonly desk: PackedDesk; readonly heard: Heard },
): Promise<Record<string, Decision>> {
  const { events = [], votes = [], refused = [] } = carried?.heard ?? {};
  const heard = {
    ...{ events: [...events], votes: [...votes], refused: [...refused] },
    ...{ begin: carried !== undefined, handOver: false },
  };
  const { target, policies } = asked;
  // Before the desk, which takes whatever comes by a name that nobody has claimed.
  setHandler(beginSignal, () => void (heard.begin = true));
  setHandler(handOverSignal, () => void (heard.handOver = true));
  const desk = openDesk({
    carried: carried?.desk,
    approvals: () => ({ target, resources: [target], policies }),
    onEvent: (event) => void heard.events.push(event),
    onVote: (vote) => void heard.votes.push(vote),
    onRefusal: (refusal) => void heard.refused.push(refusal),
  });
  setHandler(amendSignal, ({ gate, ...facts }) => desk.amend(gate, facts));
  setHandler(lookAgainSignal, () => desk.lookAgain());
  setHandler(heardQuery, () => heard);
  await condition(() => heard.begin);
  const decisions: Record<string, Decision> = {};
  const all = Promise.all(
    asked.gates.map(async (id) => {
      const decision = await desk.ask({
        ...{ id, title: `may ${id}?`, digest: "abc", choices: asked.choices },
        expiresAfterMs: 1,
        ...(asked.hosts && { hosts: asked.hosts }),
      });
      if (decision !== undefined) decisions[id] = decision;
    }),
  );
  await Promise.race([all, condition(() => heard.handOver)]);
  await condition(allHandlersFinished);
  if (Object.keys(decisions).length === asked.gates.length) return decisions;
  return continueAsNew<typeof asksByPolicy>(asked, {
    ...{ desk: desk.packed(), heard },
  });
}
