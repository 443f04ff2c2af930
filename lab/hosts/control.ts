import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import { isRunbookError } from "../../activities/errors";
import { parse } from "../../activities/faults";

/** What may be made to happen to one host. */
export const hostEvents = [
  "reset",
  "reboot",
  "vanish",
  "appear",
  "service-start",
  "service-stop",
] as const;
export type HostEvent = (typeof hostEvents)[number];

export interface LabControl {
  readonly status: () => Promise<unknown>;
  readonly hosts: () => unknown;
  readonly setFaults: (texts: readonly string[]) => Promise<void>;
  readonly clearFaults: () => Promise<void>;
  /** Undefined when there is no such host. */
  readonly happen: (
    hostId: string,
    event: HostEvent,
  ) => Promise<void> | undefined;
  readonly stop: () => Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const faultsSchema = z.strictObject({ faults: z.array(z.string()).min(1) });
const MAX_BODY_BYTES = 1024 * 1024;

/** The lab's control API on 127.0.0.1; returns the listening server. */
export async function serveControl(control: LabControl): Promise<Server> {
  const server = createServer((request, response) => {
    void answer(request, control)
      .catch((error: unknown): Answer => {
        const ofCaller = isRunbookError(error) || error instanceof SyntaxError;
        const status = ofCaller ? 400 : 500;
        return { status, body: { error: messageOf(error) } };
      })
      .then((result) => send(response, result));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return server;
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function answer(
  request: IncomingMessage,
  control: LabControl,
): Promise<Answer> {
  // A web page that somebody has open must not be able to reboot hosts.
  if (request.headers.origin !== undefined)
    return { status: 403, body: { error: "not for web pages" } };
  const route = `${request.method ?? "GET"} ${request.url ?? "/"}`;
  const [, hostId, event] =
    /^POST \/hosts\/([^/]+)\/([^/]+)$/.exec(route) ?? [];
  if (hostId !== undefined && isHostEvent(event))
    return happen(control, hostId, event);
  switch (route) {
    case "GET /status":
      return { status: 200, body: await control.status() };
    case "GET /hosts":
      return { status: 200, body: control.hosts() };
    case "POST /faults": {
      const { faults } = parse(faultsSchema, await bodyOf(request), {
        system: "input",
        what: "request",
      });
      await control.setFaults(faults);
      return { status: 200, body: await control.status() };
    }
    case "DELETE /faults":
      await control.clearFaults();
      return { status: 200, body: await control.status() };
    case "POST /stop":
      // Not waited for: the answer would be among what ends.
      setImmediate(() => void control.stop());
      return { status: 202, body: { stopping: true } };
    default:
      return { status: 404, body: { error: `no such route: ${route}` } };
  }
}

async function happen(
  control: LabControl,
  hostId: string,
  event: HostEvent,
): Promise<Answer> {
  const done = control.happen(hostId, event);
  if (done === undefined)
    return { status: 404, body: { error: `no such host: ${hostId}` } };
  if (event === "reboot") {
    // Takes longer than the caller lives, when that is a process of the host.
    done.catch(() => undefined);
    return { status: 202, body: { rebooting: hostId } };
  }
  await done;
  return { status: 200, body: { [event]: hostId } };
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, {
    "content-type": "application/json",
    connection: "close",
  });
  response.end(`${JSON.stringify(body)}\n`);
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new Error("the request is too large");
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown;
}

function isHostEvent(word: string | undefined): word is HostEvent {
  return hostEvents.some((event) => event === word);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
