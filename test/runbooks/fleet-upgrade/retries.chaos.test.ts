import { readFileSync, writeFileSync } from "node:fs";
import { parse, stringify } from "yaml";
import type { Configuration } from "../../../activities/configuration/port";
import { retryClasses } from "../../../workflows/retry-classes";
import { type Rig, startRig } from "../../harness/rig";
import { type Handle, startInSkippedTime } from "./window-rig";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ lab: { hosts: 2, pools: 1, service: false } });
}, 60_000);
afterAll(() => rig.stop(), 30_000);

/** A balancer that lets one host go and refuses another, as one that is away for a while would. */
function refuseToDrain(host: string): void {
  const { configFile } = rig.lab;
  const { targets, ...rest } = parse(
    readFileSync(configFile, "utf8"),
  ) as Configuration;
  const drain = ["test", "{{host.id}}", "!=", host];
  const balancer = { command: { drain, undrain: ["true"] } };
  const lab = { ...targets["lab"], balancer };
  writeFileSync(
    configFile,
    stringify({ ...rest, targets: { ...targets, lab } }),
  );
}

/** The attempt that each visit ended with. */
async function lastAttempts(handle: Handle): Promise<number[]> {
  const { events } = await handle.fetchHistory();
  const visits = new Set(
    (events ?? [])
      .filter(
        ({ activityTaskScheduledEventAttributes: scheduled }) =>
          scheduled?.activityType?.name === "visitHost",
      )
      .map(({ eventId }) => String(eventId)),
  );
  return (events ?? []).flatMap(
    ({ activityTaskStartedEventAttributes: started }) =>
      started && visits.has(String(started.scheduledEventId))
        ? [started.attempt ?? 0]
        : [],
  );
}

describe("a host whose failure may pass by itself", () => {
  it("is tried as often as its retry class says, and then set aside with its cause while the others go on", async () => {
    const [bad, good] = rig.lab.hosts;
    if (bad === undefined || good === undefined) throw new Error("no hosts");
    refuseToDrain(bad.id);
    const handle = await startInSkippedTime(rig, {
      slots: 2,
      budget: { failures: 1 },
    });
    const { causes } = await rig.until(
      handle,
      ({ counts }) => counts.quarantined === 1 && counts.upgraded === 1,
    );
    expect(causes).toMatchObject([
      {
        ...{ type: "balancer.commandFailed", step: "balancer-drain" },
        hosts: [bad.id],
      },
    ]);
    const { maximumAttempts } = retryClasses.writes.retry;
    expect((await lastAttempts(handle)).sort((a, b) => a - b)).toEqual([
      1,
      maximumAttempts,
    ]);
    await handle.signal("abort", { by: "ada", reason: "it stays away" });
    const { outcome } = await handle.result();
    expect(outcome).toBe("aborted");
  }, 180_000);
});
