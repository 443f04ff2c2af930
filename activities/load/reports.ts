import { z } from "zod";
import { loadError } from "./errors";
import type { ApplicationReport, ConnectFailure, StormReport } from "./port";
import { readWrk } from "./wrk";

const count = z.int().min(0);
const amount = z.number().min(0);
const failed = {
  timeout: count.optional(),
  reset: count.optional(),
  refused: count.optional(),
  unreachable: count.optional(),
  noLocalPort: count.optional(),
  other: count.optional(),
} satisfies Record<ConnectFailure, z.ZodType>;

const figures = {
  tried: count,
  failed: z.object(failed),
  peak: count,
  heldS: amount,
  p50Ms: amount,
  p99Ms: amount,
  p999Ms: amount,
  slowShare: amount.max(1),
};
const stormSchema = z.object({
  total: z.object(figures),
  destinations: z.array(z.object({ ...figures, tuple: z.string() })),
  opening: z.array(z.tuple([count, count])),
});

/** @throws load.stormBroke when the program has not said it whole */
export function readStorm(host: string, stdout: string): StormReport {
  const report = stormSchema.safeParse(lastLine(stdout));
  if (report.success) return { host, ...(report.data as Read<StormReport>) };
  throw loadError("stormBroke", {
    seen: `the storm on ${host} ended with ${quoted(stdout)}`,
    expected: "its report",
    facts: { host },
  });
}

/** Of what the command's host saw: application-program.ts. */
const seenSchema = z.object({
  end: z.string(),
  activeOpens: count,
  carried: z.object({ peak: count, heldS: amount }),
  sockets: z.array(z.tuple([z.string(), count])),
});
const saidSchema = z.object({
  requests: count,
  failed: count,
  opened: count.optional(),
  p999Ms: amount.optional(),
});

/** The end of what a command said on stdout; nothing where it never ran. */
export function endOfCommand(stdout: string): string {
  const seen = seenSchema.safeParse(lastLine(stdout));
  return seen.success ? seen.data.end : "";
}

/**
 * @param isPeak it was ordered to carry a peak, and has to tell how its connections opened
 * @throws load.badReport when the command's last line is no report, and its words are not those of wrk
 */
export function readApplication(
  host: string,
  stdout: string,
  isPeak: boolean,
): ApplicationReport {
  const seen = seenSchema.parse(lastLine(stdout));
  const { end, activeOpens, sockets } = seen;
  const bad = (expected: string) =>
    loadError("badReport", {
      seen: `the command on ${host} ended with ${quoted(end)}`,
      expected,
      facts: { host },
    });
  const json = saidSchema.safeParse(lastLine(end)).data;
  const said = json ?? readWrk(end);
  if (said === undefined)
    throw bad(
      "an object of JSON with requests and failed, or the words of wrk",
    );
  if (isPeak && json?.p999Ms === undefined)
    throw bad("an object of JSON with requests, failed and p999Ms");
  const { requests, failed, opened } = said;
  return {
    ...{ host, requests, failed, opened: opened ?? activeOpens },
    ...(opened === undefined && { openedByHost: true }),
    sockets: sockets.map(([tuple, most]) => ({ tuple, most })),
    ...(isPeak && { carried: { ...seen.carried, p999Ms: json?.p999Ms ?? 0 } }),
  };
}

/** zod's optional keys may be undefined; those of JSON are absent. */
type Read<Report> = Omit<Report, "host">;

function lastLine(stdout: string): unknown {
  try {
    return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as unknown;
  } catch {
    return undefined;
  }
}

const quoted = (text: string): string =>
  text.trim() === "" ? "no word" : JSON.stringify(text.trim().slice(-200));
