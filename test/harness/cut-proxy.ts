import { createServer, connect, type Socket } from "node:net";

/** A TCP relay before a server, whose connections can be cut as a failing network cuts them. */
export interface CutProxy {
  readonly port: number;
  /** Connections made so far. */
  readonly connections: number;
  /** Resolves when no connection is open. */
  emptied(): Promise<void>;
  /** Resets all open connections. New ones are served. */
  cut(): void;
  /** Lets nothing through any more, without telling anybody. */
  silence(): void;
  stop(): Promise<void>;
}

export async function startCutProxy(to: {
  readonly address: string;
  readonly port: number;
}): Promise<CutProxy> {
  const sockets = new Set<Socket>();
  const waiting: (() => void)[] = [];
  let connections = 0;
  const server = createServer((near) => {
    connections++;
    const far = connect(to.port, to.address);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
        if (sockets.size === 0) for (const done of waiting.splice(0)) done();
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
    emptied: () =>
      new Promise((done) => {
        if (sockets.size === 0) done();
        else waiting.push(done);
      }),
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
