import { z } from "zod";

/** A folder or file of a host; below the root, or a mistake would reach everything. */
export const pathSchema = z
  .string()
  .max(1_024)
  .regex(
    /^(?!.*\/\.\.?(\/|$))(\/[^/\n]+)+$/,
    "expected an absolute path below /, without . and ..",
  );

export const releaseFields = {
  /** Holds `releases/`, `current` and `previous`. */
  dir: pathSchema,
  /** Free space without which the host is left as it is. */
  freeMb: z.int().min(0).default(256),
};

/** One value for each of several versions. */
export const versionsTo = (pattern: RegExp, what: string) =>
  z.record(
    z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._+~:-]*$/, "expected a version as key"),
    z.string().regex(pattern, `expected ${what}`),
  );
