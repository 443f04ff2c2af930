/** Addresses of the Temporal Web UI that lead straight to what a person wants there. */

export interface UiPlace {
  /** Such as `https://temporal.example`, without a slash at its end. */
  readonly base: string;
  readonly namespace: string;
}

/** The Start Workflow form, filled in from a run: it copies that run's input, and nothing else that it was given. */
export function startFormLink(
  place: UiPlace,
  {
    runId,
    workflowType,
    taskQueue,
  }: {
    readonly runId: string;
    readonly workflowType: string;
    readonly taskQueue: string;
  },
): string {
  // No workflow id: the form looks for a run that has all three, and finds none for a new id.
  const query = new URLSearchParams({ runId, workflowType, taskQueue });
  return `${workflowsOf(place)}/start-workflow?${query.toString()}`;
}

export interface View {
  readonly name: string;
  /** As one types it into the list's filter. */
  readonly query: string;
}

/** Gates that a failure opens; the others belong to the procedure. */
const afterFailure = ["failed-hosts", "budget", "progress", "build"];
const running = 'ExecutionStatus = "Running"';
const blocked = afterFailure
  .map((gate) => `RunbookWaiting STARTS_WITH "${gate}"`)
  .join(" OR ");

/** What one looks for, as queries over search attributes: the server answers them without any worker. */
export function savedViews(targets: readonly string[]): View[] {
  return [
    { name: "running", query: `${running} AND RunbookName IS NOT NULL` },
    {
      name: "waiting for a person",
      query: `${running} AND RunbookBlocked = true`,
    },
    { name: "blocked by a failure", query: `${running} AND (${blocked})` },
    { name: "paused", query: `${running} AND RunbookPhase = "paused"` },
    ...targets.map((target) => ({
      name: `target ${target}`,
      query: `RunbookTarget = "${target}"`,
    })),
  ];
}

/** The list of runs under that query; the UI offers to save it as a view. */
export function viewLink(place: UiPlace, { query }: View): string {
  return `${workflowsOf(place)}?query=${encodeURIComponent(query)}`;
}

function workflowsOf({ base, namespace }: UiPlace): string {
  return `${base}/namespaces/${encodeURIComponent(namespace)}/workflows`;
}
