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
  /**
   * Does so as soon as the server has said this many things more; each is what it sends at once.
   *
   * @param fresh only what it says on connections that are made from now on counts
   */
  cutAt(words: number, fresh?: boolean): ToCome;
  /** Lets nothing through any more, without telling anybody. */
  silence(): void;
  stop(): Promise<void>;
}

interface ToCome {
  readonly isCut: boolean;
}

interface Armed {
  left: number;
  /** Number of the last connection that does not count. */
  readonly after: number;
  isCut: boolean;
}

export async function startCutProxy(to: {
  readonly address: string;
  readonly port: number;
}): Promise<CutProxy> {
  const sockets = new Set<Socket>();
  const waiting: (() => void)[] = [];
  const armed = new Set<Armed>();
  let connections = 0;
  const cut = () => {
    for (const one of armed) one.isCut = true;
    armed.clear();
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const onWord = (connection: number) => {
    const counting = [...armed].filter(({ after }) => connection > after);
    for (const one of counting) one.left--;
    if (counting.some(({ left }) => left <= 0)) cut();
  };
  const server = createServer((near) => {
    const connection = ++connections;
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
    // Before it is passed on: what the server says then, nobody hears.
    far.on("data", () => onWord(connection));
    near.pipe(far).pipe(near);
  });
  await new Promise<void>((listening) =>
    server.listen(0, "127.0.0.1", listening),
  );
  const address = server.address();
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
    cutAt(words, fresh = false) {
      const one = { left: words, after: fresh ? connections : 0, isCut: false };
      armed.add(one);
      return one;
    },
    silence() {
      for (const socket of sockets) socket.unpipe().pause();
    },
    async stop() {
      cut();
      await new Promise((closed) => server.close(closed));
    },
  };
}
