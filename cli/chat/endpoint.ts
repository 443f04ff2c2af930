import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { bytesWithin } from "../../activities/bytes-within";
import { isRunbookError } from "../../activities/errors";
import { withinTime } from "../../activities/time-limit";
import { type Press, pressOf } from "./press";
import { requestFault, SeenRequests } from "./request-signature";

/** What is said to whoever pressed a button, and whether the whole channel shall read it. */
export interface Reply {
  readonly text: string;
  readonly isForAll: boolean;
}

export interface EndpointOptions {
  readonly host: string;
  readonly port: number;
  /** Asked for at each request, since it may rotate. */
  readonly secret: () => Promise<string>;
  /** Origin of the addresses that replies may go to. */
  readonly replies: string;
  /** Never rejects. */
  readonly decide: (press: Press) => Promise<Reply>;
  readonly log: (line: string) => void;
}

export interface Endpoint {
  readonly url: string;
  /** Takes nothing more, and ends when what was taken is decided and told. */
  stop(): Promise<void>;
}

const path = "/slack/actions";

/** A message of 50 blocks comes back whole with each press. */
const mostBytes = 512 * 1_024;
const mostAtOnce = 100;
/** Slack gives up after three seconds; what comes slower than that is not Slack. */
const requestLimitMs = 3_000;
const replyLimitMs = 5_000;

/** Listens for presses of our buttons. What it takes is answered at once, and decided afterwards. */
export async function startEndpoint(
  options: EndpointOptions,
): Promise<Endpoint> {
  const seen = new SeenRequests();
  const work = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const taken = take(request, options, seen, work.size).catch(unreadable);
    void taken.then(({ status, text, press }) => {
      options.log(`${status} ${text}`);
      respond(response, status);
      if (press === undefined) return;
      const done = carryOut(press, options).finally(() => work.delete(done));
      work.add(done);
    });
  });
  server.requestTimeout = requestLimitMs;
  server.headersTimeout = requestLimitMs;
  server.listen(options.port, options.host);
  await once(server, "listening");
  const { address, port } = server.address() as AddressInfo;
  return {
    url: `http://${address.includes(":") ? `[${address}]` : address}:${port}${path}`,
    async stop() {
      server.close();
      server.closeIdleConnections();
      await once(server, "close");
      await Promise.all(work);
    },
  };
}

/** A request that was cut off, or a secret that cannot be read: nothing is taken without both. */
const unreadable = (error: unknown): Taken => ({
  status: 500,
  text: isRunbookError(error) ? error.message : String(error),
});

interface Taken {
  readonly status: number;
  readonly text: string;
  readonly press?: Press;
}

/** Judges a request; only what is Slack's own, new, and a press of one of our buttons goes on. */
async function take(
  request: IncomingMessage,
  { secret, replies }: EndpointOptions,
  seen: SeenRequests,
  atOnce: number,
): Promise<Taken> {
  const { method, headers, url } = request;
  if (url !== path) return { status: 404, text: "no such path" };
  if (method !== "POST") return { status: 405, text: "expected POST" };
  const body = await bodyOf(request);
  if (body === undefined) return { status: 413, text: "too long" };
  const signed = {
    timestamp: String(headers["x-slack-request-timestamp"] ?? ""),
    signature: String(headers["x-slack-signature"] ?? ""),
    body,
  };
  const now = Date.now();
  const fault = requestFault(signed, await secret(), now);
  if (fault !== undefined) return { status: 401, text: fault };
  if (!seen.add(signed, now)) return { status: 409, text: "seen before" };
  const press = pressOf(body, replies);
  if (press === undefined) return { status: 400, text: "no button of ours" };
  if (atOnce >= mostAtOnce) return { status: 503, text: "too many at once" };
  const { user, button } = press;
  const text = `${user} pressed ${button.choice} at gate ${button.gate} of ${button.run}`;
  return { status: 200, text, press };
}

/** Undefined when it is too long; no more of it is read then. @throws when it ends early */
async function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > mostBytes)
    return undefined;
  // Left open, for the answer goes the same way.
  const parts = request.iterator({ destroyOnReturn: false });
  return bytesWithin(mostBytes, parts as AsyncIterable<Buffer>);
}

/** Why a request was refused is for the log; whoever made it learns the status alone. */
function respond(response: ServerResponse, status: number): void {
  // What was not read of a request must not be taken for the next one.
  if (status !== 200) response.setHeader("connection", "close");
  response.writeHead(status).end();
}

async function carryOut(
  press: Press,
  { decide, log }: EndpointOptions,
): Promise<void> {
  const { text, isForAll } = await decide(press);
  log(`${press.user}: ${text.replaceAll("\n", "; ")}`);
  try {
    const answer = await fetch(press.replyTo, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        response_type: isForAll ? "in_channel" : "ephemeral",
        replace_original: false,
        text,
      }),
      redirect: "error",
      signal: withinTime(replyLimitMs),
    });
    if (!answer.ok) log(`${press.user} was not told: HTTP ${answer.status}`);
  } catch (error) {
    log(`${press.user} was not told: ${String(error)}`);
  }
}
