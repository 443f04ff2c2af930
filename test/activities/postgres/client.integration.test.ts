import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createSql } from "../../../activities/postgres/client";

describe("a login at a server that does not answer", () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => undefined).resume();
  });
  beforeAll(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterAll(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  const ask = (signal: AbortSignal) => {
    const { port } = server.address() as AddressInfo;
    const place = {
      ...{ address: "127.0.0.1", port, user: "u", database: "d" },
      tls: { mode: "disable" as const },
    };
    return createSql().query(
      place,
      { applicationName: "rb_test", signal },
      "select 1",
    );
  };

  it("is given up at once when its run stops it, or a worker could never stop", async () => {
    const stopping = new AbortController();
    const connected = once(server, "connection");
    const asked = ask(stopping.signal);
    await connected;
    stopping.abort(new Error("the run has stopped it"));
    await expect(asked).rejects.toThrow("the run has stopped it");
  }, 8_000);

  it("is not even begun when it was stopped before", async () => {
    const before = sockets.length;
    const stopped = AbortSignal.abort(new Error("stopped before"));
    await expect(ask(stopped)).rejects.toThrow("stopped before");
    expect(sockets).toHaveLength(before);
  });
});
