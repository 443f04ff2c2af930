/**
 * The one shape of failure in this project. Every system keeps a closed list of its failures (`<system>/errors.ts`); each
 * entry fixes what may be done about it, so that nobody classifies a message anywhere else.
 */

/**
 * What a failure asks for:
 * `retry` the same call again, `wait` for the other side and then again, `human` a decision, `stop` nothing helps but
 * another input.
 */
export type FailureClass = "retry" | "wait" | "human" | "stop";

export interface FailureKind {
  readonly class: FailureClass;
  /** One full sentence that names the next thing to do. `{name}` is replaced by the fact of that name. */
  readonly hint: string;
}

export interface FailureFacts {
  /** What was observed, lower case, no full stop. */
  readonly seen: string;
  /** What was expected instead. */
  readonly expected?: string;
  /** Words that the hint refers to. */
  readonly facts?: Readonly<Record<string, string | number>>;
  readonly cause?: unknown;
}

export class RunbookError extends Error {
  override readonly name = "RunbookError";

  constructor(
    /** A member of one system's closed list, e.g. `ssh.unreachable`. Match by this, never by `instanceof`. */
    readonly type: string,
    readonly failureClass: FailureClass,
    readonly seen: string,
    readonly hint: string,
    cause?: unknown,
  ) {
    super(`${seen}\nhint: ${hint}`, { cause });
  }
}

/**
 * Makes the factory of one system's errors from its closed list.
 *
 * @example const sshError = failureFactory("ssh", sshFailures);
 *          throw sshError("unreachable", { seen: `no answer from ${address}` });
 */
export function failureFactory<Kind extends string>(
  system: string,
  kinds: Readonly<Record<Kind, FailureKind>>,
) {
  return (
    kind: Kind,
    { seen, expected, facts = {}, cause }: FailureFacts,
  ): RunbookError => {
    const hint = kinds[kind].hint.replace(/\{(\w+)\}/g, (whole, name: string) =>
      String(facts[name] ?? whole),
    );
    const observed =
      expected === undefined ? seen : `${seen}, expected ${expected}`;
    return new RunbookError(
      `${system}.${kind}`,
      kinds[kind].class,
      observed,
      hint,
      cause,
    );
  };
}

export function isRunbookError(error: unknown): error is RunbookError {
  return (
    error instanceof Error &&
    error.name === "RunbookError" &&
    "failureClass" in error
  );
}
