import { z } from "zod";
import { evidenceLevels } from "../evidence/levels";
import { idSchema } from "../inventory/port";
import { nearest } from "../known-keys";
import { rosterSourceSchema } from "../roster/port";

/** People, groups and on-call roles, as the roster names them. */
const whoSchema = z
  .array(idSchema)
  .min(1)
  .refine(
    (who) => new Set(who).size === who.length,
    "expected each person, group or role once",
  );

const quorumWords = "expected a number of people from 1 to 20";
const quorumSchema = z
  .int(quorumWords)
  .min(1, quorumWords)
  .max(20, quorumWords);

const shortestS = 60;
const longestS = 30 * 86_400;
const expiryWords = `expected seconds from ${shortestS} to ${longestS} (30 days)\nhint: from then on the question is asked anew; nothing is ever approved by waiting`;

const escalationSchema = z.strictObject({
  afterS: z.number().min(1),
  /** Whom it may concern; they may answer only if `who` has them, too. */
  who: whoSchema,
  /** Where they are told, e.g. a channel of the announcements. */
  channel: idSchema,
});

const policyShape = {
  who: whoSchema,
  /** So many of them, each counted once whatever names they use. */
  quorum: quorumSchema.default(1),
  starterMayApprove: z.boolean().default(false),
  /** Which choices need a comment. */
  comment: z
    .union([z.enum(["never", "always"]), z.array(z.string().min(1)).min(1)])
    .default("never"),
  /** Then the question is asked anew; it never approves by itself. */
  expiresAfterS: z
    .number(expiryWords)
    .min(shortestS, expiryWords)
    .max(longestS, expiryWords),
  /** Who else is told when nobody has decided for so long. */
  escalation: z.array(escalationSchema).max(10).default([]),
  /** How sure it must be who answered. */
  level: z.enum(evidenceLevels).default("claimed"),
  /** Needed besides the quorum while a freeze holds. */
  extraApprovers: z
    .strictObject({ who: whoSchema, quorum: quorumSchema.default(1) })
    .optional(),
};

const policySchema = z
  .strictObject(policyShape)
  .superRefine(({ escalation, expiresAfterS }, context) =>
    escalation.forEach(({ afterS }, index) => {
      const before = escalation[index - 1]?.afterS ?? 0;
      if (afterS <= before)
        context.addIssue({
          code: "custom",
          path: ["escalation", index, "afterS"],
          message: `expected more than the ${before} s of the rung before it`,
        });
      if (afterS >= expiresAfterS)
        context.addIssue({
          code: "custom",
          path: ["escalation", index, "afterS"],
          message: `expected less than the ${expiresAfterS} s after which the gate expires`,
        });
    }),
  );

const gateWords =
  "expected a gate such as canary or stage-2, a family such as stage-*, or * for all others";

/** Who may answer which gate. Read when a plan is made, and frozen in it; roster and freezes are read for each answer. */
export const approvalsSchema = z
  .strictObject({
    roster: rosterSourceSchema,
    policies: z.record(idSchema, policySchema),
    /** A gate to the name of its policy; the longest name that fits counts. */
    gates: z.record(
      z.string().regex(/^([A-Za-z0-9][\w-]*\*?|\*)$/, gateWords),
      idSchema,
    ),
  })
  .superRefine(({ policies, gates }, context) => {
    const names = Object.keys(policies);
    for (const [gate, name] of Object.entries(gates)) {
      if (names.includes(name)) continue;
      const meant = nearest(name, names);
      const hint =
        meant === undefined
          ? "a gate without its policy would be open to everybody"
          : `did you mean ${meant}?`;
      context.addIssue({
        code: "custom",
        path: ["gates", gate],
        message: `expected one of the policies ${names.join(", ") || "(there is none)"}\nhint: ${hint}`,
      });
    }
    if (Object.keys(gates).length === 0)
      context.addIssue({
        code: "custom",
        path: ["gates"],
        message:
          'expected at least one gate with its policy\nhint: "*" means all gates',
      });
  });
export type Approvals = z.output<typeof approvalsSchema>;

/** Who may answer a gate, as a plan freezes it. */
export type GatePolicy = z.output<typeof policySchema> & {
  readonly name: string;
  /** Entries of those who alone may answer, besides: a calendar names who may let work go on past its end. */
  readonly among?: readonly string[];
};

/** Policies of a plan by gate; a gate that none fits takes anybody's word. */
export type GatePolicies = Readonly<Record<string, GatePolicy>>;
