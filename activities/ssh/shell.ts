import { sshError } from "./errors";

/** Words that every POSIX shell takes literally without quotes; anything else is quoted. */
const plainWord = /^[A-Za-z0-9_./:@%+,-]+$/;

/** The name of a variable in POSIX sh. */
const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** One word for POSIX sh, never interpreted. @throws ssh.badCommand when it holds NUL, which no argument can carry */
export function quoteWord(word: string): string {
  refuseNul(word, "a word of the command");
  if (plainWord.test(word)) return word;
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command line for POSIX sh that runs exactly these words. @throws ssh.badCommand on NUL */
export function quoteArgv(argv: readonly string[]): string {
  return argv.map(quoteWord).join(" ");
}

/**
 * The same in place of the login shell, which would wait beside it: a process less for each call. Not for what may be a
 * builtin of that shell.
 */
export function programLine(argv: readonly string[]): string {
  return `exec ${quoteArgv(argv)}`;
}

/**
 * One line of plain ASCII that the builtin `printf %b` of every POSIX shell turns back into the same bytes. The line can
 * be read by the builtin `read -r`, so a value travels without any process seeing it as an argument.
 *
 * @throws ssh.badCommand on NUL, which no variable of a shell can hold
 */
export function encodeForPrintf(text: string): string {
  refuseNul(text, "a value for the job");
  let line = "";
  for (const byte of Buffer.from(text, "utf8")) line += encodeByte(byte);
  return line;
}

/** @throws ssh.badCommand for what is not a variable's name in POSIX sh */
export function requireVariableName(name: string): string {
  if (variableName.test(name) && !name.startsWith("_rb_")) return name;
  throw sshError("badCommand", {
    seen: `${JSON.stringify(name)} as the name of an environment variable`,
    expected:
      "letters, digits and underscores, not starting with a digit or _rb_",
  });
}

function encodeByte(byte: number): string {
  if (byte === 0x5c) return "\\\\";
  if (byte === 0x0a) return "\\n";
  if (byte >= 0x20 && byte < 0x7f) return String.fromCharCode(byte);
  return `\\0${byte.toString(8).padStart(3, "0")}`;
}

function refuseNul(text: string, what: string): void {
  if (!text.includes("\0")) return;
  throw sshError("badCommand", {
    seen: `a NUL character in ${what}`,
    expected: "text that a shell can hold",
  });
}
