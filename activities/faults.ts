import type { z } from "zod";
import { failureFactory, type FailureKind, type RunbookError } from "./errors";
import {
  describeValue,
  expectation,
  oneOf,
  type Expectation,
} from "./fault-words";
import { knownKeys, nearest } from "./known-keys";

/** One thing wrong with what a person wrote. */
export interface Fault extends Expectation {
  /** Where, as one would type it: `components.app.steps.apply.run[0]`; empty for the whole. */
  readonly path: string;
  /** What stands there: `"latest"`, `a list`, `nothing`. */
  readonly found: string;
}

/** Who reads the text: it becomes the first word of the error's type, e.g. `input.invalid`. */
export interface Subject {
  readonly system: "input" | "config" | "inventory" | "roster";
  /** Named in the first line, e.g. `input of fleetUpgrade`, `inventory hosts.yaml`. */
  readonly what: string;
}

const faultFailures = {
  invalid: {
    class: "stop",
    hint: "Correct each line above and start again; nothing has been touched.",
  },
} as const satisfies Record<string, FailureKind>;

/** More lines than this help nobody and would not fit into a history event. */
const MAX_LISTED = 100;

/**
 * The value as the schema describes it, with defaults filled in.
 *
 * @throws `<system>.invalid`, one error that lists every fault
 */
export function parse<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  subject: Subject,
): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw describeFaults(faultsOf(result.error, { schema, value }), subject);
}

/**
 * Every fault of a failed `safeParse`, in the order of the schema.
 *
 * A schema says more than "invalid" by a message of the form `expected <what>`, followed on a line of its own by
 * `hint: <what to do>` where that helps.
 */
export function faultsOf(
  error: z.ZodError,
  source: { readonly schema: z.ZodType; readonly value: unknown },
): Fault[] {
  return error.issues.flatMap((issue) => faultsOfIssue(issue, [], source));
}

/** One error for all faults. */
export function describeFaults(
  faults: readonly Fault[],
  { system, what }: Subject,
): RunbookError {
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  const lines = faults.slice(0, MAX_LISTED).map(describeFault);
  if (faults.length > MAX_LISTED)
    lines.push(`  and ${faults.length - MAX_LISTED} more`);
  return failureFactory(system, faultFailures)("invalid", {
    seen: [`${what} has ${count}:`, ...lines].join("\n"),
  });
}

/** `["run", 0]` as `run[0]`; keys that are no plain words in quotes. */
function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    const key = String(step);
    if (!/^[\w-]+$/.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}

function describeFault({ path, found, expected, hint }: Fault): string {
  const where = path === "" ? "(the whole)" : path;
  const advice = hint === undefined ? "" : `; ${hint}`;
  return `  ${where}: found ${found}, expected ${expected}${advice}`;
}

interface Source {
  readonly schema: z.ZodType;
  readonly value: unknown;
}

function faultsOfIssue(
  issue: z.core.$ZodIssue,
  prefix: readonly PropertyKey[],
  source: Source,
): Fault[] {
  const path = [...prefix, ...issue.path];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(key, path, source));
    case "invalid_union":
      return unionFaults(issue, path, source);
    case "invalid_key": {
      const key = String(path.at(-1));
      const told = issue.issues.map((inner) => expectation(inner, key));
      const expected = told[0] ?? { expected: "another key" };
      return [{ path: pathText(path), found: "this key", ...expected }];
    }
    default: {
      const found = valueAt(source.value, path);
      return [faultAt(path, found, expectation(issue, found))];
    }
  }
}

function unknownKey(
  key: string,
  path: readonly PropertyKey[],
  { schema }: Source,
): Fault {
  const known = knownKeys(schema, path);
  const meant = nearest(key, known);
  return {
    path: pathText([...path, key]),
    found: "an unknown key",
    expected: known.length === 0 ? "no such key" : oneOf(known),
    ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }),
  };
}

/**
 * Of a union only the member that was probably meant is worth reading: right kind, with the keys that were written, fewest
 * faults.
 */
function unionFaults(
  issue: z.core.$ZodIssueInvalidUnion,
  path: readonly PropertyKey[],
  source: Source,
): Fault[] {
  const found = valueAt(source.value, path);
  if (issue.errors.length === 0)
    return [faultAt(path, found, expectation(issue, found))];
  const likely = issue.errors
    .filter((member) => !member.some(isOfWrongKind))
    .sort(
      (a, b) => misfits(a, found) - misfits(b, found) || a.length - b.length,
    )[0];
  if (likely !== undefined)
    return likely.flatMap((inner) => faultsOfIssue(inner, path, source));
  const kinds = issue.errors.flatMap((member) =>
    member.slice(0, 1).map((inner) => expectation(inner, found).expected),
  );
  const expected = [...new Set(kinds)].join(" or ");
  return [faultAt(path, found, { expected })];
}

/** Keys of the object itself that are unknown, or required and not written: signs that another member was meant. */
function misfits(member: readonly z.core.$ZodIssue[], found: unknown): number {
  return member.filter(({ code, path }) =>
    code === "unrecognized_keys"
      ? path.length === 0
      : path.length === 1 && valueAt(found, path) === undefined,
  ).length;
}

function isOfWrongKind(issue: z.core.$ZodIssue): boolean {
  return (
    issue.path.length === 0 &&
    (issue.code === "invalid_type" || issue.code === "invalid_value")
  );
}

function faultAt(
  path: readonly PropertyKey[],
  found: unknown,
  told: Expectation,
): Fault {
  return { path: pathText(path), found: describeValue(found, path), ...told };
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((current, step) => {
    if (typeof current !== "object" || current === null) return undefined;
    return (current as Readonly<Record<PropertyKey, unknown>>)[step];
  }, value);
}
