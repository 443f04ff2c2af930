/** Names that mean secrets: what they hold is never a tag, for tags stand in plans and reports. */
const secretName = /pass|secret|token|key|credential|private/i;

const MAX_TAG_LENGTH = 256;

/** Scalar values as tags; leaves out secrets, templates that nobody has filled in, and texts too long to be a tag. */
export function tagsFrom(
  values: Readonly<Record<string, unknown>>,
  isOther: (name: string) => boolean,
): Record<string, string> {
  const tags = Object.entries(values).flatMap(([name, value]) => {
    if (!isOther(name) || secretName.test(name) || !isScalar(value)) return [];
    const text = String(value);
    const isTag = text.length <= MAX_TAG_LENGTH && !/\{\{|\n/.test(text);
    return isTag ? [[name, text] as const] : [];
  });
  return Object.fromEntries(tags);
}

/** An address as an id: IPv6 with dashes. */
export function idOf(address: string): string {
  const dashed = address.replaceAll(":", "-");
  return dashed.startsWith("-") ? `0${dashed}` : dashed;
}

/** A number written as text; anything else stays as it is, to be refused where it is read. */
export function numberOf(value: unknown): unknown {
  return typeof value === "string" && /^\d{1,9}$/.test(value)
    ? Number(value)
    : value;
}

export function isRecord(
  value: unknown,
): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is string | number | boolean {
  return ["string", "number", "boolean"].includes(typeof value);
}
