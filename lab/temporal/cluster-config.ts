import { LOOPBACK } from "./ports";

/** A database server whose user may create databases. */
export interface PostgresAccess {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** With an authorizer the parts of a server need a frontend of their own, which asks nobody for a token. */
export const services = [
  ...["frontend", "internal-frontend", "history", "matching", "worker"],
] as const;

export const databases = {
  default: "temporal",
  visibility: "temporal_visibility",
};

export interface ClusterFacts {
  readonly postgres: PostgresAccess;
  readonly jwksUrl: string;
  /** Two for each service. The first is that of clients. */
  readonly ports: readonly number[];
  /** File of the dynamic configuration. */
  readonly dynamicFile: string;
}

/**
 * A production server's configuration: each call is authorized by its token, `permissions` in it say what it may do
 * (https://docs.temporal.io/self-hosted-guide/security#authorization).
 */
export function clusterConfig(facts: ClusterFacts): object {
  const { ports, jwksUrl, dynamicFile } = facts;
  const current = {
    enabled: true,
    initialFailoverVersion: 1,
    rpcName: "frontend",
    rpcAddress: `${LOOPBACK}:${ports[0]}`,
  };
  return {
    log: { stdout: false, level: "info" },
    persistence: persistence(facts),
    global: {
      membership: { maxJoinDuration: "30s", broadcastAddress: LOOPBACK },
      authorization: {
        jwtKeyProvider: { keySourceURIs: [jwksUrl], refreshInterval: "1m" },
        permissionsClaimName: "permissions",
        authorizer: "default",
        claimMapper: "default",
      },
    },
    services: Object.fromEntries(
      services.map((name, index) => [name, { rpc: rpc(ports, index) }]),
    ),
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: "active",
      currentClusterName: "active",
      clusterInformation: { active: current },
    },
    dcRedirectionPolicy: { policy: "noop" },
    dynamicConfigClient: { filepath: dynamicFile, pollInterval: "60s" },
  };
}

const rpc = (ports: readonly number[], index: number): object => ({
  grpcPort: ports[2 * index],
  membershipPort: ports[2 * index + 1],
  bindOnLocalHost: true,
});

function persistence({ postgres }: ClusterFacts): object {
  const { host, port, user, password } = postgres;
  const sql = (databaseName: string): object => ({
    sql: {
      pluginName: "postgres12",
      ...{ databaseName, user, password },
      connectAddr: `${host}:${port}`,
      connectProtocol: "tcp",
      ...{ maxConns: 20, maxIdleConns: 20, maxConnLifetime: "1h" },
    },
  });
  return {
    numHistoryShards: 1,
    defaultStore: "default",
    visibilityStore: "visibility",
    datastores: {
      default: sql(databases.default),
      visibility: sql(databases.visibility),
    },
  };
}

/** Records on each event who made the call, by the token's subject; off unless a server is told so. */
export const dynamicConfig = {
  "frontend.enablePrincipalPropagation": [{ value: true }],
};
