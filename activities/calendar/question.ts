import { z } from "zod";
import { parse } from "../faults";
import { YEAR_MS } from "./durations";
import type { CalendarQuestion } from "./port";

const instantSchema = z.int();

const questionSchema = z
  .strictObject({
    target: z.string().min(1).optional(),
    calendars: z.array(z.string().min(1)).min(1).optional(),
    at: instantSchema,
    digestOver: z
      .strictObject({ from: instantSchema, to: instantSchema })
      .refine(
        ({ from, to }) => from < to && to - from <= 2 * YEAR_MS,
        "expected a period of at most two years",
      )
      .optional(),
  })
  .refine(
    ({ target, calendars }) =>
      (target === undefined) !== (calendars === undefined),
    "expected exactly one of target and calendars",
  );

/** A question that came over the wire. @throws input.invalid */
export function readQuestion(raw: unknown): CalendarQuestion {
  const { target, calendars, at, digestOver } = parse(questionSchema, raw, {
    system: "input",
    what: "question to a calendar",
  });
  return {
    at,
    ...(target === undefined ? {} : { target }),
    ...(calendars === undefined ? {} : { calendars }),
    ...(digestOver === undefined ? {} : { digestOver }),
  };
}
