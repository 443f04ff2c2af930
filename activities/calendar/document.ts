import { z } from "zod";
import { referenceSchema } from "../reference-schema";
import { documentFaults } from "./document-faults";
import { durationMs, instantMs } from "./durations";
import { parseRule } from "./rule";
import { isZone, wallOf, zoneExpected } from "./zones";

const told = ({ expected, hint }: { expected: string; hint?: string }) =>
  `expected ${expected}${hint === undefined ? "" : `\nhint: ${hint}`}`;

const zoneSchema = z.string().refine(isZone, {
  error: ({ input }) => told(zoneExpected(String(input))),
});

const localSchema = z
  .string()
  .refine((text) => text.includes("T") && wallOf(text) !== undefined, {
    error: ({ input }) =>
      told({
        expected: "a local date and time such as 2026-11-02T22:00",
        ...(/(Z|[+-]\d\d:?\d\d)$/.test(String(input)) && {
          hint: "leave the offset out; tz says the zone",
        }),
      }),
  });

const dateSchema = z
  .string()
  .refine(
    (text) => !text.includes("T") && wallOf(text) !== undefined,
    "expected a date such as 2026-12-24",
  );

const durationSchema = z
  .string()
  .refine(
    (text) => durationMs(text) !== undefined,
    "expected an ISO 8601 duration such as PT8H or P2D, of at most 366 days\nhint: months and years have no length of their own",
  );

const positiveSchema = durationSchema.refine(
  // What is no duration at all has been told already.
  (text) => durationMs(text) !== 0,
  "expected a duration of more than nothing",
);

const instantSchema = z
  .string()
  .refine(
    (text) => instantMs(text) !== undefined,
    "expected an instant such as 2026-11-22T03:00:00Z\nhint: with Z or an offset such as +02:00",
  );

const ruleSchema = z.string().superRefine((text, context) => {
  const rule = /^RRULE:/i.test(text)
    ? ["the rule alone, without RRULE: in front"]
    : parseRule(text);
  if ("text" in rule) return;
  for (const expected of rule)
    context.addIssue({ code: "custom", message: `expected ${expected}` });
});

const dateOrRangeSchema = z.string().refine((text) => {
  const [first = "", last = first, ...rest] = text.split("/");
  const [from, to] = [first, last].map(wallOf);
  return (
    rest.length === 0 &&
    !text.includes("T") &&
    from !== undefined &&
    to !== undefined &&
    from <= to
  );
}, "expected a date such as 2026-12-24, or its first and last day such as 2026-12-24/2027-01-02");

const icsSchema = z.strictObject({
  /** A file, relative to the configuration, or an https URL. */
  ics: z
    .string()
    .min(1)
    .refine(
      (text) => !/^[a-z][a-z\d+.-]+:/i.test(text) || isPlainHttps(text),
      "expected a file, or an https URL without user and password",
    ),
  /** Reference to a bearer token for the URL. */
  token: referenceSchema.optional(),
});

function isPlainHttps(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return protocol === "https:" && username === "" && password === "";
}

/** One calendar, as it stands under `calendars` of the configuration. */
export const calendarDocumentSchema = z
  .strictObject({
    tz: zoneSchema,
    /** `closed` opens by its rule; `open` is closed by its rule, which makes it a blackout. */
    default: z.enum(["closed", "open"]).default("closed"),
    /** Local time of the first window or blackout. */
    dtstart: localSchema.optional(),
    /** RFC 5545, the part behind `RRULE:`; without it there is one occurrence. */
    rrule: ruleSchema.optional(),
    /** Local days on which no occurrence starts. */
    exdate: z.array(dateSchema).default([]),
    duration: positiveSchema.optional(),
    /** `exact` elapsed time, or `wall`: it ends at the local time that clocks would show without a change. */
    mode: z.enum(["exact", "wall"]).default("exact"),
    gap: z.enum(["skip", "shift"]).optional(),
    /** The rule is in force from and up to these instants. */
    notBefore: instantSchema.optional(),
    notAfter: instantSchema.optional(),
    exclusions: z.array(z.union([dateOrRangeSchema, icsSchema])).default([]),
    cutoff: durationSchema.default("PT0S"),
    minUseful: durationSchema.default("PT0S"),
    atClose: z
      .enum([
        "finish-batch-and-park",
        "finish-step-and-park",
        "ask",
        "abort-with-rollback",
      ])
      .default("finish-batch-and-park"),
    missed: z
      .enum(["skip-and-report", "run-if-still-open"])
      .default("skip-and-report"),
    overrun: z
      .strictObject({
        by: z.array(z.string().min(1)).min(1),
        most: positiveSchema,
        notice: durationSchema.default("PT0S"),
      })
      .optional(),
  })
  .superRefine((document, context) => {
    for (const { path, expected, hint } of documentFaults(document))
      context.addIssue({
        code: "custom",
        path: [path],
        message: told({ expected, ...(hint === undefined ? {} : { hint }) }),
      });
  });
export type CalendarDocument = z.output<typeof calendarDocumentSchema>;

export type IcsSource = z.output<typeof icsSchema>;
