import { readFile, stat } from "node:fs/promises";
import { bytesWithin } from "../bytes-within";
import { isRunbookError } from "../errors";
import { type Environment, resolveReference } from "../references";
import { withinTime } from "../time-limit";
import type { IcsSource } from "./document";
import { calendarError } from "./errors";

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 5 * 2 ** 20;

export const isUrl = (ics: string): boolean => /^https:/i.test(ics);

/** How a source is named in messages: the path of a URL may be its secret, as with those of Google's calendars. */
export const nameOfSource = (ics: string): string =>
  isUrl(ics) ? `${new URL(ics).origin}/...` : ics;

/** The text of a file, or what an https URL answers. @throws calendar.*, reference.* */
export async function readSource(
  { ics, token }: IcsSource,
  env: Environment,
): Promise<string> {
  const source = nameOfSource(ics);
  if (!isUrl(ics)) return readIcsFile(ics);
  const headers = {
    accept: "text/calendar",
    ...(token && {
      authorization: `Bearer ${await resolveReference(token, env)}`,
    }),
  };
  try {
    const signal = withinTime(TIMEOUT_MS);
    const response = await fetch(ics, { headers, signal });
    // Else whoever sits between could say what is excluded.
    if (response.ok && isUrl(response.url))
      return await bodyOf(response, source);
    await response.body?.cancel();
    const answered = response.ok
      ? "led to an address without https"
      : `answered ${response.status} ${response.statusText}`.trimEnd();
    throw calendarError(response.status < 500 ? "refused" : "unanswered", {
      seen: `${source} ${answered}`,
      expected: response.ok ? "https" : "200",
      facts: { source },
    });
  } catch (cause) {
    if (isRunbookError(cause)) throw cause;
    throw calendarError("unanswered", {
      seen: `no answer from ${source} (${reasonOf(cause)})`,
      facts: { source },
      cause,
    });
  }
}

async function readIcsFile(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES) throw tooLarge(file);
    return await readFile(file, "utf8");
  } catch (cause) {
    if (isRunbookError(cause)) throw cause;
    const { code = "no code" } = cause as NodeJS.ErrnoException;
    throw calendarError("unreadable", {
      seen: `cannot read ${file} (${code})`,
      facts: { source: file },
      cause,
    });
  }
}

async function bodyOf({ body }: Response, source: string): Promise<string> {
  const bytes = await bytesWithin(MAX_BYTES, body ?? []);
  if (bytes === undefined) throw tooLarge(source);
  return bytes.toString("utf8");
}

const tooLarge = (source: string) =>
  calendarError("tooLarge", {
    seen: `${source} has more than ${MAX_BYTES >> 20} MB`,
    facts: { source },
  });

/** Why a request got no answer is in the cause of what `fetch` throws. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError")
    return `silent for ${TIMEOUT_MS / 1_000} s`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const { code } = cause as NodeJS.ErrnoException;
  return code ?? cause.message;
}
