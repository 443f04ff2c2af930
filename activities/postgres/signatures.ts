import type { RunbookError } from "../errors";
import { postgresError, type PostgresFailure } from "./errors";
import { failureByExitCode, failureOfPgBackRest } from "./exit-codes";
import type { Ended, ProgramName, SqlPlace } from "./port";
import { signatures } from "./signature-table";
import { failureByCode } from "./sqlstates";

/** What `pg` throws, and what sockets and TLS throw below it. */
export interface SqlFailure {
  readonly message: string;
  /** SQLSTATE, or Node's code. */
  readonly code?: string | undefined;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
}

export interface ProgramFailure extends Ended {
  readonly program: ProgramName;
  /** The folder that it was to fill; another one in its complaint is a tablespace's. */
  readonly target?: string | undefined;
}

/** Sorts what a server answered, or what kept it from answering, into the closed list. */
export function failureOfSql(
  failure: SqlFailure,
  { address, port }: Pick<SqlPlace, "address" | "port">,
): RunbookError {
  const said = [failure.message, failure.detail].filter(Boolean).join("; ");
  const code = failure.code === undefined ? "" : ` (${failure.code})`;
  return postgresError(kindOfSql(failure), {
    seen: `${address}:${port}: ${said === "" ? "no answer" : said}${code}`,
    cause: failure,
  });
}

/** Sorts how a program ended. What it says decides before its exit code, which is 1 for nearly everything. */
export function failureOfProgram(failure: ProgramFailure): RunbookError {
  const { program, exitCode, stdout, stderr } = failure;
  return postgresError(kindOfProgram(failure), {
    seen: `${program} ended with ${exitCode}: ${tellingLines(`${stdout}\n${stderr}`)}`,
  });
}

/** What the newest complaint in a server's log means; undefined when none of its lines is known. */
export function failureOfLog(
  log: string,
  where: string,
): RunbookError | undefined {
  const lines = log.split("\n");
  for (const line of lines.reverse()) {
    const kind = kindOfText(line);
    if (kind !== undefined)
      return postgresError(kind, { seen: `log of ${where}: ${line.trim()}` });
  }
  return undefined;
}

function kindOfSql({
  code,
  message,
  detail,
  hint,
}: SqlFailure): PostgresFailure {
  const text = [message, detail, hint].filter(Boolean).join("\n");
  return kindOfText(text, code) ?? kindOfCode(code) ?? "unexpected";
}

function kindOfProgram(failure: ProgramFailure): PostgresFailure {
  const { program, exitCode, stdout, stderr, target } = failure;
  const output = `${stdout}\n${stderr}`;
  const kind = kindOfText(output);
  if (program === "pgbackrest" && !(kind && decidesAlone.has(kind)))
    return failureOfPgBackRest[exitCode] ?? kind ?? kindOfEnd(exitCode);
  if (kind === "folderNotEmpty" && isTablespace(output, target))
    return "tablespaceUnmapped";
  return kind ?? failureByExitCode[program]?.[exitCode] ?? kindOfEnd(exitCode);
}

/** What pgBackRest quotes of the system or the server says more than the code of the file operation that met it. */
const decidesAlone: ReadonlySet<PostgresFailure> = new Set([
  "authFailed",
  "diskFull",
  "noHbaEntry",
  "noWalSender",
]);

/** Of any program: not found, not executable, or ended by a signal. */
function kindOfEnd(exitCode: number): PostgresFailure {
  if (exitCode === 127) return "noProgram";
  if (exitCode === 126) return "badPermissions";
  return exitCode > 128 ? "programStopped" : "unexpected";
}

function kindOfText(text: string, code?: string): PostgresFailure | undefined {
  return signatures.find(
    (row) =>
      (code === undefined ||
        row.codes === undefined ||
        row.codes.some((known) => code.startsWith(known))) &&
      row.text.test(text),
  )?.kind;
}

function kindOfCode(code: string | undefined): PostgresFailure | undefined {
  if (code === undefined) return undefined;
  const fitting = Object.keys(failureByCode).filter((known) =>
    code.startsWith(known),
  );
  const [longest] = fitting.sort((one, other) => other.length - one.length);
  return longest === undefined ? undefined : failureByCode[longest];
}

function isTablespace(output: string, target: string | undefined): boolean {
  const folder = /directory "([^"]*)" exists but is not empty/.exec(
    output,
  )?.[1];
  return target !== undefined && folder !== target;
}

const mostLines = 6;
const mostCharacters = 1_000;

/** The first lines that complain, for causes come first; else the last ones. */
function tellingLines(output: string): string {
  const lines = output
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const complaints = lines.filter((line) =>
    /error|fatal|panic|warning|detail|could not|no |not /i.test(line),
  );
  const told =
    complaints.length > 0
      ? complaints.slice(0, mostLines)
      : lines.slice(-mostLines);
  return told.length === 0
    ? "no output"
    : told.join("; ").slice(0, mostCharacters);
}
