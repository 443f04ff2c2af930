import { z } from "zod";
import { isRunbookError } from "../../activities/errors";
import { describeFaults, faultsOf, parse } from "../../activities/faults";

const schema = z.strictObject({
  slots: z.int().min(1).max(100).default(4),
  mode: z.enum(["plan", "execute"]).default("plan"),
  version: z
    .string()
    .refine((version) => version !== "latest", {
      error: "expected one exact version\nhint: name a tag such as v2.4.1",
    })
    .optional(),
  password: z
    .string()
    .regex(/^(env|file):/)
    .optional(),
  from: z.string().regex(/^v/).optional(),
  components: z
    .record(
      z.string().regex(/^[a-z]+$/, "expected lower-case letters"),
      z.strictObject({
        steps: z.record(
          z.string(),
          z.strictObject({ run: z.array(z.string()).min(1) }),
        ),
      }),
    )
    .optional(),
  command: z
    .union([
      z.strictObject({ argv: z.array(z.string()) }),
      z.strictObject({ script: z.string() }),
    ])
    .optional(),
  budget: z.union([z.int(), z.string().endsWith("%")]).optional(),
  source: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("file"), path: z.string() }),
      z.strictObject({ kind: z.literal("list") }),
    ])
    .optional(),
});

function faults(value: unknown) {
  const result = schema.safeParse(value);
  if (result.success) throw new Error("the value has no fault");
  return faultsOf(result.error, { schema, value });
}

describe("the faults of an input", () => {
  it.each<[string, unknown, unknown]>([
    [
      "a number below its bound",
      { slots: 0 },
      { path: "slots", found: "0", expected: "a number of at least 1" },
    ],
    [
      "text where a number belongs",
      { slots: "four" },
      { path: "slots", found: '"four"', expected: "a number" },
    ],
    [
      "a fraction where a whole number belongs",
      { slots: 1.5 },
      { path: "slots", found: "1.5", expected: "a whole number" },
    ],
    [
      "a misspelled choice",
      { mode: "exeucte" },
      {
        path: "mode",
        found: '"exeucte"',
        expected: "plan or execute",
        hint: "did you mean execute?",
      },
    ],
    [
      "a rule with words of its own",
      { version: "latest" },
      {
        path: "version",
        found: '"latest"',
        expected: "one exact version",
        hint: "name a tag such as v2.4.1",
      },
    ],
    [
      "a wrong word deep inside",
      { components: { app: { steps: { apply: { run: [7] } } } } },
      {
        path: "components.app.steps.apply.run[0]",
        found: "7",
        expected: "text",
      },
    ],
    [
      "an empty list",
      { components: { app: { steps: { apply: { run: [] } } } } },
      {
        path: "components.app.steps.apply.run",
        found: "an empty list",
        expected: "a list of at least 1 item",
      },
    ],
    [
      "a wrong key of a table",
      { components: { "My App": { steps: {} } } },
      {
        path: 'components["My App"]',
        found: "this key",
        expected: "lower-case letters",
      },
    ],
    [
      "the member of a union that was probably meant",
      { command: { argv: ["true", 1] } },
      { path: "command.argv[1]", found: "1", expected: "text" },
    ],
    [
      "a union none of whose members fits",
      { budget: true },
      { path: "budget", found: "true", expected: "a number or text" },
    ],
    [
      "an unknown kind",
      { source: { kind: "fil" } },
      {
        path: "source.kind",
        found: '"fil"',
        expected: "file or list",
        hint: "did you mean file?",
      },
    ],
    [
      "no object at all",
      undefined,
      { path: "", found: "nothing", expected: "an object" },
    ],
  ])("name %s", (_, value, expected) => {
    expect(faults(value)).toEqual([expected]);
  });

  it("name the known key next to an unknown one, at any depth", () => {
    const value = { slotts: 1, components: { app: { stesp: {}, steps: {} } } };
    expect(faults(value)).toEqual([
      expect.objectContaining({
        path: "components.app.stesp",
        found: "an unknown key",
        expected: "steps",
        hint: "did you mean steps?",
      }),
      expect.objectContaining({ path: "slotts", hint: "did you mean slots?" }),
    ]);
  });

  it("guess nothing when no known key is near", () => {
    expect(faults({ colour: 1 })[0]).not.toHaveProperty("hint");
  });

  it("are all told at once", () => {
    expect(faults({ slots: 0, mode: "x", extra: 1 })).toHaveLength(3);
  });
});

describe("the text of the faults", () => {
  it("hides what may be a secret", () => {
    const [fault] = faults({ password: "hunter2" });
    expect(fault?.found).toBe("text of 7 characters");
    expect(JSON.stringify(fault)).not.toContain("hunter2");
  });

  it("hides the password inside a URL", () => {
    const [fault] = faults({ from: "postgres://app:hunter2@db/app" });
    expect(fault?.found).toBe('"postgres://***@db/app"');
  });

  it("cuts what is too long to read", () => {
    const [fault] = faults({ from: "x".repeat(500) });
    expect(fault?.found.length).toBeLessThan(80);
  });
});

describe("parse", () => {
  const subject = { system: "input", what: "input of fleetUpgrade" } as const;

  it("returns the value with its defaults", () => {
    expect(parse(schema, {}, subject)).toEqual({ slots: 4, mode: "plan" });
  });

  it("throws one error of the closed list that reads line by line", () => {
    const failed = () => parse(schema, { slots: 0, moed: "plan" }, subject);
    expect(failed).toThrow(
      [
        "input of fleetUpgrade has 2 faults:",
        "  slots: found 0, expected a number of at least 1",
        "  moed: found an unknown key, expected slots, mode, version, password, from, components, command, budget or source; did you mean mode?",
        "hint: Correct each line above and start again; nothing has been touched.",
      ].join("\n"),
    );
    expect(failed).toThrow(
      expect.objectContaining({ type: "input.invalid", failureClass: "stop" }),
    );
  });

  it("keeps the error short when thousands of lines are wrong", () => {
    const many = Array.from({ length: 5_000 }, (_, index) => ({
      path: `hosts[${index}]`,
      found: "nothing",
      expected: "an object",
    }));
    const error = describeFaults(many, subject);
    expect(isRunbookError(error)).toBe(true);
    expect(error.message).toContain("has 5000 faults");
    expect(error.message).toContain("and 4900 more");
    expect(error.message.split("\n").length).toBeLessThan(110);
  });
});
