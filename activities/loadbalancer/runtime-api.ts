import { connect, type NetConnectOpts } from "node:net";
import { StringDecoder } from "node:string_decoder";
import { isRunbookError } from "../errors";
import { pause } from "../ssh/abort";
import { createSemaphore } from "../ssh/semaphore";
import { balancerError } from "./errors";
import { isSocketPath } from "./port";

/** An answer later than this is none; HAProxy answers within milliseconds. */
const answerTimeoutMs = 5_000;
/** A backend of 20,000 servers. */
const maxAnswerBytes = 16 << 20;
/** HAProxy itself takes ten connections of this kind at once, and people want some of them. */
const mostAtOnce = 4;
const betweenTriesMs = 250;

export interface RuntimeApi {
  readonly socket: string;
  /**
   * The answer to commands, which are asked again while nobody listens.
   *
   * @throws balancer.unreachable, .denied, .notUnderstood; the reason of the signal
   */
  ask(commands: readonly string[], signal: AbortSignal): Promise<string>;
}

/**
 * @param socket path of a Unix socket, or `host:port`
 * @param patienceMs how long nobody may listen there
 */
export function runtimeApi(socket: string, patienceMs: number): RuntimeApi {
  const places = createSemaphore();
  return {
    socket,
    async ask(commands, signal) {
      const giveUpAt = Date.now() + patienceMs;
      for (;;) {
        const leave = await places.enter(() => mostAtOnce, signal);
        try {
          return await askOnce(socket, commands, signal);
        } catch (error) {
          const isOver = Date.now() >= giveUpAt;
          if (!isRunbookError(error) || !isPassing(error.type) || isOver)
            throw error;
        } finally {
          leave();
        }
        await pause(betweenTriesMs, signal);
      }
    },
  };
}

const isPassing = (type: string): boolean => type === "balancer.unreachable";

function addressOf(socket: string): NetConnectOpts {
  if (isSocketPath(socket)) return { path: socket };
  const [, host = "", port] = /^(.*):(\d+)$/.exec(socket) ?? [];
  return { host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
}

/** HAProxy answers one line of commands and closes. */
function askOnce(
  socket: string,
  commands: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    const connection = connect(addressOf(socket));
    const decoder = new StringDecoder("utf8");
    let text = "";
    let bytes = 0;
    const fail = (error: Error): void => {
      settle();
      reject(error);
    };
    const onAbort = (): void => fail(signal.reason as Error);
    const timer = setTimeout(
      () =>
        fail(
          unreachable(socket, `no answer within ${answerTimeoutMs / 1_000} s`),
        ),
      answerTimeoutMs,
    );
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      connection.destroy();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) return onAbort();
    connection.once("connect", () =>
      connection.write(`${commands.join(";")}\n`),
    );
    connection.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      text += decoder.write(chunk);
      if (bytes > maxAnswerBytes) fail(tooLarge(socket));
    });
    connection.once("error", (cause) => fail(refusal(socket, cause)));
    connection.once("end", () => {
      settle();
      // Every answer ends with an empty line; what was cut off does not.
      if (text.endsWith("\n")) resolve(text);
      else reject(unreachable(socket, "the answer was cut off"));
    });
  });
}

function refusal(socket: string, cause: NodeJS.ErrnoException): Error {
  const { code = "no code" } = cause;
  if (code !== "EACCES" && code !== "EPERM")
    return unreachable(socket, `cannot connect (${code})`, cause);
  return balancerError("denied", {
    seen: `the worker's user may not open ${socket} (${code})`,
    cause,
  });
}

function unreachable(socket: string, what: string, cause?: unknown): Error {
  return balancerError("unreachable", {
    seen: `HAProxy at ${socket}: ${what}`,
    facts: { socket },
    cause,
  });
}

function tooLarge(socket: string): Error {
  return balancerError("notUnderstood", {
    seen: `${socket} answered more than ${maxAnswerBytes >> 20} MB`,
    facts: { socket },
  });
}
