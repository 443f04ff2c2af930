/** The shape of what a person says about freezes, judged without zod, which stays out of the sandbox. Pure. */

type Fields = Readonly<Record<string, unknown>>;

const longestText = 1_024;
const aText = `expected a text of 1 to ${longestText} characters`;
const scopePattern =
  /^(all|[A-Za-z0-9][\w.-]{0,127}(\/[A-Za-z0-9][\w.-]{0,127}){0,2})$/;

const isText = (value: unknown): boolean =>
  typeof value === "string" &&
  value.trim() !== "" &&
  value.length <= longestText;

/** Every fault, each with its path and what was expected; none means that it may be obeyed. */
export function freezeFaults(raw: unknown, now: number): string[] {
  if (!isObject(raw))
    return ["expected one JSON object with id, scope, by and reason"];
  const { scope, until, blocksUndo } = raw;
  return [
    ...textFaults(raw, ["id", "by", "reason"]),
    ...(typeof scope === "string" && scopePattern.test(scope)
      ? []
      : ["scope: expected all, target, target/pool or target/pool/host"]),
    ...(until === undefined || (typeof until === "number" && until > now)
      ? []
      : ["until: expected a time to come, in milliseconds since the epoch"]),
    ...(blocksUndo === undefined || blocksUndo === true
      ? []
      : ["blocksUndo: expected true or nothing"]),
    ...unknownFields(raw, [
      ...["id", "scope", "by", "reason", "until", "blocksUndo"],
    ]),
  ];
}

export function unfreezeFaults(raw: unknown): string[] {
  if (!isObject(raw)) return ["expected one JSON object with id and by"];
  return [
    ...textFaults(raw, [
      ...["id", "by"],
      ...(raw["reason"] === undefined ? [] : ["reason"]),
    ]),
    ...unknownFields(raw, ["id", "by", "reason"]),
  ];
}

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const textFaults = (fields: Fields, names: readonly string[]): string[] =>
  names
    .filter((name) => !isText(fields[name]))
    .map((name) => `${name}: ${aText}`);

const unknownFields = (fields: Fields, known: readonly string[]): string[] =>
  Object.keys(fields)
    .filter((name) => !known.includes(name))
    .map((name) => `${name}: unknown field, expected ${known.join(", ")}`);
