import type { z } from "zod";
import { nearest } from "./known-keys";

/** What should stand at a place, in words. */
export interface Expectation {
  readonly expected: string;
  /** What to write instead, e.g. `did you mean slots?` */
  readonly hint?: string;
}

type Issue = z.core.$ZodIssue;

const MAX_SHOWN = 60;

const kinds: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  null: "null",
  undefined: "nothing",
};

const formats: Readonly<Record<string, string>> = {
  datetime: "a date and time such as 2026-11-22T03:00:00Z",
  date: "a date such as 2026-11-22",
  duration: "a duration such as PT30M",
  url: "a URL",
  email: "a mail address",
  ipv4: "an IPv4 address",
  ipv6: "an IPv6 address",
  uuid: "a UUID",
};

/** What the schema wanted. A message of its own, `expected ...`, goes before our words. */
export function expectation(issue: Issue, found: unknown): Expectation {
  const [told = "", hint] = issue.message.split(/\nhint: /);
  if (told.startsWith("expected "))
    return {
      expected: told.slice("expected ".length),
      ...(hint === undefined ? {} : { hint }),
    };
  return builtIn(issue, found);
}

/** What a person wrote, short, and never a value that may be a secret. */
export function describeValue(
  value: unknown,
  path: readonly PropertyKey[] = [],
): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value))
    return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "number" || typeof value === "boolean")
    return String(value);
  if (value === null) return "null";
  if (typeof value !== "string") return "an object";
  if (mayBeSecret(path)) return `text of ${value.length} characters`;
  // The user part and the parameters of a URL are where passwords are left behind.
  const harmless = value
    .replace(/\/\/[^/@\s]*@/g, "//***@")
    .replace(/([?&]\w*(?:pass|secret|token|key)\w*=)[^&\s]*/gi, "$1***");
  const shown =
    harmless.length > MAX_SHOWN
      ? `${harmless.slice(0, MAX_SHOWN)}...`
      : harmless;
  return JSON.stringify(shown);
}

/** `a, b or c` */
export function oneOf(options: readonly unknown[]): string {
  const words = options.map(String);
  const last = words.at(-1) ?? "nothing";
  return words.length < 2
    ? last
    : `${words.slice(0, -1).join(", ")} or ${last}`;
}

function mayBeSecret(path: readonly PropertyKey[]): boolean {
  return path.some(
    (step) =>
      typeof step === "string" &&
      /pass|secret|token|credential|api.?key|private/i.test(step),
  );
}

function builtIn(issue: Issue, found: unknown): Expectation {
  switch (issue.code) {
    case "invalid_type":
      return { expected: kinds[issue.expected] ?? issue.expected };
    case "invalid_value":
      return choice(issue.values, found);
    case "invalid_union":
      return choice(unionOptions(issue), found);
    case "too_small":
      return { expected: bound(issue.origin, issue.minimum, "least", issue) };
    case "too_big":
      return { expected: bound(issue.origin, issue.maximum, "most", issue) };
    case "invalid_format":
      return { expected: formats[issue.format] ?? formatText(issue) };
    case "not_multiple_of":
      return { expected: `a multiple of ${issue.divisor}` };
    case "unrecognized_keys":
    case "invalid_key":
    case "invalid_element":
    case "custom":
      return { expected: issue.message };
  }
}

function choice(options: readonly unknown[], found: unknown): Expectation {
  const meant =
    typeof found === "string" ? nearest(found, options.map(String)) : undefined;
  return {
    expected: oneOf(options),
    ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }),
  };
}

/** Only a union that is told apart by one key lists its options. */
function unionOptions(issue: z.core.$ZodIssueInvalidUnion): readonly unknown[] {
  const options: unknown = "options" in issue ? issue.options : undefined;
  return Array.isArray(options) ? options : [];
}

function bound(
  origin: string,
  limit: number | bigint,
  side: "least" | "most",
  { inclusive, exact }: { readonly inclusive?: boolean; exact?: boolean },
): string {
  const amount = exact === true ? `exactly ${limit}` : `at ${side} ${limit}`;
  const unit = limit === 1 || limit === 1n ? "" : "s";
  if (origin === "string") return `text of ${amount} character${unit}`;
  if (origin === "array" || origin === "set")
    return `a list of ${amount} item${unit}`;
  if (origin === "object" || origin === "map")
    return `an object of ${amount} key${unit}`;
  if (inclusive === false)
    return `a number ${side === "least" ? "above" : "below"} ${limit}`;
  return `a number of ${amount}`;
}

function formatText(issue: z.core.$ZodIssueInvalidStringFormat): string {
  const pattern = "pattern" in issue ? ` matching ${issue.pattern}` : "";
  return issue.format === "regex" ? `text${pattern}` : issue.format;
}
