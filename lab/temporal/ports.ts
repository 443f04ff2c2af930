import { randomInt } from "node:crypto";
import { createServer } from "node:net";

export const LOOPBACK = "127.0.0.1";

/**
 * Below the ports that Linux (32768) and macOS (49152) give to outgoing connections: a server that restarts on its port
 * must not find a client there, least of all one that reconnects and, meeting itself, believes the server to be back.
 */
const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 32_000;

/** A port on loopback that nothing listened on a moment ago; another process may take it first, so be ready to retry. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST_PORT, HIGHEST_PORT);
    if (await isFree(port)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: LOOPBACK, exclusive: true }, () =>
      server.close(() => resolve(true)),
    );
  });
}
