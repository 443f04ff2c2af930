import { sleep } from "@temporalio/workflow";
import { durationInWords } from "../../workflows/duration-words";
import { changes, looks, watching } from "./calls";
import { failedBy } from "./failures";
import { dayMs, levels } from "./plan";
import { publish } from "./provision";
import type { EgressRun } from "./run";
import type { Steering } from "./steering";

const lastLevel = levels[levels.length - 1]!;

/** Nothing new is moved by it: the last stage has sent everything but those who stay. */
export async function flip(run: EgressRun, steering: Steering): Promise<void> {
  const { gateways } = run.prepared.plan;
  await run.step("flip", async () => {
    await steering.to(lastLevel);
    const { looks: seen, unseen } = await looks.lookAtGateways({ gateways });
    const wrong = [
      ...unseen.map(({ gateway, seen: why }) => `${gateway}: ${why}`),
      ...seen
        .filter(({ rules }) => rules !== "ours")
        .map(({ gateway, rules }) => `the rules of ${gateway} are ${rules}`),
    ];
    if (wrong.length > 0) throw failedBy("rulesDiffer", wrong.join("; "));
    return publish(run, "retiring");
  });
}

/** Connections end by themselves; nobody's is cut for it. */
export async function drain(run: EgressRun, steering: Steering): Promise<void> {
  const { gateways, settings } = run.prepared.plan;
  await run.step("drain", async () => {
    await steering.to(lastLevel);
    const step = run.state.steps["drain"];
    const since = step?.kind === "running" ? step.since : Date.now();
    const { isDrained, onOld } = await steering.whileAt(lastLevel, () =>
      watching.awaitDrained({
        gateways,
        everyMs: settings.pressure.everyS * 1_000,
        until: since + settings.drainD * dayMs,
      }),
    );
    if (isDrained) return;
    const open = Object.entries(onOld)
      .filter(([, count]) => count > 0)
      .map(([gateway, count]) => `${count} through ${gateway}`);
    const said =
      open.length === 0 ? "not all gateways answer" : open.join(", ");
    throw failedBy(
      "stillUsed",
      `connections are open on old addresses: ${said}`,
    );
  });
}

/** Customers still let the old addresses in: whoever got them would inherit that trust. */
export async function quarantine(
  run: EgressRun,
  steering: Steering,
): Promise<void> {
  const { gateways, settings } = run.prepared.plan;
  await run.step("quarantine", async () => {
    await steering.everything();
    // Whoever marks the drain as done lets go of what is open still.
    const cut = run.state.steps["drain"]?.kind === "marked done";
    await changes.retireGateways({ gateways, cut });
    const step = run.state.steps["quarantine"];
    const since = step?.kind === "running" ? step.since : Date.now();
    const left = since + settings.quarantineD * dayMs - Date.now();
    if (left > 0) await sleep(left, { summary: "quarantine" });
  });
}

/** The point of no return, and the last: nothing brings the old addresses back. */
export async function release(run: EgressRun): Promise<void> {
  const { gateways, settings } = run.prepared.plan;
  const { summary } = run.prepared;
  const decision = await run.ask({
    id: "release",
    title: `${summary}: the old addresses were silent for ${durationInWords(settings.quarantineD * dayMs)}. Release them? Nothing brings them back.`,
    choices: ["release", "roll back"],
  });
  const { choice, by, at } = decision;
  if (choice === "roll back") run.turn({ kind: "rolling back", by, at });
  else run.passPointOfNoReturn("the old addresses are released");
  await run.step("release", async () => {
    await changes.releaseGateways({ gateways });
    return publish(run, "retired");
  });
}
