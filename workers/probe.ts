import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { ConnectionSettings } from "./connection-settings";

const PROBE_LIMIT_MS = 1_000;

const plain: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "no such host name",
  EAI_AGAIN: "the host name cannot be looked up now",
  EHOSTUNREACH: "no route to that host",
};

/**
 * Why a server could not be reached, in plain words. gRPC says "deadline" to everything; one bare connection tells a wrong
 * name from a closed port, a silent firewall or a certificate that is not trusted.
 *
 * @param said what gRPC said, for when the bare connection succeeds
 */
export function whyUnreachable(
  settings: Pick<ConnectionSettings, "address" | "tls">,
  said: string,
): Promise<string> {
  const [, host, port] =
    /^\[?([^\]/]+?)\]?:(\d+)$/.exec(settings.address) ?? [];
  if (host === undefined) return Promise.resolve(said);
  return new Promise((resolve) => {
    const socket = open(host, Number(port), settings.tls);
    const settle = (words: string) => {
      socket.destroy();
      resolve(words);
    };
    socket.setTimeout(PROBE_LIMIT_MS, () => settle("no answer from there"));
    socket.once(settings.tls ? "secureConnect" : "connect", () =>
      settle(`something listens there, but: ${said}`),
    );
    socket.once("error", (error: NodeJS.ErrnoException) =>
      settle(plain[error.code ?? ""] ?? error.message),
    );
  });
}

function open(
  host: string,
  port: number,
  tls: ConnectionSettings["tls"],
): Socket {
  if (tls === undefined || tls === false) return connectTcp({ host, port });
  const given = tls === true ? {} : tls;
  const { serverRootCACertificate: ca, clientCertPair: pair } = given;
  return connectTls({
    host,
    port,
    ALPNProtocols: ["h2"],
    ...(given.serverNameOverride && { servername: given.serverNameOverride }),
    ...(ca && { ca: Buffer.from(ca) }),
    ...(pair && { cert: Buffer.from(pair.crt), key: Buffer.from(pair.key) }),
  });
}
