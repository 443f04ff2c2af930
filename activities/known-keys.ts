import type { z } from "zod";

type Schema = z.core.$ZodType;
type PathStep = PropertyKey;

/** The keys that a schema knows at a path; of a union, those of each member. */
export function knownKeys(
  schema: Schema,
  path: readonly PathStep[],
): readonly string[] {
  const keys = schemasAt(schema, path).flatMap((found) =>
    found._zod.def.type === "object" ? Object.keys(found._zod.def.shape) : [],
  );
  return [...new Set(keys)];
}

/** The word that was probably meant, or nothing when none is near. */
export function nearest(
  word: string,
  candidates: readonly string[],
): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  const ranked = candidates
    .map((candidate) => ({ candidate, edits: distance(word, candidate) }))
    .filter(({ edits }) => edits <= limit)
    .sort((a, b) => a.edits - b.edits);
  return ranked[0]?.candidate;
}

function schemasAt(
  schema: Schema,
  path: readonly PathStep[],
): readonly z.core.$ZodTypes[] {
  let schemas = members(schema);
  for (const step of path) {
    schemas = schemas.flatMap((parent) => children(parent, step));
  }
  return schemas;
}

/** Looks through wrappers and unions at the schemas that describe data. */
function members(schema: Schema): readonly z.core.$ZodTypes[] {
  const typed = schema as z.core.$ZodTypes;
  const def = typed._zod.def;
  switch (def.type) {
    case "optional":
    case "nullable":
    case "default":
    case "prefault":
    case "nonoptional":
    case "readonly":
    case "catch":
      return members(def.innerType);
    case "pipe":
      return members(def.in);
    case "lazy":
      return members(def.getter());
    case "union":
      return def.options.flatMap(members);
    case "intersection":
      return [...members(def.left), ...members(def.right)];
    default:
      return [typed];
  }
}

function children(
  parent: z.core.$ZodTypes,
  step: PathStep,
): readonly z.core.$ZodTypes[] {
  const def = parent._zod.def;
  switch (def.type) {
    case "object": {
      const child = def.shape[String(step)] ?? def.catchall;
      return child === undefined ? [] : members(child);
    }
    case "record":
      return members(def.valueType);
    case "array":
      return members(def.element);
    case "tuple": {
      const child = def.items[Number(step)] ?? def.rest;
      return child ? members(child) : [];
    }
    default:
      return [];
  }
}

/** Letters to add, drop, change or swap with their neighbour; case is free. */
function distance(left: string, right: string): number {
  const a = left.toLowerCase();
  const b = right.toLowerCase();
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const changed = a[row - 1] === b[column - 1] ? 0 : 1;
      const swapped =
        row > 1 &&
        column > 1 &&
        a[row - 1] === b[column - 2] &&
        a[row - 2] === b[column - 1];
      current[column] = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + changed,
        swapped ? (beforeLast[column - 2] ?? 0) + 1 : Infinity,
      );
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length] ?? a.length;
}
