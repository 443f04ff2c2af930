import type { RunbookError } from "../errors";
import { postgresError } from "./errors";
import type { SqlPlace } from "./port";

/** What `pg` throws: a server's error has a SQLSTATE, a broken connection a code of the operating system or none. */
export interface SqlFailure {
  readonly code?: string | undefined;
  readonly message: string;
}

export function failureOfSql(
  { code, message }: SqlFailure,
  { address, port }: Pick<SqlPlace, "address" | "port">,
): RunbookError {
  const isServers = /^[0-9A-Z]{5}$/.test(code ?? "") && !code?.startsWith("08");
  return postgresError(isServers ? "unexpected" : "unreachable", {
    seen: `${address}:${port}: ${message}${isServers ? ` (${code})` : ""}`,
  });
}
