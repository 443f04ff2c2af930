import {
  type Clock,
  type ReadyRequest,
  untilReady,
} from "../../../activities/host/ready";
import { sshError } from "../../../activities/ssh/errors";
import type { ExecResult } from "../../../activities/ssh/port";

const answer = (exitCode: number, stderr = ""): ExecResult => ({
  ...{ exitCode, stdout: "", stderr, durationMs: 1 },
  ...{ stdoutBytes: 0, stderrBytes: stderr.length },
});
const yes = answer(0);
const no = answer(1, "connecting\n503 from port 8080\n");
/** What the exec of the ssh port throws when a command takes too long. */
const hangs = sshError("timedOut", { seen: "app still ran" });

interface Asked {
  /** How it ended, and at which millisecond. */
  readonly ended: "ready" | Error;
  readonly at: number;
  /** Milliseconds at which the host was asked. */
  readonly looks: readonly number[];
  readonly timeouts: readonly number[];
  readonly told: readonly string[];
}

/** Asks a host that answers by this function of time, on a clock that only waiting moves. */
async function ask(
  answerAt: (ms: number) => ExecResult | Error,
  over: Partial<ReadyRequest> = {},
): Promise<Asked> {
  let at = 0;
  const [looks, timeouts, told]: [number[], number[], string[]] = [[], [], []];
  const request: ReadyRequest = {
    ...{ hostId: "web-1", limitMs: 60_000, holdMs: 5_000, pollMs: 1_000 },
    signal: new AbortController().signal,
    report: (standing) => told.push(standing),
    look: async (timeoutMs) => {
      looks.push(at);
      timeouts.push(timeoutMs);
      const answered = answerAt(at);
      if (!(answered instanceof Error)) return answered;
      if (answered === hangs) at += timeoutMs;
      throw answered;
    },
    ...over,
  };
  const clock: Clock = {
    now: () => at,
    pause: async (ms) => void (at += ms),
  };
  const ended = await untilReady(request, clock).then(
    () => "ready" as const,
    (error: Error) => error,
  );
  return { ended, at, looks, timeouts, told };
}

describe("a host is ready", () => {
  it("at once when nothing has to hold", async () => {
    const { ended, looks } = await ask(() => yes, { holdMs: 0 });
    expect(ended).toBe("ready");
    expect(looks).toEqual([0]);
  });

  it("when it held for the time asked, not before", async () => {
    const { ended, at, looks, told } = await ask(() => yes);
    expect(ended).toBe("ready");
    expect(at).toBe(5_000);
    expect(looks).toEqual([0, 1_000, 2_000, 3_000, 4_000, 5_000]);
    expect(new Set(told)).toEqual(new Set(["ready, holding"]));
  });

  it("only after it held without a gap: one bad answer begins the time anew", async () => {
    const { ended, at } = await ask((ms) => (ms === 3_000 ? no : yes));
    expect(ended).toBe("ready");
    expect(at).toBe(9_000);
  });

  it("also when its time to hold is longer than the limit to become ready", async () => {
    const { ended, at } = await ask(() => yes, {
      ...{ limitMs: 2_000, holdMs: 30_000 },
    });
    expect(ended).toBe("ready");
    expect(at).toBe(30_000);
  });

  it("as soon as it has held, also between two polls", async () => {
    const { looks } = await ask(() => yes, { holdMs: 2_500, pollMs: 2_000 });
    expect(looks).toEqual([0, 2_000, 2_500]);
  });

  it("although a probe hung, which takes a tenth of the limit and no more", async () => {
    const { ended, at } = await ask((ms) => (ms === 0 ? hangs : yes), {
      limitMs: 300_000,
    });
    expect(ended).toBe("ready");
    expect(at).toBe(30_000 + 1_000 + 5_000);
  });
});

describe("a host is not ready", () => {
  it("when it never was within the limit, and the last answer tells why", async () => {
    const { ended, at, told } = await ask(() => no, { limitMs: 10_000 });
    expect(ended).toMatchObject({ type: "host.notReady" });
    expect(String(ended)).toContain(
      "web-1 was not ready for 5 s in a row within 10 s; last answer: exit 1 503 from port 8080",
    );
    expect(at).toBe(10_000);
    expect(new Set(told)).toEqual(new Set(["not ready"]));
  });

  it("when it comes and goes until the limit", async () => {
    const flapping = (ms: number) => (ms % 4_000 === 0 ? no : yes);
    const { ended, at } = await ask(flapping, { limitMs: 10_000 });
    expect(ended).toMatchObject({ type: "host.notReady" });
    expect(at).toBe(12_000);
  });

  it("when every probe hangs", async () => {
    const { ended } = await ask(() => hangs, { limitMs: 30_000 });
    expect(String(ended)).toContain("last answer: none within 10 s");
  });
});

describe("asking whether a host is ready", () => {
  it("ends at once when the link is lost, for the retry to go on", async () => {
    const lost = sshError("connectionLost", { seen: "gone" });
    expect(await ask(() => lost)).toMatchObject({ ended: lost, at: 0 });
  });

  it("ends by the reason of an abort, never by the timer's AbortError", async () => {
    const abort = new AbortController();
    const paused = new Error("paused");
    const ended = untilReady({
      ...{ hostId: "web-1", limitMs: 60_000, holdMs: 0, pollMs: 60_000 },
      signal: abort.signal,
      report: () => setImmediate(() => abort.abort(paused)),
      look: async () => no,
    });
    await expect(ended).rejects.toBe(paused);
  });

  it.each([
    [600_000, 60_000],
    [86_400_000, 60_000],
    [200_000, 20_000],
    [30_000, 10_000],
    [4_000, 4_000],
  ])("with a limit of %i ms gives one probe %i ms", async (limitMs, ms) => {
    const { timeouts } = await ask(() => yes, { limitMs, holdMs: 0 });
    expect(timeouts).toEqual([ms]);
  });
});
