import { Socket } from "node:net";

/**
 * Sends what is written in one turn of the event loop as one packet. A command's start is three messages and its end two;
 * one by one, each would wake the host's sshd for itself, which costs both sides more than the message does.
 */
export class TurnSocket extends Socket {
  override write(...args: unknown[]): boolean {
    if (this.writableCorked === 0) {
      this.cork();
      setImmediate(() => this.uncork());
    }
    return Reflect.apply(super.write.bind(this), this, args) as boolean;
  }
}
