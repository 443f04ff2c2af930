import { CancellationScope, isCancellation, sleep } from "@temporalio/workflow";
import type {
  AfterStop,
  Stopped,
} from "../../activities/postgres/switchover/port";
import { inBox } from "./calls";
import { courseInBox } from "./plan";
import { orderOf, type SwitchRun } from "./run";

/**
 * From the drain until clients write again. Nobody is asked in here: a step that fails, and the end of the time box, turn
 * the run back by itself, until the standby is promoted; from there on it only goes forward.
 */
export async function switchWithinBox(run: SwitchRun): Promise<Stopped> {
  const { settings } = run.prepared.plan;
  const timeBoxMs = settings.timeBoxS * 1_000;
  const calls = inBox(timeBoxMs);
  const order = orderOf(run);
  const leaveBox = keepTo(run, timeBoxMs);
  await run.step("drain", () =>
    calls.drainClients({ ...order, timeoutMs: settings.drainS * 1_000 }),
  );
  await run.step("checkpoint", () => calls.checkpoint(order));
  const stopped = await run.step("stop", () =>
    calls.stopPrimary({ ...order, timeoutS: settings.timeBoxS }),
  );
  const after = { ...order, stopped };
  await run.step("received", () => calls.proveReceived(after));
  await run.step("fence", () => calls.fencePrimary(after));
  await run.step("promote", () =>
    calls.promote({ ...after, timeoutS: Math.min(60, settings.timeBoxS) }),
  );
  run.passPointOfNoReturn(
    "the standby is promoted; to return, switch over in the other direction",
  );
  leaveBox();
  await leadClients(run, after, timeBoxMs);
  return stopped;
}

async function leadClients(
  run: SwitchRun,
  after: AfterStop,
  timeBoxMs: number,
): Promise<void> {
  const calls = inBox(timeBoxMs);
  await run.step("timeline", () => calls.proveTimeline(after));
  await run.step("resume", () =>
    calls.resumeClients({ ...after, to: "standby" }),
  );
}

/** Turns the run back when its time is over. @returns ends it, once the standby is promoted */
function keepTo(run: SwitchRun, timeBoxMs: number): () => void {
  const scope = new CancellationScope({ cancellable: true });
  const keep = async (): Promise<void> => {
    for (;;) {
      const course = courseInBox(run.state, timeBoxMs, Date.now());
      if (course.kind === "forward only") return;
      if (course.kind === "go back") return turnBack(run, timeBoxMs);
      await sleep(course.leftMs, { summary: "time box" });
    }
  };
  scope.run(keep).catch((error: unknown) => {
    if (!isCancellation(error)) throw error;
  });
  return () => scope.cancel();
}

function turnBack(run: SwitchRun, timeBoxMs: number): void {
  run.turn({
    ...{ kind: "rolling back", by: "the time box", at: Date.now() },
    reason: `the standby was not promoted within ${timeBoxMs / 1_000} s`,
  });
}
