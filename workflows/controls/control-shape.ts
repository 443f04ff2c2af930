/** The shape of what an operator tells a run, judged without zod, which stays out of the sandbox. Pure. */

import { groupKinds, mostSlots } from "../rollout/fleet";

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const longestText = 1_024;

/** Every fault of a control's payload, each with its path and what was expected; none means that it may be obeyed. */
export function controlFaults(name: string, raw: unknown): string[] {
  if (!isObject(raw))
    return ['expected one JSON object with at least "by", who says so'];
  const { by, reason, hours } = raw;
  const mustSayWhy = name === "override";
  return [
    ...textFaults("by", by),
    ...(reason === undefined && !mustSayWhy
      ? []
      : textFaults("reason", reason)),
    ...unknownFields("", raw, ["by", "reason", ...(own[name] ?? [])]),
    ...(name === "retune" ? retuneFaults(raw) : []),
    ...(name === "override" ? hoursFaults(hours) : []),
  ];
}

/** What a control takes beside who says so and why. */
const own: Readonly<Record<string, readonly string[]>> = {
  retune: ["slots", "limits", "budget"],
  override: ["hours"],
};

const mostHours = 24;

const hoursFaults = (hours: unknown): string[] =>
  typeof hours === "number" && hours > 0 && hours <= mostHours
    ? []
    : [`hours: expected a number above 0, and ${mostHours} at most`];

function retuneFaults(raw: Fields): string[] {
  const { slots, limits, budget } = raw;
  if (slots === undefined && limits === undefined && budget === undefined)
    return ["expected slots, limits or budget, or several of them"];
  return [
    ...(slots === undefined ? [] : wholeFaults("slots", slots, 1, mostSlots)),
    ...(limits === undefined ? [] : limitsFaults(limits)),
    ...(budget === undefined ? [] : budgetFaults(budget)),
  ];
}

function limitsFaults(limits: unknown): string[] {
  if (!isObject(limits))
    return [`limits: expected an object of ${groupKinds.join(", ")}`];
  return [
    ...unknownFields("limits.", limits, groupKinds),
    ...groupKinds.flatMap((kind) => {
      const share = limits[kind];
      return share === undefined || isShare(share)
        ? []
        : [
            `limits.${kind}: expected a number of hosts from 1 on, or a share such as "25%"`,
          ];
    }),
  ];
}

const isShare = (value: unknown): boolean =>
  typeof value === "number"
    ? Number.isInteger(value) && value >= 1
    : typeof value === "string" && /^(100|[1-9]\d?)%$/.test(value);

function budgetFaults(budget: unknown): string[] {
  if (!isObject(budget)) return ["budget: expected an object"];
  const { pool } = budget;
  return [
    ...failureLimitFaults("budget", budget, ["failures", "percent", "pool"]),
    ...(pool === undefined
      ? []
      : isObject(pool)
        ? failureLimitFaults("budget.pool", pool, ["failures", "percent"])
        : ["budget.pool: expected an object"]),
  ];
}

function failureLimitFaults(
  path: string,
  limit: Fields,
  known: readonly string[],
): string[] {
  const { failures, percent } = limit;
  return [
    ...unknownFields(`${path}.`, limit, known),
    ...(failures === undefined && percent === undefined
      ? [`${path}: expected failures, percent or both`]
      : []),
    ...(failures === undefined
      ? []
      : wholeFaults(`${path}.failures`, failures, 0, 1_000_000)),
    ...(percent === undefined ||
    (typeof percent === "number" && percent >= 0 && percent <= 100)
      ? []
      : [`${path}.percent: expected a number from 0 to 100`]),
  ];
}

const wholeFaults = (
  path: string,
  value: unknown,
  least: number,
  most: number,
): string[] =>
  typeof value === "number" &&
  Number.isInteger(value) &&
  value >= least &&
  value <= most
    ? []
    : [`${path}: expected a whole number from ${least} to ${most}`];

const textFaults = (path: string, value: unknown): string[] =>
  typeof value === "string" && value !== "" && value.length <= longestText
    ? []
    : [`${path}: expected a text of 1 to ${longestText} characters`];

const unknownFields = (
  prefix: string,
  fields: Fields,
  known: readonly string[],
): string[] =>
  Object.keys(fields)
    .filter((name) => !known.includes(name))
    .map(
      (name) => `${prefix}${name}: unknown field, expected ${known.join(", ")}`,
    );
