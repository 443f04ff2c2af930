import { once } from "node:events";
import {
  createSecureServer,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
} from "node:http2";
import type { AddressInfo } from "node:net";
import type { SecureContextOptions, TLSSocket } from "node:tls";

/** What a Temporal server sees of a client before any workflow: enough to judge addresses, keys and certificates. */
export interface TemporalFront {
  readonly address: string;
  /** Headers of every call, oldest first. */
  readonly calls: readonly IncomingHttpHeaders[];
  /** Common names of the client certificates that were shown. */
  readonly clients: readonly string[];
  stop(): Promise<void>;
}

export interface FrontOptions {
  /** gRPC's number for the answer to every call; 0 is success. */
  readonly status?: number;
  /** With it the front asks for a client certificate. */
  readonly tls?: Required<Pick<SecureContextOptions, "key" | "cert" | "ca">>;
}

/** An empty gRPC message. */
const EMPTY = Buffer.alloc(5);

/** Answers every gRPC call on loopback with nothing, or with one failure, and remembers who called. */
export async function startTemporalFront({
  status = 0,
  tls,
}: FrontOptions = {}): Promise<TemporalFront> {
  const calls: IncomingHttpHeaders[] = [];
  const clients: string[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const server =
    tls === undefined
      ? createServer()
      : createSecureServer({
          ...tls,
          requestCert: true,
          rejectUnauthorized: true,
        });
  server.on("session", (session: ServerHttp2Session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
    const { CN } = certificateOf(session);
    if (CN !== undefined) clients.push(CN);
  });
  server.on("stream", (stream, headers) => {
    calls.push(headers);
    const type = { ":status": 200, "content-type": "application/grpc" };
    stream.respond(type, { waitForTrailers: true });
    stream.once("wantTrailers", () =>
      stream.sendTrailers({ "grpc-status": String(status) }),
    );
    stream.end(status === 0 ? EMPTY : undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    for (const session of sessions) session.destroy();
    server.close();
    await once(server, "close");
  };
  return { address: `127.0.0.1:${port}`, calls, clients, stop };
}

function certificateOf(session: ServerHttp2Session): { readonly CN?: string } {
  const socket = session.socket as Partial<TLSSocket>;
  const { CN } = socket.getPeerCertificate?.().subject ?? {};
  return typeof CN === "string" ? { CN } : {};
}
