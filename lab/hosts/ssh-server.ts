import { timingSafeEqual } from "node:crypto";
import { connect, type Socket } from "node:net";
import {
  Server,
  utils,
  type AuthContext,
  type Connection,
  type ParsedKey,
  type Session,
  type TcpipRequestInfo,
} from "ssh2";
import { runCommand, type CommandPlace, type RunningCommand } from "./command";

/** What a lab host's SSH server needs to know; asked anew at each use, because faults change it. */
export interface SshServerOptions {
  readonly hostKey: string;
  readonly user: string;
  /** The one key that opens the host, as authorized_keys holds it. */
  readonly authorizedKey: string;
  /** Whether this attempt shall be turned away although its key is right. */
  readonly refusesAuth: () => boolean;
  /** Makes the host's folder if need be, and says where commands run. */
  readonly place: () => CommandPlace;
  /** Whether a connection may be forwarded there: to the hosts of the lab only. */
  readonly forwards: (address: string, port: number) => boolean;
}

/** The SSH server of one host. It does not listen by itself: it is handed accepted sockets. */
export class SshServer {
  private readonly server: Server;
  private readonly authorized: ParsedKey;
  private readonly sockets = new Set<Socket>();
  private readonly running = new Set<RunningCommand>();

  constructor(private readonly options: SshServerOptions) {
    this.authorized = parseKey(options.authorizedKey);
    this.server = new Server(
      { hostKeys: [options.hostKey], ident: "lab" },
      (connection) => this.serve(connection),
    );
  }

  get connections(): number {
    return this.sockets.size;
  }

  accept(socket: Socket): void {
    socket.setNoDelay(true);
    this.sockets.add(socket);
    socket.once("close", () => this.sockets.delete(socket));
    this.server.injectSocket(socket);
  }

  /** Cuts every connection as a dead link would: no goodbye, and their commands are ended. */
  cut(): void {
    for (const command of this.running) command.hangUp();
    for (const socket of this.sockets) socket.resetAndDestroy();
  }

  private serve(connection: Connection): void {
    const commands = new Set<RunningCommand>();
    connection.on("close", () => {
      for (const command of commands) command.hangUp();
    });
    // A client that goes without a goodbye is no matter for the lab.
    connection.on("error", () => undefined);
    connection.on("authentication", (context) => this.authenticate(context));
    connection.on("session", (accept) => this.serveSession(accept(), commands));
    connection.on("tcpip", (accept, reject, info) => {
      this.forward(info, accept, reject);
    });
  }

  private authenticate(context: AuthContext): void {
    if (
      context.method !== "publickey" ||
      context.username !== this.options.user
    )
      return context.reject(["publickey"]);
    if (!this.isAuthorized(context.key)) return context.reject(["publickey"]);
    // First a client asks whether the key would do, then it proves that it holds it.
    if (context.signature !== undefined && context.blob !== undefined) {
      const proof = this.authorized.verify(
        context.blob,
        context.signature,
        context.hashAlgo,
      );
      if (proof !== true) return context.reject(["publickey"]);
    }
    if (this.options.refusesAuth()) return context.reject(["publickey"]);
    context.accept();
  }

  private isAuthorized(key: {
    readonly algo: string;
    readonly data: Buffer;
  }): boolean {
    const wanted = this.authorized.getPublicSSH();
    return (
      key.algo === this.authorized.type &&
      key.data.length === wanted.length &&
      timingSafeEqual(key.data, wanted)
    );
  }

  private serveSession(session: Session, commands: Set<RunningCommand>): void {
    const env: Record<string, string> = {};
    let running: RunningCommand | undefined;
    session.on("env", (accept, reject, { key, val }) => {
      // As sshd of Debian is set up: what a client may set is little.
      if (!/^(LANG|LC_[A-Z]+|LAB_[A-Z_]+)$/.test(key)) return reject?.();
      env[key] = val;
      accept?.();
    });
    session.on("signal", (accept, _reject, { name }) => {
      running?.signal(name);
      accept?.();
    });
    session.on("exec", (accept, _reject, { command }) => {
      const started = runCommand(command, accept(), this.options.place(), env);
      running = started;
      for (const all of [commands, this.running]) all.add(started);
      void started.ended.then(() => {
        for (const all of [commands, this.running]) all.delete(started);
      });
    });
  }

  private forward(
    { destIP, destPort }: TcpipRequestInfo,
    accept: () => NodeJS.ReadWriteStream,
    reject: () => void,
  ): void {
    if (!this.options.forwards(destIP, destPort)) return reject();
    const target = connect(destPort, destIP);
    target.once("error", reject);
    target.once("connect", () => {
      target.off("error", reject);
      const channel = accept();
      channel.on("error", () => target.destroy());
      channel.on("close", () => target.destroy());
      target.on("error", () => channel.end());
      channel.pipe(target).pipe(channel);
    });
  }
}

function parseKey(text: string): ParsedKey {
  const key = utils.parseKey(text);
  if (key instanceof Error) throw key;
  return key;
}
