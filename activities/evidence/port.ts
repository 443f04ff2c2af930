import type { Freeze } from "../freeze/port";
import type { RosterDocument } from "../roster/port";
import type { EvidenceLevel } from "./levels";

export type { EvidenceLevel } from "./levels";

/** Of OpenSSH (`ssh-keygen -Y sign`), over the decision's words. */
export interface Signature {
  readonly armored: string;
  /** When it was made, ISO 8601 in UTC; part of what is signed. */
  readonly at: string;
  /** The channel that signed for whom it heard, such as slack; absent when the person signed. */
  readonly channel?: string;
}

/** Who may answer, and whom the run belongs to. */
export interface GateFacts {
  /** Names the roster that counts, by the target's configuration. */
  readonly target: string;
  /** What the run changes: paths as those of locks. */
  readonly resources: readonly string[];
  readonly workflowId: string;
  /** First run of the chain: its start tells who started it. */
  readonly rootRunId: string;
  /** Entries of the gate's policy. */
  readonly who: readonly string[];
  /** Entries that must have whoever answers, too. */
  readonly among?: readonly string[];
  /** Entries of those who must agree, too, during a freeze. */
  readonly extra: readonly string[];
  /** Who wants what is asked, by the name they gave; absent where nobody in particular does. */
  readonly askedBy?: string;
}

export interface AttestRequest extends GateFacts {
  /** The run that asks. */
  readonly runId: string;
  readonly gate: string;
  readonly nonce: string;
  /** Of the plan that is shown. */
  readonly digest: string;
  /** By which message the answer came: the Update `decide`, or a Signal. */
  readonly channel: "decide" | "answer" | "approve" | "deny";
  /** As it came, its shape judged. */
  readonly answer: {
    readonly by: string;
    readonly choice: string;
    readonly digest?: string;
    readonly comment?: string;
    readonly hosts?: readonly string[];
    readonly cause?: string;
    readonly signature?: Signature;
  };
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** Those whose votes the gate has already. */
  readonly voters: readonly string[];
}

/** Who answered, as far as it could be shown. */
export interface Attested {
  readonly level: EvidenceLevel;
  /** As the roster names them; absent when it knows nobody of that name. */
  readonly person?: string;
  /** One phrase for people, e.g. `a name claimed by decide, not proven`. */
  readonly how: string;
}

/** What a person may do at a gate now. */
export interface Standing {
  readonly mayAnswer: boolean;
  readonly isExtra: boolean;
}

export interface Evidence extends Attested {
  /** What else the judgement needs, at this moment. */
  readonly facts: {
    /** Of the person and of all who have voted, by the names of the roster. */
    readonly standings: Readonly<Record<string, Standing>>;
    readonly starter: Starter;
    /** Present where somebody wants what is asked. */
    readonly asker?: Asker;
    /** All that hold anything of what the run changes; absent when none does. */
    readonly freezes?: readonly Freeze[];
  };
}

export interface Starter {
  /** What the server has recorded of the start. */
  readonly identity: string;
  /** Absent when the roster does not know it. */
  readonly person?: string;
}

/** Who wants what a gate asks. */
export interface Asker {
  /** As they called themselves. */
  readonly name: string;
  /** Absent when the roster does not know it. */
  readonly person?: string;
}

/** Who may answer a gate, to be shown while it is open. */
export interface Approvers {
  readonly people: readonly string[];
  /** Needed besides, because a freeze holds. */
  readonly extra: readonly string[];
  readonly starter: Starter;
  readonly asker?: Asker;
  readonly freezes?: readonly Freeze[];
}

export interface EvidenceActivities {
  /** Evidence of who gave this answer, and what they may do. @throws config.*, roster.*, evidence.* */
  attest(request: AttestRequest): Promise<Evidence>;
  /** Those who may answer now. @throws config.*, roster.*, evidence.* */
  approvers(gate: GateFacts): Promise<Approvers>;
}

/** Shows who gave an answer. @throws evidence.* */
export type Attest = (
  request: AttestRequest,
  roster: RosterDocument,
) => Promise<Attested>;

/** Who started a run, by the server's own record. */
export interface Starts {
  /** Whom the server authenticated, else the identity that the start event bears; empty when there is none. @throws evidence.* */
  startedBy(run: {
    readonly workflowId: string;
    readonly rootRunId: string;
  }): Promise<string>;
}
