import { constants } from "node:os";
import type { Duplex } from "node:stream";
import { Client, utils, type ClientChannel, type ParsedKey } from "ssh2";
import type { RunbookError } from "../errors";
import type { Environment } from "../references";
import { orAborted, pause } from "./abort";
import {
  createCredentials,
  requireCredentials,
  withTried,
  type Credentials,
} from "./auth";
import {
  connectFailure,
  connectTimeout,
  factsOf,
  forwardFailure,
  lostFailure,
  placeOf,
  type LowError,
  type Stage,
} from "./connect-failures";
import { sshError } from "./errors";
import { hostKeyAlgorithms } from "./host-key-algorithms";
import type { HostKeyPolicy } from "./host-key-policy";
import { typeOfBlob, type HostKey } from "./known-hosts";
import type { SshAccess } from "./port";
import type { Hop } from "./route";
import { createSemaphore, type Leave } from "./semaphore";
import { TurnSocket } from "./turn-socket";
import type {
  RemoteCommand,
  RemoteExit,
  RemoteStreams,
  Transport,
} from "./transport";

/** A connection to one hop: a transport that can also lead on to the next hop. */
export interface Link extends Transport {
  /** A stream to a port as seen from there. @throws ssh.unreachable, ssh.forwardingRefused, ssh.connectionLost */
  forward(address: string, port: number): Promise<Duplex>;
  /** Calls once the connection has ended, for whatever reason; at once when it has. */
  onClosed(listener: () => void): void;
}

export interface LinkRequest {
  readonly hop: Hop;
  readonly access: SshAccess;
  readonly policy: HostKeyPolicy;
  /** The jump host before this hop. */
  readonly via?: Link;
  /** For TCP, key exchange and authentication of this hop. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export type OpenLink = (request: LinkRequest) => Promise<Link>;

/** Opens verified, authenticated connections. This file is the only one that knows the SSH library. */
export function createLinks(env: Environment = process.env): OpenLink {
  const loadCredentials = createCredentials(parsePrivateKey, env);
  return async (request) => {
    const credentials = await loadCredentials(request.access);
    if (!request.policy.endsHere) requireCredentials(credentials, request.hop);
    return openWithKeyOf(request, credentials, []);
  };
}

function parsePrivateKey(text: Buffer, passphrase?: string): ParsedKey {
  const parsed = utils.parseKey(text, passphrase);
  if (parsed instanceof Error) throw parsed;
  // The types promise one key; the library returns a list for some formats.
  const key = Array.isArray(parsed) ? (parsed[0] as ParsedKey) : parsed;
  if (!key.isPrivateKey()) throw new Error("not a private key");
  return key;
}

/** Asks again for a key of another type while the policy allows it. The first refusal is the one that is told. */
async function openWithKeyOf(
  request: LinkRequest,
  credentials: Credentials<ParsedKey>,
  refusedTypes: readonly string[],
): Promise<Link> {
  let refusedType: string | undefined;
  const judge = (key: HostKey): RunbookError | undefined => {
    const refusal = request.policy.judge(key);
    if (refusal?.type === "ssh.hostKeyChanged") refusedType = key.type;
    return refusal;
  };
  const watched = { ...request, policy: { ...request.policy, judge } };
  try {
    return await openOnce(watched, credentials, refusedTypes);
  } catch (error) {
    if (!request.policy.tryOtherTypes || !refusedType) throw error;
    try {
      const refused = [...refusedTypes, refusedType];
      return await openWithKeyOf(request, credentials, refused);
    } catch {
      throw error;
    }
  }
}

async function openOnce(
  request: LinkRequest,
  credentials: Credentials<ParsedKey>,
  refusedTypes: readonly string[],
): Promise<Link> {
  const { hop, via, timeoutMs, signal } = request;
  const client = new Client();
  const deadline = new AbortController();
  let stage: Stage = "opening TCP";
  const timer = setTimeout(
    () => deadline.abort(connectTimeout(stage, hop, timeoutMs)),
    timeoutMs,
  );
  const either = AbortSignal.any([signal, deadline.signal]);
  let stream: Duplex | undefined;
  try {
    stream = via && (await forwardOrAbort(via, hop, either));
    const handshake = { request, credentials, refusedTypes, stream };
    await orAborted(
      shakeHands(client, handshake, (reached) => (stage = reached)),
      either,
    );
    return new Ssh2Link(client, hop);
  } catch (error) {
    client.destroy();
    stream?.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function forwardOrAbort(
  via: Link,
  { address, port }: Hop,
  signal: AbortSignal,
): Promise<Duplex> {
  const forwarded = via.forward(address, port);
  try {
    return await orAborted(forwarded, signal);
  } catch (error) {
    forwarded.then(
      (late) => late.destroy(),
      () => undefined,
    );
    throw error;
  }
}

interface Handshake {
  readonly request: LinkRequest;
  readonly credentials: Credentials<ParsedKey>;
  readonly refusedTypes: readonly string[];
  readonly stream: Duplex | undefined;
}

function shakeHands(
  client: Client,
  { request, credentials, refusedTypes, stream }: Handshake,
  onStage: (stage: Stage) => void,
): Promise<void> {
  const { hop, access, policy } = request;
  return new Promise((resolve, reject) => {
    let stage: Stage = "opening TCP";
    let refusal: RunbookError | undefined;
    const enter = (reached: Stage) => onStage((stage = reached));
    const fail = (error: LowError) => {
      // An agent that is gone is one failed method among others; the library goes on to the next by itself.
      if (error.level === "agent") return;
      const failure = refusal ?? connectFailure(error, stage, hop);
      reject(withTried(failure, hop, credentials));
    };
    client.on("connect", () => {
      client.setNoDelay(true);
      enter("exchanging keys");
    });
    client.on("handshake", () => enter("authenticating"));
    client.on("ready", () => resolve());
    client.on("error", fail);
    client.on("close", () => fail(new Error("no reason given")));
    client.connect({
      sock: stream ?? socketTo(hop),
      username: hop.user,
      readyTimeout: 0,
      keepaliveInterval: access.keepAliveMs,
      keepaliveCountMax: 3,
      algorithms: {
        serverHostKey: hostKeyAlgorithms(policy.preferredTypes, refusedTypes),
      },
      hostVerifier: (blob: Buffer) => {
        refusal = policy.judge({ type: typeOfBlob(blob) ?? "unknown", blob });
        return refusal === undefined;
      },
      authHandler: authMethods(hop.user, credentials),
    });
  });
}

function socketTo({ address, port }: Hop): TurnSocket {
  const socket = new TurnSocket();
  socket.connect(port, address);
  return socket;
}

/** Identities first, as they were named for this; an agent may hold more keys than sshd allows tries. */
function authMethods(username: string, credentials: Credentials<ParsedKey>) {
  const { keys, agent } = credentials;
  return [
    ...keys.map(({ key }) => ({ type: "publickey" as const, username, key })),
    ...(agent === undefined
      ? []
      : [{ type: "agent" as const, username, agent }]),
  ];
}

/** sshd allows ten sessions per connection unless told otherwise (MaxSessions). */
const sessionsPerLink = 8;

class Ssh2Link implements Link {
  closed = false;
  private ended = false;
  private readonly sessions = createSemaphore();
  private readonly listeners: (() => void)[] = [];
  private sessionLimit = sessionsPerLink;
  private hadSession = false;
  private cause: Error | undefined;

  constructor(
    private readonly client: Client,
    private readonly hop: Hop,
  ) {
    client.removeAllListeners("error").removeAllListeners("close");
    client.on("error", (error) => {
      this.cause ??= error;
    });
    client.on("close", () => {
      this.closed = true;
      this.ended = true;
      for (const listener of this.listeners.splice(0)) listener();
    });
  }

  async exec(
    command: RemoteCommand,
    streams: RemoteStreams,
    signal?: AbortSignal,
  ): Promise<RemoteExit> {
    const session = await this.openSession(command, streams, signal);
    const exit = await exitOrAbort(session, command, signal);
    // Without the channel's proper end nobody knows whether all output is here, even if an exit code is.
    if (exit === undefined || this.closed) throw this.lost();
    return exit;
  }

  async forward(address: string, port: number): Promise<Duplex> {
    if (this.closed) throw this.lost();
    return new Promise((resolve, reject) => {
      this.client.forwardOut("127.0.0.1", 0, address, port, (error, stream) => {
        if (!error) resolve(stream);
        else if (this.closed) reject(this.lost());
        else reject(forwardFailure(error, this.hop, { address, port }));
      });
    });
  }

  onClosed(listener: () => void): void {
    if (this.ended) listener();
    else this.listeners.push(listener);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.client.end();
    // A peer that is gone answers no goodbye.
    const timer = setTimeout(() => this.client.destroy(), 1_000).unref();
    this.onClosed(() => clearTimeout(timer));
  }

  /** sshd refuses a session above its MaxSessions: learn its limit, and wait for one of ours to end. */
  private async openSession(
    command: RemoteCommand,
    streams: RemoteStreams,
    signal?: AbortSignal,
  ): Promise<Session> {
    for (let waitMs = 20; ;) {
      const leave = await this.sessions.enter(() => this.sessionLimit, signal);
      try {
        return await this.startSession(command, streams, leave);
      } catch (error) {
        leave();
        if (this.closed) throw this.lost();
        this.sessionLimit = Math.max(1, this.sessions.taken);
        if (this.sessions.taken > 0) continue;
        if (waitMs > 1_000) throw this.sessionRefused(error as LowError);
        // It frees a session a moment after it has told us of the end.
        await pause(waitMs, signal);
        waitMs *= 3;
      }
    }
  }

  private startSession(
    { command, stdin, input }: RemoteCommand,
    streams: RemoteStreams,
    leave: Leave,
  ): Promise<Session> {
    return new Promise((resolve, reject) => {
      if (this.closed) return reject(this.lost());
      this.client.exec(command, (error, channel) => {
        if (error) return reject(error);
        this.hadSession = true;
        channel.once("close", leave);
        // At once: the end of a quick command comes in the same packet as its beginning.
        const exit = exitOf(channel, streams);
        if (input === undefined) {
          resolve({ channel, exit });
          channel.end(stdin);
          return;
        }
        const fed = Promise.all([exit, feed(channel, input)]);
        resolve({ channel, exit: fed.then(([ended]) => ended) });
      });
    });
  }

  private sessionRefused(error: LowError): RunbookError {
    if (this.hadSession) {
      // Commands that we left behind hold its sessions. A new connection starts with none.
      this.close();
      return lostFailure(this.hop, error);
    }
    return sshError("notPermitted", {
      seen: `${placeOf(this.hop)} refuses a session: ${error.message}`,
      facts: { ...factsOf(this.hop), command: "commands" },
      cause: error,
    });
  }

  private lost(): RunbookError {
    return lostFailure(this.hop, this.cause);
  }
}

interface Session {
  readonly channel: ClientChannel;
  /** Undefined when the channel ended without telling how the command did. */
  readonly exit: Promise<RemoteExit | undefined>;
}

/** Until the input ends, or the command does, which need not read it to its end. @throws what the input throws */
async function feed(
  channel: ClientChannel,
  input: AsyncIterable<Buffer>,
): Promise<void> {
  const over = new Promise<undefined>((resolve) =>
    channel.once("close", () => resolve(undefined)),
  );
  const source = input[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([source.next(), over]);
      if (next === undefined || next.done === true) break;
      if (channel.write(next.value)) continue;
      const drained = new Promise((resolve) => channel.once("drain", resolve));
      await Promise.race([drained, over]);
    }
    channel.end();
  } catch (error) {
    channel.close();
    throw error;
  }
}

function exitOf(
  channel: ClientChannel,
  { onStdout, sink, onStderr }: RemoteStreams,
): Promise<RemoteExit | undefined> {
  let exit: RemoteExit | undefined;
  let taken: Promise<void> = Promise.resolve();
  if (sink === undefined) channel.on("data", onStdout);
  else
    channel.on("data", (chunk: Buffer) => {
      channel.pause();
      taken = sink(chunk);
      // What it throws is told at the end.
      const goOn = (): void => void channel.resume();
      taken.then(goOn, goOn);
    });
  channel.stderr.on("data", onStderr);
  channel.on("exit", (code: number | null, name?: string) => {
    exit = exitFrom(code, name);
  });
  // A command may end before it has read its input: that is no failure.
  channel.on("error", () => undefined);
  const ends = [channel, channel.stderr].map(
    (stream) => new Promise<void>((ended) => stream.once("close", ended)),
  );
  return Promise.all(ends)
    .then(() => taken)
    .then(() => exit);
}

async function exitOrAbort(
  { channel, exit }: Session,
  { stopOnAbort = false }: RemoteCommand,
  signal?: AbortSignal,
): Promise<RemoteExit | undefined> {
  try {
    return await orAborted(exit, signal);
  } catch (reason) {
    if (stopOnAbort) channel.signal("TERM");
    channel.close();
    throw reason;
  }
}

function exitFrom(code: number | null, name?: string): RemoteExit {
  if (code !== null || name === undefined) return { exitCode: code ?? 255 };
  const number = constants.signals[name as NodeJS.Signals] ?? 0;
  return { exitCode: 128 + number, signal: name };
}
