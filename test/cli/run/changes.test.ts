import { changesBetween } from "../../../cli/run/changes";
import type { Live, Observation } from "../../../cli/run/observation";
import { pool } from "../hosts";
import { canary, failed, large, live, observed } from "./observed";

const { live: _, ...withoutLive } = observed;
const silent: Observation = { ...withoutLive, silence: "no worker polls" };
const withLive = (changed: Partial<Live>): Observation => ({
  ...observed,
  live: { ...live, ...changed },
});

describe("the lines of a log", () => {
  it("begin with the step and the numbers", () => {
    expect(changesBetween(undefined, observed)).toEqual([
      "step 4. Upgrade the rest",
      "4 upgraded, 2 in work, 4 waiting; 0 failed of 1 allowed",
    ]);
  });

  it("are none when nothing has changed", () => {
    expect(changesBetween(observed, observed)).toEqual([]);
    expect(changesBetween(silent, silent)).toEqual([]);
  });

  it("tell each twentieth of the fleet, not each host", () => {
    const at = (done: number): Observation =>
      withLive({
        hosts: pool("web", "u".repeat(done) + "w".repeat(400 - done)),
      });
    expect(changesBetween(at(20), at(39))).toEqual([]);
    expect(changesBetween(at(39), at(40))).toHaveLength(1);
  });

  it("tell each failure once", () => {
    const after = withLive({ failures: [failed] });
    expect(changesBetween(observed, after)).toContain(
      "failed: web-5 at restart: app-ctl restart ended with 1 (ssh.nonZeroExit)",
    );
    expect(changesBetween(after, after)).toEqual([]);
  });

  it("tell a question when it opens, when it is asked anew and when it is closed", () => {
    const asked = withLive({ gates: [canary] });
    const anew = withLive({ gates: [{ ...canary, nonce: "canary-9" }] });
    expect(changesBetween(observed, asked).join()).toContain("canary-1a2b");
    expect(changesBetween(asked, asked)).toEqual([]);
    expect(changesBetween(asked, anew).join()).toContain("canary-9");
    expect(changesBetween(anew, observed)).toEqual(["gate canary is closed"]);
  });

  it("tell a silence once, and its end", () => {
    expect(changesBetween(observed, silent)).toEqual([
      "no answer: no worker polls",
    ]);
    expect(changesBetween(silent, observed)[0]).toBe("the run answers again");
  });

  it("tell a cause of new attempts once, on however many hosts it strikes", () => {
    const call = { activity: "visitHost", attempt: 2, message: "lost" };
    const retried = { ...observed, retrying: [call, { ...call, attempt: 5 }] };
    expect(changesBetween(observed, retried)).toEqual([
      "tried again: visitHost, attempt 2: lost",
    ]);
    expect(changesBetween(retried, retried)).toEqual([]);
  });

  it("tell a halt once, and its end; and new causes of a fleet that is not shown host by host", () => {
    const rolling = {
      ...observed,
      live: { ...live, hosts: [], progress: { ...large, causes: [] } },
    };
    const halts = [{ kind: "paused", by: "ada", at: 1 }] as const;
    const paused = {
      ...rolling,
      live: { ...rolling.live, progress: { ...rolling.live.progress, halts } },
    };
    expect(changesBetween(rolling, paused)).toEqual([
      "Halted: paused by ada (at 1970-01-01T00:00:00Z)",
    ]);
    expect(changesBetween(paused, paused)).toEqual([]);
    expect(changesBetween(paused, rolling)).toEqual([
      "nothing halts it any more",
    ]);
    const failing = { ...rolling, live: { ...rolling.live, progress: large } };
    expect(changesBetween(rolling, failing).join()).toContain(
      "failed: web-1, web-2",
    );
  });
});
