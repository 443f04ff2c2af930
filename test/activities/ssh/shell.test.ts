import { execFileSync } from "node:child_process";
import fc from "fast-check";
import {
  encodeForPrintf,
  quoteArgv,
  quoteWord,
  requireVariableName,
} from "../../../activities/ssh/shell";
import { shellsHere } from "./job-local-host";

/** Text as it may come from an input: any Unicode, and what shells find special, without NUL. */
const text = fc
  .oneof(
    fc.string({ unit: "binary" }),
    fc.string({
      unit: fc.constantFrom(..."'\"\\$`!*?~#&|;<>(){}[]=-% \t\n\r"),
    }),
  )
  .map((value) => value.replaceAll("\0", ""));

describe.each(shellsHere())("read by %s", (shell) => {
  const run = (script: string, input = ""): string => {
    const [program = "", ...args] = shell.split(" ");
    return execFileSync(program, [...args, "-c", script], { input }).toString();
  };
  /** What sh saw of a value: its bytes in hex, so that nothing is lost on the way back. */
  const asSeen = (value: string): string =>
    Buffer.from(value, "utf8").toString("hex");
  const hex = "od -An -v -tx1 | tr -d ' \\n'; echo";

  test("a quoted command line holds exactly its words", () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 8 }), (argv) => {
        const line = quoteArgv(argv);
        const script = `set -- ${line}; for w; do printf %s "$w" | ${hex}; done`;
        const seen = run(script).split("\n").slice(0, -1);
        expect(seen).toEqual(argv.map(asSeen));
      }),
      { numRuns: 60 },
    );
  });

  test("an encoded value comes out of builtins as it went in", () => {
    fc.assert(
      fc.property(text, (value) => {
        const script = `IFS= read -r line; v=$(printf '%bx' "$line"); v=\${v%x}; export v; printenv v | ${hex}`;
        const seen = run(script, `${encodeForPrintf(value)}\n`).trim();
        expect(seen).toBe(asSeen(`${value}\n`));
      }),
      { numRuns: 60 },
    );
  });

  test("every byte that UTF-8 uses survives quoting and encoding", () => {
    const value = Array.from({ length: 0x0fff }, (_, i) =>
      String.fromCodePoint(i + 1),
    ).join("");
    const quoted = run(`printf %s ${quoteWord(value)} | ${hex}`).trim();
    expect(quoted).toBe(asSeen(value));
    const decode = `IFS= read -r line; printf %b "$line" | ${hex}`;
    const decoded = run(decode, `${encodeForPrintf(value)}\n`).trim();
    expect(decoded).toBe(asSeen(value));
  });
});

test("plain words stay readable", () => {
  expect(quoteArgv(["apt-get", "install", "-y", "app=1.2", "it's", ""])).toBe(
    "apt-get install -y 'app=1.2' 'it'\\''s' ''",
  );
});

test("an encoded value is one line of printable ASCII", () => {
  fc.assert(
    fc.property(text, (value) => {
      expect(encodeForPrintf(value)).toMatch(/^[\x20-\x7e]*$/);
    }),
  );
});

test("NUL is refused, as no argument and no variable can hold it", () => {
  const refusal = expect.objectContaining({ type: "ssh.badCommand" });
  expect(() => quoteArgv(["echo", "a\0b"])).toThrow(refusal);
  expect(() => encodeForPrintf("a\0b")).toThrow(refusal);
});

test.each(["", "1A", "A-B", "A B", "É", "_rb_value", "A\n"])(
  "%j is refused as a variable's name",
  (name) => {
    expect(() => requireVariableName(name)).toThrow(
      expect.objectContaining({ type: "ssh.badCommand" }),
    );
  },
);
