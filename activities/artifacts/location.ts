import { readFileSync } from "node:fs";
import path from "node:path";
import { expandHome } from "../references";
import { artifactError } from "./errors";

/** Where artifacts are kept, taken apart. */
export type Location =
  | { readonly kind: "folder"; readonly folder: string }
  | ({ readonly kind: "postgres" } & PostgresPlace);

export interface PostgresPlace {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly tls: Tls | false;
  /** For messages: without query, never with a password. */
  readonly shown: string;
}

export interface Tls {
  /** PEM; the system's authorities when absent. */
  readonly ca?: string;
}

const knownParameters = new Set(["host", "user", "sslmode", "sslrootcert"]);
const localHosts = /^(localhost|127(\.\d+){3}|::1|\/.*)$/;

/**
 * Reads a folder, or `postgres://user@host:port/database?sslmode=verify-full&sslrootcert=/ca.pem`, or for a Unix socket
 * `postgres:///database?host=/run/postgresql&user=runbooks`.
 *
 * @throws artifacts.badLocation
 */
export function parseLocation(location: string): Location {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(location) ?? [];
  if (scheme === undefined)
    return { kind: "folder", folder: path.resolve(expandHome(location)) };
  if (scheme === "postgres" || scheme === "postgresql")
    return { kind: "postgres", ...parsePostgres(location) };
  throw badLocation(
    `a location of scheme ${scheme}`,
    "a folder or postgres://...",
  );
}

function parsePostgres(location: string): PostgresPlace {
  const url = parseUrl(location);
  const parameters = url.searchParams;
  const host =
    parameters.get("host") ??
    decodeURIComponent(url.hostname).replace(/^\[(.+)\]$/, "$1");
  const user = parameters.get("user") ?? decodeURIComponent(url.username);
  const database = decodeURIComponent(url.pathname.slice(1));
  if (host === "" || user === "" || database === "")
    throw badLocation(
      "a PostgreSQL location without host, user or database",
      "postgres://user@host/database",
    );
  const port = url.port === "" ? 5432 : Number(url.port);
  const shown = `postgres://${user}@${host}:${port}/${database}`;
  return { host, port, user, database, tls: tlsOf(parameters, host), shown };
}

function parseUrl(location: string): URL {
  if (!URL.canParse(location))
    throw badLocation(
      "a PostgreSQL location that is no URL",
      "postgres://user@host/database, or postgres:///database?host=/socket/folder&user=name",
    );
  const url = new URL(location);
  if (url.password !== "" || url.searchParams.has("password"))
    throw badLocation(
      "a password inside the location",
      "it by reference, env:NAME or file:/path",
    );
  const unknown = [...url.searchParams.keys()].filter(
    (name) => !knownParameters.has(name),
  );
  if (unknown.length > 0)
    throw badLocation(
      `the unknown parameter ${unknown.join(", ")}`,
      [...knownParameters].join(", "),
    );
  return url;
}

/** Off the machine the server proves who it is, unless the location says otherwise. */
function tlsOf(parameters: URLSearchParams, host: string): Tls | false {
  const fallback = localHosts.test(host) ? "disable" : "verify-full";
  const mode = parameters.get("sslmode") ?? fallback;
  if (mode === "disable") return false;
  if (mode !== "verify-full")
    throw badLocation(`sslmode ${mode}`, "verify-full or disable");
  const file = parameters.get("sslrootcert");
  return file === null ? {} : { ca: readCertificate(file) };
}

function readCertificate(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw badLocation(`an unreadable sslrootcert ${file}`, "a PEM file", cause);
  }
}

function badLocation(seen: string, expected: string, cause?: unknown) {
  return artifactError("badLocation", { seen, expected, cause });
}
