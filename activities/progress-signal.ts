import { Context } from "@temporalio/activity";
import { beating } from "./beating";
import type { StepProgress } from "./postgres/port";

/** Signal of the runs that show progress of their steps. */
const progressSignal = "stepProgress";

const oftenMs = 2_000;
const seldomMs = 60_000;
/** So many come often: a short step shows more than its begin and end. */
const oftenTimes = 10;

/** An activity's work that tells how far it is, in its heartbeats and to its run; see `beating`. */
export function beatingWithProgress<T>(
  work: (
    signal: AbortSignal,
    tell: (progress: StepProgress) => void,
  ) => Promise<T>,
  isNews: IsNews = byPercentOrLine,
): Promise<T> {
  let latest: StepProgress | undefined;
  const tellRun = createTeller(isNews);
  return beating(
    (signal) =>
      work(signal, (progress) => {
        latest = progress;
        tellRun(progress, Date.now());
      }),
    () => latest,
  );
}

/**
 * Tells the activity's own run, seldom enough for a history: each message costs three events. A run that cannot be told goes
 * without.
 */
function createTeller(
  isNews: IsNews,
): (progress: StepProgress, now: number) => void {
  const { client, info } = Context.current();
  const workflowId = info.workflowExecution?.workflowId ?? "";
  let last: { at: number; progress: StepProgress } | undefined;
  let told = 0;
  return (progress, now) => {
    if (last !== undefined && !isNews(progress, last.progress)) return;
    const dueMs = told < oftenTimes ? oftenMs : seldomMs;
    if (last !== undefined && now - last.at < dueMs) return;
    last = { at: now, progress };
    told++;
    client.workflow
      .getHandle(workflowId)
      .signal(progressSignal, progress)
      .catch(() => undefined);
  };
}

type IsNews = (now: StepProgress, before: StepProgress) => boolean;

/** For what is looked at for days: its line has figures that never stand still. */
export const byPercent: IsNews = ({ percent = -1 }, { percent: was = -1 }) =>
  Math.abs(percent - was) >= 1;

const byPercentOrLine: IsNews = (now, before) =>
  byPercent(now, before) || now.line !== before.line;
