import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { withinTime } from "../../activities/time-limit";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

describe("a time limit", () => {
  it("ends what it limits, also when garbage was collected meanwhile", async () => {
    const signal = withinTime(100, new AbortController().signal);
    const ended = once(signal, "abort");
    // What is held weakly is kept until the turn ends that made it.
    await setImmediate();
    collectGarbage();
    await ended;
    expect(signal.reason).toMatchObject({ name: "TimeoutError" });
  }, 10_000);

  it("ends without another signal", async () => {
    const signal = withinTime(10);
    await once(signal, "abort");
    expect(signal.reason).toMatchObject({ name: "TimeoutError" });
  });

  it("ends before its time with the reason of the other signal", () => {
    const other = new AbortController();
    const signal = withinTime(60_000, other.signal);
    other.abort("told to stop");
    expect(signal.reason).toBe("told to stop");
  });
});
