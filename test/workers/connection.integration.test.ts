import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectClient, connectNative } from "../../workers/connection";
import { runChild } from "../harness/child";
import { describeWhen } from "../harness/describe-when";
import { startTestServer, type TestServer } from "../harness/temporal";
import {
  startTemporalFront,
  type FrontOptions,
  type TemporalFront,
} from "../harness/temporal-front";

jest.setTimeout(180_000);

/** Both kinds of connection take the same settings. */
const kinds = [
  [
    "a client",
    async (env: NodeJS.ProcessEnv, timeoutMs = 5_000) => {
      const { connection } = await connectClient(env, { timeoutMs });
      await connection.close();
    },
  ],
  [
    "a worker's connection",
    async (env: NodeJS.ProcessEnv, timeoutMs = 5_000) => {
      const connection = await connectNative(env, { timeoutMs });
      await connection.close();
    },
  ],
] as const;

let folder: string;
let fronts: TemporalFront[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "connection-"));
  fronts = [];
});

afterEach(async () => {
  for (const front of fronts) await front.stop();
  rmSync(folder, { recursive: true });
});

describe("a real server", () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startTestServer();
  }, 300_000);

  afterAll(() => server.stop());

  test("is reached by variables and by a profile", async () => {
    const file = write(
      "profiles.toml",
      `[profile.lab]\naddress = "${server.address}"\nnamespace = "default"\n`,
    );
    for (const env of [
      { TEMPORAL_ADDRESS: server.address },
      { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: "lab" },
    ]) {
      const client = await connectClient({ HOME: folder, ...env });
      expect((await client.workflow.count()).count).toBe(0);
      await client.connection.close();
    }
  });
});

describe.each(kinds)("%s", (_, connect) => {
  test("carries the API key of a file", async () => {
    const front = await start();
    await connect({
      TEMPORAL_ADDRESS: front.address,
      TEMPORAL_API_KEY_FILE: write("key", "s3cret\n"),
      TEMPORAL_TLS: "false",
    });
    expect(front.calls[0]?.["authorization"]).toBe("Bearer s3cret");
  });

  test("that is refused says so, and what to check", async () => {
    const front = await start({ status: 16 });
    await expect(
      connect({
        TEMPORAL_ADDRESS: front.address,
        TEMPORAL_NAMESPACE: "infra",
      }),
    ).rejects.toMatchObject({
      type: "temporal.refused",
      failureClass: "human",
      hint: "Check the API key (TEMPORAL_API_KEY_FILE) or the client certificate, and what they may do in namespace infra.",
    });
  });

  test("that finds nothing there says so, in time", async () => {
    const address = await closedAddress();
    const began = Date.now();
    await expect(
      connect({ TEMPORAL_ADDRESS: address }, 500),
    ).rejects.toMatchObject({
      type: "temporal.unreachable",
      failureClass: "retry",
      seen: `no Temporal server answered at ${address}: nothing listens there`,
      hint: expect.stringContaining("start a server with: runbook dev"),
    });
    expect(Date.now() - began).toBeLessThan(3_000);
  });

  test("of a name that does not exist says so", async () => {
    await expect(
      connect({ TEMPORAL_ADDRESS: "temporal.invalid:7233" }, 500),
    ).rejects.toMatchObject({
      seen: expect.stringMatching(/no such host name|cannot be looked up/),
    });
  });
});

test("a process that meets silence says so, and ends", async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket));
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  const address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const script = require.resolve("./connection-child");
  const child = runChild(script, [], { TEMPORAL_ADDRESS: address });
  for (let tries = 0; tries < 2; tries += 1)
    expect(await child.line()).toContain(
      `no Temporal server answered at ${address}: something listens there, but: `,
    );
  // An attempt that was not given up would keep it alive for ever.
  await once(child.process, "exit");
  for (const socket of sockets) socket.destroy();
  silent.close();
});

const openssl = missingOpenssl();
describeWhen(openssl)("mutual TLS", () => {
  test.each(kinds)("%s shows its certificate", async (_, connect) => {
    const { env, tls } = makeCertificates();
    const front = await start({ tls });
    await connect({ TEMPORAL_ADDRESS: front.address, ...env });
    expect(front.clients).toContain("worker-7");
  });

  test.each(kinds)("%s does not trust another CA", async (_, connect) => {
    const { env, tls } = makeCertificates();
    const front = await start({ tls });
    const other = makeCertificates("other-");
    await expect(
      connect(
        {
          TEMPORAL_ADDRESS: front.address,
          ...env,
          TEMPORAL_TLS_SERVER_CA_CERT_PATH: other.ca,
        },
        500,
      ),
    ).rejects.toMatchObject({
      type: "temporal.unreachable",
      seen: expect.stringMatching(/: .*certificate/),
    });
    expect(front.calls).toEqual([]);
  });
});

async function start(options: FrontOptions = {}): Promise<TemporalFront> {
  const front = await startTemporalFront(options);
  fronts.push(front);
  return front;
}

async function closedAddress(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `127.0.0.1:${port}`;
}

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** A CA of its own, a certificate of 127.0.0.1 and one of a worker. */
function makeCertificates(prefix = "") {
  const at = (name: string) => join(folder, `${prefix}${name}`);
  const openssl = (line: string) =>
    execFileSync("openssl", line.split(" "), { stdio: "pipe" });
  const newKey = (name: string) =>
    `-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${at(`${name}.key`)} -out ${at(`${name}.pem`)} -days 2 -subj /CN=`;
  openssl(`req -x509 ${newKey("ca")}lab-ca`);
  const signed = `-CA ${at("ca.pem")} -CAkey ${at("ca.key")} -addext`;
  openssl(
    `req -x509 ${newKey("server")}temporal ${signed} subjectAltName=IP:127.0.0.1 -addext basicConstraints=CA:FALSE`,
  );
  openssl(
    `req -x509 ${newKey("client")}worker-7 ${signed} basicConstraints=CA:FALSE`,
  );
  const read = (name: string) => readFileSync(at(name));
  return {
    ca: at("ca.pem"),
    tls: {
      key: read("server.key"),
      cert: read("server.pem"),
      ca: read("ca.pem"),
    },
    env: {
      TEMPORAL_TLS_CLIENT_CERT_PATH: at("client.pem"),
      TEMPORAL_TLS_CLIENT_KEY_PATH: at("client.key"),
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: at("ca.pem"),
    },
  };
}

function missingOpenssl(): string | undefined {
  try {
    const said = execFileSync("openssl", ["version"], { encoding: "utf8" });
    // `req -CA` came with 3.0; macOS ships LibreSSL.
    return /^OpenSSL [3-9]/.test(said)
      ? undefined
      : `OpenSSL 3 is needed, here is ${said.trim()}`;
  } catch {
    return "no openssl here; install it";
  }
}
