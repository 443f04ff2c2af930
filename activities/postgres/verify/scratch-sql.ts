import type { Row } from "../port";
import { verificationError } from "./errors";
import { said } from "./judged";
import type { Scratch, VerifyOrder } from "./port";
import { serverOf, type VerifyWork } from "./work";

/** Settings of a role or a database would get in the way, for superusers as well. */
export const plainSession: string = [
  "statement_timeout=0",
  "lock_timeout=0",
  "idle_in_transaction_session_timeout=0",
  "session_preload_libraries=",
  "local_preload_libraries=",
]
  .map((setting) => `-c ${setting}`)
  .join(" ");

/** How every client reaches the scratch instance; a database's name is no connection string. */
export const scratchEnv = (
  {
    socketFolder,
    port,
    superuser,
  }: Pick<Scratch, "socketFolder" | "port" | "superuser">,
  database: string,
): Readonly<Record<string, string>> => ({
  PGHOST: socketFolder,
  PGPORT: String(port),
  PGUSER: superuser,
  PGDATABASE: database,
  PGOPTIONS: plainSession,
});

export interface ScratchQuestion {
  readonly database: string;
  /** One statement that returns rows; numbers beyond 2^53 as text. */
  readonly query: string;
  /** Statements before it. */
  readonly settings?: readonly string[];
  readonly timeoutMs: number;
}

export type Answer<T> =
  | { readonly rows: readonly T[] }
  /** What the server said instead. */
  | { readonly error: string };

/** Asks the scratch instance by psql on its host. @throws verification.noScratch when nobody answers, ssh.* */
export async function askScratch<T extends Row>(
  { deps, signal }: VerifyWork,
  order: Pick<VerifyOrder, "replica" | "major" | "backup">,
  scratch: Scratch,
  { database, query, settings = [], timeoutMs }: ScratchQuestion,
): Promise<Answer<T>> {
  const ended = await deps.programs.run(serverOf(order), {
    argv: ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-f", "-"],
    env: scratchEnv(scratch, database),
    stdin: [...settings, asJson(query)].map((line) => `${line};\n`).join(""),
    ...{ timeoutMs, signal },
  });
  assertThere(ended.stderr, scratch, order.replica.id);
  if (ended.exitCode !== 0) return { error: said(ended.stderr) };
  return { rows: readRows<T>(ended.stdout) };
}

export const asJson = (query: string): string =>
  `select coalesce(json_agg(answer), '[]') from (${query}) as answer`;

/** @throws SyntaxError for what is not one JSON array */
function readRows<T>(stdout: string): readonly T[] {
  const rows: unknown = JSON.parse(stdout);
  if (!Array.isArray(rows)) throw new SyntaxError("no array");
  return rows as T[];
}

/** A tool that reached no server has found nothing. @throws verification.noScratch */
export function assertThere(
  text: string,
  { path }: Pick<Scratch, "path">,
  host: string,
): void {
  if (
    !/connection to server on socket .* failed|could not connect to server/.test(
      text,
    )
  )
    return;
  throw verificationError("noScratch", {
    seen: `the scratch instance ${path} on ${host} does not answer: ${said(text, 2)}`,
  });
}
