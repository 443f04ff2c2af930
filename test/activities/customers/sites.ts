import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Customer } from "../../../activities/customers/port";

/** Addresses of a gateway on loopback: the kernel takes any of 127.0.0.0/8 as a source. */
export const addresses = {
  old: ["127.0.0.10"],
  new: ["127.0.0.11", "127.0.0.12"],
} as const;

export type Behaviour = (
  side: "old" | "new",
  response: ServerResponse,
  request: IncomingMessage,
) => void;

export interface Site {
  readonly port: number;
  /** Source and user agent of each request, in their order. */
  readonly requests: readonly {
    readonly source: string;
    readonly agent: string;
    readonly url: string;
  }[];
  stop(): Promise<void>;
}

/** A customer's site, which knows whoever calls by the source address alone. */
export async function startSite(
  address: string,
  behave: Behaviour,
  port = 0,
): Promise<Site> {
  const requests: { source: string; agent: string; url: string }[] = [];
  const server = createServer((request, response) => {
    const source = request.socket.remoteAddress ?? "";
    const agent = request.headers["user-agent"] ?? "";
    requests.push({ source, agent, url: request.url ?? "" });
    const isOld = (addresses.old as readonly string[]).includes(source);
    behave(isOld ? "old" : "new", response, request);
  });
  server.listen(port, address);
  await once(server, "listening");
  const place = server.address();
  return {
    port: typeof place === "object" && place !== null ? place.port : 0,
    requests,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

export const customerAt = (
  id: string,
  port: number,
  ...at: readonly string[]
): Customer => ({
  id,
  url: `http://${id}.example:${port}/health`,
  addresses: at,
});
