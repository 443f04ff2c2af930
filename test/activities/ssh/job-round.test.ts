import { JobRound } from "../../../activities/ssh/job-round";
import { sshAccessSchema } from "../../../activities/ssh/port";
import type { Transport } from "../../../activities/ssh/transport";
import { hostSchema } from "../../../activities/inventory/port";

const times = {
  ...{ reconnectMs: 30_000, pauseMs: 200, answerMs: 60_000 },
  ...{ streamAfterMs: 2_000, pollMs: 1_000, graceMs: 10_000 },
};

describe("a round that its caller left", () => {
  it("starts no timer for what its channel still brings", async () => {
    jest.useFakeTimers();
    try {
      const caller = new AbortController();
      const answers: ((text: string) => void)[] = [];
      const transport: Transport = {
        exec: ({ command }, { onStdout }, signal) => {
          const [, nonce = ""] = /runbook run (\w+)/.exec(command) ?? [];
          answers.push((text) => onStdout(Buffer.from(`@${nonce} ${text}\n`)));
          return new Promise((_, reject) => {
            const abort = () => reject(signal?.reason as Error);
            signal?.addEventListener("abort", abort);
          });
        },
        closed: false,
        close: () => undefined,
      };
      const host = hostSchema.parse({ id: "web-1", address: "10.0.0.1" });
      const round = new JobRound(transport, {
        target: { host, access: sshAccessSchema.parse({}) },
        ...{ id: "1", digest: "2", payload: "3", timeoutMs: 3_600_000, times },
        ...{ feed: undefined, frame: undefined },
        signal: caller.signal,
        onHeard: () => undefined,
      });
      const ended = round.end();
      caller.abort(new Error("detached"));
      await expect(ended).rejects.toThrow("detached");
      for (const answer of answers) answer("attached started 0");
      expect(answers).toHaveLength(1);
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});
