import { once } from "node:events";
import { createServer as createHttpServer, type Server } from "node:http";
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from "node:net";

/** A server of TCP that counts who is connected. */
export interface Target {
  readonly tuple: string;
  open(): number;
  /** Most that were open at once. */
  peak(): number;
  /** All that ever came. */
  accepted(): number;
  /** How many of them ended by a normal close, and how many by a reset. */
  closed(): { readonly normally: number; readonly reset: number };
  stop(): Promise<void>;
}

/** @param welcome what it does with each connection; holds it by default */
export async function startTarget(
  welcome: (socket: Socket) => void = () => undefined,
): Promise<Target> {
  const open = new Set<Socket>();
  let [peak, accepted, normally, reset] = [0, 0, 0, 0];
  const server = createTcpServer((socket) => {
    open.add(socket);
    accepted++;
    peak = Math.max(peak, open.size);
    socket.on("error", () => reset++);
    socket.on("end", () => normally++);
    socket.on("close", () => open.delete(socket));
    socket.resume();
    welcome(socket);
  });
  const tuple = await listening(server);
  return {
    tuple,
    open: () => open.size,
    peak: () => peak,
    accepted: () => accepted,
    closed: () => ({ normally, reset }),
    stop: () => {
      for (const socket of open) socket.destroy();
      return stopped(server);
    },
  };
}

/** A server of HTTP that keeps connections alive and counts them. */
export async function startSite() {
  let connections = 0;
  const server: Server = createHttpServer((_, response) => {
    response.end("well");
  });
  server.keepAliveTimeout = 60_000;
  server.on("connection", () => connections++);
  const tuple = await listening(server);
  return {
    tuple,
    connections: () => connections,
    stop: () => {
      server.closeAllConnections();
      return stopped(server);
    },
  };
}

async function listening(server: TcpServer): Promise<string> {
  server.listen({ host: "127.0.0.1", port: 0, backlog: 4_096 });
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function stopped(server: TcpServer): Promise<void> {
  const closed = once(server, "close");
  server.close();
  await closed;
}
