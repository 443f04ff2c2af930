/** What of an answer is signed. */
export interface SignedWords {
  readonly gate: string;
  readonly nonce: string;
  /** Of the plan that was shown. */
  readonly digest?: string;
  readonly choice: string;
  readonly hosts?: readonly string[];
  readonly cause?: string;
  readonly comment?: string;
  readonly by: string;
}

/** What a signature of a decision says, word by word. Pure: whoever signs and whoever verifies make the same text of it. */
export interface Statement extends SignedWords {
  readonly workflowId: string;
  /** First execution of the run's chain: it tells this run from an earlier one of the same change. */
  readonly runId: string;
  /** When it was signed, ISO 8601 in UTC. */
  readonly at: string;
  /** The channel that vouches for who said it; absent when the person signs. */
  readonly channel?: string;
}

/** Of an answer only what is signed; whatever else it carries is no part of the statement. */
export function statementOf(
  { gate, nonce, digest, choice, hosts, cause, comment, by }: SignedWords,
  about: Pick<Statement, "workflowId" | "runId" | "at" | "channel">,
): Statement {
  return {
    ...about,
    ...{ gate, nonce, choice, by },
    ...(digest !== undefined && { digest }),
    ...(hosts !== undefined && { hosts }),
    ...(cause !== undefined && { cause }),
    ...(comment !== undefined && { comment }),
  };
}

/** Of the signatures of OpenSSH: one made for git or for a file means nothing here. */
export const signatureNamespace = "decision@upgrade-runbooks";

const fields = [
  ...["workflowId", "runId", "gate", "nonce", "digest", "choice"],
  ...["hosts", "cause", "comment", "by", "at", "channel"],
] as readonly (keyof Statement)[];

/**
 * A line for each field that is said, in this order, its value as JSON: no value can end its line and begin another
 * field's.
 */
export function statementText(statement: Statement): string {
  const lines = fields.flatMap((field) =>
    statement[field] === undefined
      ? []
      : [`${field}: ${JSON.stringify(statement[field])}`],
  );
  return `${["upgrade-runbooks decision 1", ...lines].join("\n")}\n`;
}
