import { accessSync, constants } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { expandHome } from "../activities/references";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that pass; an empty one counts as unset, as compose files leave it. */
export function pick(
  env: Environment,
  passes: (name: string) => boolean,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && value !== "" && passes(name)
        ? [[name, value]]
        : [],
    ),
  );
}

/** An absolute path from one that may begin with `~` or be relative to the working folder. */
export const readableFile = z
  .string()
  .transform((path) => resolve(expandHome(path)))
  .refine(isReadable, "expected a file that this user can read");

/** A rule between variables, put to one of them; told even where another variable is wrong, so that one look tells all. */
export function rule(variable: string, message: string) {
  return { path: [variable], message, when: () => true };
}

export function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
