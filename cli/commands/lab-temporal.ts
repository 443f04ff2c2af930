import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveReference } from "../../activities/references";
import type { PostgresAccess } from "../../lab/temporal/cluster-config";
import {
  type AuthenticatedServer,
  startAuthenticatedServer,
} from "../../lab/temporal/authenticated-server";
import { obtainServer } from "../../lab/temporal/server-binaries";
import type { Context, Program } from "../context";
import { cliError } from "../errors";
import { answer } from "../output";

interface TemporalFlags {
  readonly postgres: string;
  readonly password: string;
  readonly user?: readonly string[];
}

/** Half an hour for a small machine; what Go has built is kept. */
const BUILD_LIMIT_MS = 1_800_000;

const example = `
Example:
  $ PGPASSWORD=... runbook lab temporal --postgres postgres@127.0.0.1:5432 --user ada --user bob --user auditor:read`;

/** `runbook lab temporal`: a server that knows its callers, as a production server does. */
export function registerLabTemporal({ root, run }: Program): void {
  const command = root
    .command("temporal")
    .summary("a Temporal server that knows its callers, until Ctrl-C")
    .description(
      "Starts a production server on loopback, on a PostgreSQL of yours: each call needs a token, and the history tells who sent a signal. Built by Go once, which takes minutes.",
    )
    .option(
      "--postgres <user@host:port>",
      "may create databases",
      "postgres@127.0.0.1:5432",
    )
    .option("--password <reference>", "of that user", "env:PGPASSWORD")
    .option(
      "--user <name[:read]>",
      "gets a token; may be repeated; default: operator",
      (one: string, before: readonly string[] = []) => [...before, one],
    )
    .addHelpText("after", example)
    .action((flags: TemporalFlags) =>
      run(command, (context) => serve(context, flags)),
    );
}

/** @throws cli.usage, reference.*, temporal.* */
async function serve(context: Context, flags: TemporalFlags): Promise<void> {
  const users = (flags.user ?? ["operator"]).map(userOf);
  const postgres = {
    ...postgresOf(flags.postgres),
    password: await resolveReference(flags.password, context.env),
  };
  const env = { ...process.env, ...context.env };
  const binaries = await obtainServer(env, BUILD_LIMIT_MS);
  const server = await startAuthenticatedServer({ binaries, postgres, env });
  const folder = await mkdtemp(join(tmpdir(), "temporal-tokens-"));
  try {
    await tell(context, server, users, folder);
    if (!context.interrupted.aborted) await once(context.interrupted, "abort");
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

interface User {
  readonly name: string;
  readonly may: "read" | "write";
}

async function tell(
  context: Context,
  { address, namespace, token }: AuthenticatedServer,
  users: readonly User[],
  folder: string,
): Promise<void> {
  const told = await Promise.all(
    users.map(async ({ name, may }) => {
      const file = join(folder, `${name}.token`);
      await writeFile(file, token(name, [`${namespace}:${may}`]), {
        mode: 0o600,
      });
      const env = {
        TEMPORAL_ADDRESS: address,
        TEMPORAL_NAMESPACE: namespace,
        TEMPORAL_TLS: "false",
        TEMPORAL_API_KEY_FILE: file,
      };
      return { name, may, env };
    }),
  );
  const lines = told.flatMap(({ name, may, env }) => {
    const words = Object.entries(env).map(([key, value]) => `${key}=${value}`);
    return [`${name} (may ${may}):`, `  export ${words.join(" ")}`];
  });
  answer(context, { address, namespace, users: told }, [
    `Temporal at ${address}; Ctrl-C ends it. A worker needs the variables of one who may write.`,
    ...lines,
  ]);
}

/** @throws cli.usage */
function userOf(text: string): User {
  const [, name, may] = /^([\w.@-]+?)(?::(read))?$/.exec(text) ?? [];
  if (name !== undefined)
    return { name, may: may === undefined ? "write" : "read" };
  throw usage(`--user ${text}`, "a name such as ada, or auditor:read");
}

/** @throws cli.usage */
function postgresOf(text: string): Omit<PostgresAccess, "password"> {
  const [, user, host, port] =
    /^([^@\s]+)@([\w.-]+):(\d{1,5})$/.exec(text) ?? [];
  if (user !== undefined && host !== undefined)
    return { user, host, port: Number(port) };
  throw usage(`--postgres ${text}`, "user@host:port");
}

const usage = (seen: string, expected: string) =>
  cliError("usage", {
    ...{ seen, expected },
    facts: { command: "runbook lab temporal" },
  });
