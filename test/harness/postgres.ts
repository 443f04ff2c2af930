import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { postgresMissing } from "../../lab/postgres/ground";
import {
  clusterOwner,
  programFolder,
  type Owner,
} from "../../lab/postgres/programs";

export { postgresMissing };

export interface TestPostgres {
  readonly port: number;
  /** Folder of the Unix socket. */
  readonly socketFolder: string;
  readonly user: string;
  readonly password: string;
  /** PEM of the certificate that it shows for `localhost`. */
  readonly certificateFile: string;
  stop(): Promise<void>;
}

const user = "postgres";
const password = "a-password-for-tests-only";

/** A new, empty cluster in a temporary folder on a free port: the real server, from the system's own package. */
export async function startPostgres(): Promise<TestPostgres> {
  const bin = programFolder();
  if (bin === undefined) throw new Error(postgresMissing());
  const folder = mkdtempSync(path.join(tmpdir(), "runbooks-pg-"));
  const owner = clusterOwner();
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  const data = path.join(folder, "data");
  initCluster(bin, folder, data, owner);
  const certificateFile = makeCertificate(folder, owner);
  const port = await freePort();
  const server = spawn(
    "sh",
    [
      "-c",
      guard,
      folder,
      path.join(bin, "postgres"),
      ...serverArguments(folder, data, port),
    ],
    { ...owner, cwd: folder, stdio: ["pipe", "ignore", "pipe"] },
  );
  await readyToAccept(server.stderr);
  return {
    port,
    socketFolder: folder,
    user,
    password,
    certificateFile,
    async stop() {
      const gone = once(server, "exit");
      server.stdin.end();
      await gone;
    },
  };
}

/**
 * Stops the server and removes its folder as soon as our end of stdin is closed: by `stop`, or by the end of a test process
 * that had no time to. Only the server holds stderr, so that its early end is seen there.
 */
const guard = `
exec 3>&2 2>/dev/null
"$@" 2>&3 3>&- </dev/null &
exec 3>&-
cat >/dev/null
kill -INT $!
wait
rm -rf "$0"
`;

function initCluster(
  bin: string,
  folder: string,
  data: string,
  owner: Owner | undefined,
): void {
  const passwordFile = path.join(folder, "password");
  writeFileSync(passwordFile, password);
  const options = ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"];
  execFileSync(
    path.join(bin, "initdb"),
    ["-D", data, "-U", user, `--pwfile=${passwordFile}`, "-N", ...options],
    { ...owner, cwd: folder, stdio: "pipe" },
  );
}

function serverArguments(folder: string, data: string, port: number): string[] {
  const settings = [
    "fsync=off",
    "ssl=on",
    `ssl_cert_file=${folder}/server.crt`,
    `ssl_key_file=${folder}/server.key`,
  ];
  return [
    ...["-D", data, "-k", folder, "-h", "127.0.0.1", "-p", String(port)],
    ...settings.flatMap((setting) => ["-c", setting]),
  ];
}

function makeCertificate(folder: string, owner: Owner | undefined): string {
  const certificate = path.join(folder, "server.crt");
  const request = "req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=test";
  const names = ["-addext", "subjectAltName=DNS:localhost"];
  const files = ["-keyout", path.join(folder, "server.key")];
  execFileSync(
    "openssl",
    [...request.split(" "), ...names, ...files, "-out", certificate],
    { ...owner, cwd: folder, stdio: "pipe" },
  );
  return certificate;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

async function readyToAccept(log: Readable): Promise<void> {
  const seen: string[] = [];
  for await (const line of createInterface(log)) {
    seen.push(line);
    if (line.includes("ready to accept connections")) {
      log.resume();
      return;
    }
  }
  throw new Error(`PostgreSQL did not start:\n${seen.join("\n")}`);
}
