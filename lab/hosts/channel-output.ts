import { Writable } from "node:stream";
import type { ServerChannel } from "ssh2";

/** Both streams of a command, on their way to its channel. */
export interface ChannelOutput {
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Resolves when both have ended and all of them was sent. */
  readonly sent: Promise<unknown>;
}

/** What ssh2 keeps of writes that wait for the client's window, and does not forget when they are done. */
const forgotten = {
  _chunk: undefined,
  _chunkcb: undefined,
  _chunkErr: undefined,
  _chunkcbErr: undefined,
};

/**
 * One write at a time, of either stream, and a clean channel after each. When stderr waits for the window, ssh2 1.17 sends
 * the last stdout that has waited once more instead: the output is wrong, and the channel breaks before it tells the exit.
 */
export function channelOutput(channel: ServerChannel): ChannelOutput {
  let last = Promise.resolve();
  const inTurn = (to: Writable): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        last = last
          .then(() => written(to, chunk))
          .then(() => {
            Object.assign(channel, forgotten);
            done();
          });
      },
    });
  const stdout = inTurn(channel);
  const stderr = inTurn(channel.stderr);
  const ends = [stdout, stderr].map(
    (stream) => new Promise<void>((ended) => stream.once("finish", ended)),
  );
  return { stdout, stderr, sent: Promise.all(ends) };
}

const written = (to: Writable, chunk: Buffer): Promise<void> =>
  new Promise((done) => to.write(chunk, () => done()));
