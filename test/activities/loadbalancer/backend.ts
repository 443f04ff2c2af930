import { once } from "node:events";
import {
  createServer,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import {
  type AddressInfo,
  connect,
  createServer as listen,
  type Socket,
} from "node:net";
import { pipeline } from "node:stream";
import { createLoadBalancer } from "../../../activities/loadbalancer/client";
import {
  type Balancer,
  type BalancerCall,
  balancerSchema,
  type LoadBalancer,
} from "../../../activities/loadbalancer/port";

/** A server of the backend: healthy or not as told; `/hold` is answered when told. */
export class Site {
  readonly #held: ServerResponse[] = [];
  healthy = true;

  private constructor(
    readonly name: string,
    private readonly server: Server,
  ) {}

  static async start(name: string): Promise<Site> {
    const server = createServer((asked, answer) => {
      if (asked.url === "/health") answer.statusCode = site.healthy ? 200 : 503;
      if (asked.url === "/hold") site.#held.push(answer);
      else answer.end(name);
    });
    const site = new Site(name, server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return site;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get held(): number {
    return this.#held.length;
  }

  release(): void {
    for (const answer of this.#held.splice(0)) answer.end(this.name);
  }

  async stop(): Promise<void> {
    this.release();
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }
}

export interface Got {
  readonly status: number;
  readonly body: string;
  readonly cookie: string | undefined;
}

/** One request on a connection of its own. */
export function get(url: string, cookie?: string): Promise<Got> {
  return new Promise((resolve, reject) => {
    const headers = cookie === undefined ? {} : { cookie };
    const asked = request(url, { agent: false, headers }, (answer) => {
      let body = "";
      answer.on("data", (bytes: Buffer) => (body += bytes.toString()));
      answer.once("end", () =>
        resolve({
          status: answer.statusCode ?? 0,
          body,
          cookie: answer.headers["set-cookie"]?.[0]?.split(";")[0],
        }),
      );
    });
    asked.once("error", reject);
    asked.end();
  });
}

/**
 * In front of a runtime API, the way of one worker to it. Each line of commands goes on once `pass` has resolved, and `answered`
 * hears of it when the API has said all that it has to say.
 */
export async function gateway(
  socket: string,
  pass: (commands: string) => Promise<void>,
  answered: (commands: string) => void = () => undefined,
) {
  const callers = new Set<Socket>();
  const server = listen((caller) => {
    callers.add(caller);
    caller.once("data", (line: Buffer) => {
      const commands = line.toString();
      void pass(commands).then(() => {
        const api = connect(socket, () => api.write(line));
        pipeline(api, caller, () => answered(commands));
      });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    socket: `127.0.0.1:${port}`,
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      for (const caller of callers) caller.destroy();
      await closed;
    },
  };
}

const noReferences = (): Promise<never> =>
  Promise.reject(new Error("no reference is expected"));

/** What a worker has: one client for all of its visits. */
export const oneWorker = (patienceMs?: number): LoadBalancer =>
  createLoadBalancer({
    resolveReference: noReferences,
    ...(patienceMs === undefined ? {} : { patienceMs }),
  });

type HaproxyInput = Record<string, unknown> & { sockets: string[] };

export const behindHaproxy = (input: HaproxyInput): Balancer =>
  balancerSchema.parse({ haproxy: { backend: "app", ...input } });

/** The call of one host's visit, and the lines it reported. */
export function callOf(
  balancer: Balancer,
  hostId: string,
  signal: AbortSignal = new AbortController().signal,
): BalancerCall & { readonly lines: string[] } {
  const lines: string[] = [];
  return {
    balancer,
    hostId,
    values: { "host.id": hostId },
    signal,
    lines,
    report: (line) => lines.push(line),
  };
}
