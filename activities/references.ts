import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { failureFactory, type FailureKind } from "./errors";

/** Everything that can be wrong with a reference. Its value is in no message: only the reference itself is. */
export const referenceFailures = {
  malformed: {
    class: "stop",
    hint: "Name where the secret is: env:NAME or file:/path; the secret itself is never part of an input.",
  },
  unset: {
    class: "human",
    hint: "Set {name} in the environment of the worker, then retry.",
  },
  unreadable: {
    class: "human",
    hint: "Let the worker's user read {path}, then retry.",
  },
} as const satisfies Record<string, FailureKind>;

export type ReferenceFailure = keyof typeof referenceFailures;

const referenceError = failureFactory<ReferenceFailure>(
  "reference",
  referenceFailures,
);

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the secret behind `env:NAME` or `file:/path`. Call it at the moment of use and keep the result nowhere: it may
 * rotate, and it must reach neither history nor logs. One line end at the end of a file is not part of the secret.
 *
 * @throws reference.*
 */
export async function resolveReference(
  reference: string,
  env: Environment = process.env,
): Promise<string> {
  const [scheme, place] = splitReference(reference);
  switch (scheme) {
    case "env": {
      const value = env[place];
      if (value !== undefined) return value;
      throw referenceError("unset", {
        seen: `${place} is not set`,
        facts: { name: place },
      });
    }
    case "file":
      return readSecretFile(expandHome(place));
  }
}

/** `~` and `~/...` stand for the home folder of the worker's user, as in a shell. */
export function expandHome(path: string, home: string = homedir()): string {
  if (path === "~") return home;
  return path.startsWith("~/") ? join(home, path.slice(2)) : path;
}

function splitReference(reference: string): ["env" | "file", string] {
  const [, scheme, place] = /^(env|file):(.+)$/s.exec(reference) ?? [];
  if ((scheme === "env" || scheme === "file") && place !== undefined) {
    return [scheme, place];
  }
  // What stands here may be the secret itself, pasted by mistake: do not repeat it.
  throw referenceError("malformed", {
    seen: "a value that is not a reference",
    expected: "env:NAME or file:/path",
  });
}

async function readSecretFile(path: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).replace(/\r?\n$/, "");
  } catch (cause) {
    const { code = "unknown" } = cause as NodeJS.ErrnoException;
    throw referenceError("unreadable", {
      seen: `cannot read ${path} (${code})`,
      facts: { path },
      cause,
    });
  }
}
