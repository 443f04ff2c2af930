import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv/dist/2020";
import fc from "fast-check";
import {
  entriesOf,
  type ListPhase,
} from "../../../activities/published-list/entries";
import {
  listText,
  nextList,
  readList,
} from "../../../activities/published-list/list-document";
import { check } from "../../harness/properties";

const addresses = {
  old: ["203.0.113.10", "203.0.113.9"],
  new: ["203.0.113.11", "203.0.113.12"],
  since: "2026-11-27",
  retireAfter: "2027-01-31",
};
const phases: readonly ListPhase[] = [
  ...(["none", "planned", "active", "retiring", "retired"] as const),
];
const at = "2026-11-27T10:00:00.000Z";
const textIn = (phase: ListPhase): string =>
  listText(entriesOf(phase, addresses), at).text;

const validate = new Ajv({ allErrors: true }).compile(
  JSON.parse(
    readFileSync(
      join(__dirname, "../../../docs/published-list.schema.json"),
      "utf8",
    ),
  ) as object,
);

describe("the published list", () => {
  test.each<[ListPhase, string | undefined, string]>([
    ["none", undefined, "active"],
    ["planned", "planned", "active"],
    ["active", "active", "active"],
    ["retiring", "active", "retiring"],
    ["retired", "active", "retired"],
  ])("says in phase %s that new addresses are %s, old ones %s", (...row) => {
    const [phase, fresh, old] = row;
    const entries = entriesOf(phase, addresses);
    const statusOf = (address: string): string | undefined =>
      entries.find(({ cidr }) => cidr === `${address}/32`)?.status;
    expect(addresses.new.map(statusOf)).toEqual([fresh, fresh]);
    expect(addresses.old.map(statusOf)).toEqual([old, old]);
  });

  test("says by when a retiring address is gone, and what takes its place", () => {
    const [, , retiring] = entriesOf("retiring", addresses);
    expect(retiring).toEqual({
      ...{ cidr: "203.0.113.10/32", direction: "egress", status: "retiring" },
      ...{ since: "2026-11-27", retireAfter: "2027-01-31" },
      replacedBy: ["203.0.113.11/32", "203.0.113.12/32"],
    });
  });

  test("lists an address that stays in use once", () => {
    const kept = { ...addresses, new: ["203.0.113.10", "203.0.113.11"] };
    expect(
      entriesOf("retiring", kept).map(({ cidr, status }) => [cidr, status]),
    ).toEqual([
      ["203.0.113.10/32", "active"],
      ["203.0.113.11/32", "active"],
      ["203.0.113.9/32", "retiring"],
    ]);
    expect(entriesOf("none", kept)).toHaveLength(2);
  });

  test.each(phases)("keeps its schema in phase %s", (phase) => {
    validate(JSON.parse(textIn(phase)));
    expect(validate.errors).toBeNull();
  });

  test.each([
    ["another status", (text: string) => text.replace('"active"', '"gone"')],
    ["no address", (text: string) => text.replace("203.0.113.9/32", "x/32")],
    ["no end", (text: string) => text.replaceAll("retireAfter", "until")],
    ["no token", (text: string) => text.replace("syncToken", "token")],
  ])("has a schema that refuses %s", (_, spoil) => {
    expect(validate(JSON.parse(spoil(textIn("retiring"))))).toBe(false);
  });

  test("has the same bytes whatever the order of its entries", () => {
    const entries = fc.shuffledSubarray([...entriesOf("retiring", addresses)], {
      minLength: 4,
    });
    check(
      fc.property(entries, (some) => {
        expect(listText(some, at).text).toBe(textIn("retiring"));
      }),
    );
  });

  test("has another token exactly when an entry is another", () => {
    const token = (phase: ListPhase) =>
      listText(entriesOf(phase, addresses), at).syncToken;
    expect(new Set(phases.map(token)).size).toBe(phases.length);
    const later = listText(entriesOf("active", addresses), "2027-01-01");
    expect(later.syncToken).toBe(token("active"));
  });
});

describe("a list that takes the place of another", () => {
  const later = "2026-12-24T00:00:00.000Z";
  const next = (before: string, phase: ListPhase) =>
    nextList(
      readList(before),
      entriesOf(phase, { ...addresses, since: "2026-12-24" }),
      later,
    );

  test("keeps the day on which a status began", () => {
    const list = readList(next(textIn("planned"), "active").text);
    expect(list?.generatedAt).toBe(later);
    expect(list?.entries.map(({ cidr, since }) => [cidr, since])).toEqual([
      ["203.0.113.9/32", "2026-11-27"],
      ["203.0.113.10/32", "2026-11-27"],
      ["203.0.113.11/32", "2026-12-24"],
      ["203.0.113.12/32", "2026-12-24"],
    ]);
  });

  test("keeps every byte when it says the same", () => {
    expect(next(textIn("active"), "active").text).toBe(textIn("active"));
  });

  test.each(["", "no json", "null", "[]", '{"schema":"another"}'])(
    "finds no list in %j",
    (text) => {
      expect(readList(text)).toBeUndefined();
    },
  );
});
