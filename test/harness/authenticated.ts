import { Client, Connection } from "@temporalio/client";
import {
  type AuthenticatedServer,
  startAuthenticatedServer,
} from "../../lab/temporal/authenticated-server";
import {
  builtServer,
  SERVER_VERSION,
} from "../../lab/temporal/server-binaries";
import { postgresMissing, startPostgres, type TestPostgres } from "./postgres";

/** What this machine lacks for a server that authenticates its callers; undefined when nothing. */
export function authenticatedMissing(): string | undefined {
  return builtServer(process.env) === undefined
    ? `no Temporal server ${SERVER_VERSION} was built here; npm run pretest:server says why`
    : postgresMissing();
}

export interface AuthenticatedRig extends AuthenticatedServer {
  readonly postgres: TestPostgres;
  /** A client with a token of this subject; what it calls itself is a lie. */
  as(subject: string, may?: "read" | "write"): Promise<Client>;
}

/** The production server on a PostgreSQL of its own, up in some four seconds. */
export async function startAuthenticatedRig(): Promise<AuthenticatedRig> {
  const binaries = builtServer(process.env);
  if (binaries === undefined) throw new Error(authenticatedMissing());
  const postgres = await startPostgres();
  const server = await startAuthenticatedServer({
    binaries,
    postgres: { ...postgres, host: "127.0.0.1" },
  }).catch(async (error: unknown) => {
    await postgres.stop();
    throw error;
  });
  const connections: Connection[] = [];
  return {
    ...server,
    postgres,
    async as(subject, may = "write") {
      const { address, namespace } = server;
      const connection = await Connection.connect({
        ...{ address, tls: false },
        apiKey: server.token(subject, [`${namespace}:${may}`]),
      });
      connections.push(connection);
      return new Client({ connection, namespace, identity: "somebody else" });
    },
    async stop() {
      for (const connection of connections) await connection.close();
      await server.stop();
      await postgres.stop();
    },
  };
}
