import type { SshTarget } from "./port";

export interface RemoteCommand {
  /** One line for the login shell of the host. */
  readonly command: string;
  readonly stdin?: string | Buffer;
  /** Instead of `stdin`: taken as fast as the host reads it. */
  readonly input?: AsyncIterable<Buffer>;
  /** On abort, also send TERM to the command (sshd does not pass it on for root); else only the channel is closed. */
  readonly stopOnAbort?: boolean;
}

export interface RemoteStreams {
  readonly onStdout: (chunk: Buffer) => void;
  /** Instead of `onStdout`: the host sends no more than a window ahead of it. */
  readonly sink?: (chunk: Buffer) => Promise<void>;
  readonly onStderr: (chunk: Buffer) => void;
}

export interface RemoteExit {
  readonly exitCode: number;
  readonly signal?: string;
}

/** One authenticated connection to one host. */
export interface Transport {
  /** Runs a command on a channel of its own. @throws ssh.connectionLost when the link dies, AbortError-free: rejects with signal.reason */
  exec(
    command: RemoteCommand,
    streams: RemoteStreams,
    signal?: AbortSignal,
  ): Promise<RemoteExit>;
  /** True from the loss of the connection, or from `close`, on. */
  readonly closed: boolean;
  /** Ends the connection for all who share it; for one that hangs. A visit ends by `Ssh.release`. */
  close(): void;
}

/** Opens a connection, jump hosts included; the host key has been verified when it resolves. @throws ssh.* */
export type Connect = (
  target: SshTarget,
  signal?: AbortSignal,
) => Promise<Transport>;
