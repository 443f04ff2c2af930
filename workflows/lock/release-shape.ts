/** The shape of a person's word to release, judged without zod, which stays out of the sandbox. Pure. */

const fields = ["resource", "by", "reason"] as const;
const longestText = 1_024;

const isText = (value: unknown): boolean =>
  typeof value === "string" &&
  value.trim() !== "" &&
  value.length <= longestText;

/** Every fault, each with its path and what was expected; none means that it may be obeyed. */
export function releaseFaults(raw: unknown): string[] {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw))
    return ["expected one JSON object with resource, by and reason"];
  const given = raw as Readonly<Record<string, unknown>>;
  return [
    ...fields
      .filter((name) => !isText(given[name]))
      .map(
        (name) => `${name}: expected a text of 1 to ${longestText} characters`,
      ),
    ...Object.keys(given)
      .filter((name) => !(fields as readonly string[]).includes(name))
      .map((name) => `${name}: unknown field, expected ${fields.join(", ")}`),
  ];
}
