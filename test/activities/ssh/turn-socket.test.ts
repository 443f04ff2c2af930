import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { TurnSocket } from "../../../activities/ssh/turn-socket";

describe("a socket that sends by turns", () => {
  it("sends what is written in one turn as one packet, in order, and what comes before its end", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const accepted = once(server, "connection") as Promise<[Socket]>;
    const socket = new TurnSocket();
    socket.setNoDelay(true);
    socket.connect((server.address() as AddressInfo).port, "127.0.0.1");
    await once(socket, "connect");
    const [peer] = await accepted;
    const chunks: string[] = [];
    peer.on("data", (bytes: Buffer) => chunks.push(bytes.toString()));
    for (const word of ["open ", "exec ", "end"]) socket.write(word);
    await once(peer, "data");
    expect(chunks).toEqual(["open exec end"]);
    socket.write("good");
    socket.end("bye");
    await once(peer, "end");
    expect(chunks.slice(1).join("")).toBe("goodbye");
    server.close();
  });
});
