import { createServer, connect, type Socket } from "node:net";

/** A TCP relay before a server, whose connections can be cut as a failing network cuts them. */
export interface CutProxy {
  readonly port: number;
  /** Connections made so far. */
  readonly connections: number;
  /** Resets all open connections. New ones are served. */
  cut(): void;
  /** Lets nothing through any more, without telling anybody. */
  silence(): void;
  stop(): Promise<void>;
}

export async function startCutProxy(to: number): Promise<CutProxy> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((near) => {
    connections++;
    const far = connect(to, "127.0.0.1");
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((listening) =>
    server.listen(0, "127.0.0.1", listening),
  );
  const address = server.address();
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: typeof address === "object" && address ? address.port : 0,
    get connections() {
      return connections;
    },
    cut,
    silence() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    async stop() {
      cut();
      await new Promise((closed) => server.close(closed));
    },
  };
}
