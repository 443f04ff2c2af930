import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Context } from "@temporalio/activity";
import { ApplicationFailure } from "@temporalio/common";
import type { WorkflowHandle } from "@temporalio/client";
import { openArtifacts } from "../../../activities/artifacts/client";
import type { ArtifactRef } from "../../../activities/artifacts/port";
import type { CalendarState } from "../../../activities/calendar/port";
import { createFreezeActivities } from "../../../activities/freeze/activities";
import {
  type FreezeOrder,
  freezesType,
  type Watcher,
} from "../../../activities/freeze/port";
import { lockType } from "../../../activities/lock/port";
import { watchersQuery } from "../../../workflows/freeze/messages";
import { locksQuery } from "../../../workflows/lock/messages";
import type { LockTable } from "../../../workflows/lock/state";
import { createLedgerActivities } from "../../../activities/ledger/activities";
import { createLockActivities } from "../../../activities/lock/activities";
import { createRuns } from "../../../activities/runs/client";
import type { ControlName } from "../../../workflows/controls/messages";
import type { Answer, OpenGate } from "../../../workflows/gate/gate";
import { decide, gatesQuery } from "../../../workflows/gate/messages";
import {
  procedureQuery,
  stepProgress,
} from "../../../workflows/procedure/messages";
import type {
  ProcedureProgress,
  StepStanding,
} from "../../../workflows/procedure/progress";
import type { ProcedureReport } from "../../../workflows/procedure/report";
import { createReportingActivities } from "../../../workflows/procedure/reporting";
import type {
  Finding,
  Milestone,
  PreparedProcedure,
} from "../../../workflows/procedure/spec";
import { calendarChanged } from "../../../workflows/window/messages";
import { eventually } from "../../harness/eventually";
import {
  startSkipping,
  startTestServer,
  type TestServer,
  uniqueId,
} from "../../harness/temporal";
import type {
  freezes,
  lock,
  trial,
  TrialActivities,
  TrialCall,
  TrialInput,
} from "./workflows";

/** What the work of a step does. */
export type Deed =
  | "ends"
  | "fails"
  | "hangs"
  | "fails when stopped"
  /** Told to stop, it takes until it is released. */
  | "stops slowly";

export type TrialHandle = WorkflowHandle<typeof trial>;

/** A real server, the keepers, and a procedure whose steps do what the test says. */
export class ProcedureRig {
  /** By id of the step, attempt after attempt; what is not said ends well. */
  deeds: Record<string, Deed[]> = {};
  /** Every call of a step's work, and how it ended: `copy 1.1`, `copy 1.1 stopped`. */
  calls: string[] = [];
  /** As the calendars say; a test edits it and tells the run. */
  calendar: Partial<CalendarState> = {};
  /** Overrides `calendar` where it matters when. */
  calendarAt: ((at: number) => Partial<CalendarState>) | undefined;
  /** In Markdown, and in JSON. */
  reports: string[] = [];
  documents: string[] = [];
  target = uniqueId("t");
  #findings: Finding[] = [];
  #released = new Set<string>();
  #started: TrialHandle[] = [];
  #stopWorker: () => Promise<void> = () => Promise.resolve();

  readonly #artifacts: ReturnType<typeof openArtifacts>;

  private constructor(
    readonly server: TestServer,
    readonly taskQueue: string,
    private readonly folder: string,
  ) {
    this.#artifacts = openArtifacts({ location: folder });
  }

  static async start(suggestedEvents?: number): Promise<ProcedureRig> {
    const server = await startTestServer({ suggestedEvents });
    const folder = await mkdtemp(join(tmpdir(), "procedure-rig-"));
    const rig = new ProcedureRig(server, uniqueId("procedure"), folder);
    await rig.startWorker();
    return rig;
  }

  async startWorker(): Promise<void> {
    const worker = await this.server.worker({
      taskQueue: this.taskQueue,
      workflowsPath: join(__dirname, "workflows"),
      activities: this.#activities(),
      shutdownForceTime: "500 milliseconds",
      // A cancel reaches a step by its heartbeats.
      maxHeartbeatThrottleInterval: "200 milliseconds",
    });
    const running = worker.run();
    this.#stopWorker = async () => {
      worker.shutdown();
      await running;
    };
  }

  stopWorker(): Promise<void> {
    return this.#stopWorker();
  }

  /** @param clock `still` until the test moves it, or skipping whatever nobody works in */
  async run(
    input: TrialInput = {},
    clock: "real" | "still" | "skipping" = "real",
  ): Promise<TrialHandle> {
    const workflowId = `trial:${this.target}:${uniqueId("c")}`;
    const { taskQueue } = this;
    const args: [TrialInput] = [input];
    const start = { taskQueue, workflowId, args };
    const { client } = this.server;
    const skipping = clock === "still" ? { fastForwardMs: 1 } : {};
    const handle =
      clock === "real"
        ? await client.workflow.start<typeof trial>("trial", start)
        : await startSkipping<typeof trial>(
            ...([client, "trial", start, skipping] as const),
          );
    this.#started.push(handle);
    return handle;
  }

  /** Ends what a test has left, and forgets what it said. */
  async reset(): Promise<void> {
    for (const handle of this.#started.splice(0))
      await handle.terminate().catch(() => undefined);
    this.deeds = {};
    this.calls = [];
    this.calendar = {};
    this.calendarAt = undefined;
    this.reports = [];
    this.documents = [];
    this.target = uniqueId("t");
    this.#findings = [];
    this.#released = new Set();
  }

  /** Lets a step that hangs end well. */
  release(step: string): void {
    this.#released.add(step);
  }

  find(finding: Finding): void {
    this.#findings.push(finding);
  }

  async editCalendar(
    handle: TrialHandle,
    calendar: Partial<CalendarState>,
  ): Promise<void> {
    this.calendar = calendar;
    await handle.signal(calendarChanged);
  }

  /** As the activity of the step does. */
  tell(handle: TrialHandle, step: string, etaMs: number): Promise<void> {
    return handle.signal(stepProgress, { step, etaMs, line: "works" });
  }

  /** A freeze of the trial's target. */
  freeze(id: string, rest: Partial<FreezeOrder> = {}): Promise<unknown> {
    const order = { id, scope: this.target, by: "ada", reason: "sale" };
    return this.#tellFreezes("freeze", { ...order, ...rest });
  }

  lift(id: string): Promise<unknown> {
    return this.#tellFreezes("unfreeze", { id, by: "ada" });
  }

  #tellFreezes(name: string, payload: unknown): Promise<unknown> {
    const entity = { workflowType: freezesType, workflowId: freezesType };
    const { taskQueue } = this;
    const runs = createRuns(() => this.server.client);
    return runs.tell({ ...entity, taskQueue }, name, payload);
  }

  /** Who holds and who waits for what of the trial's target. */
  locks(): Promise<LockTable> {
    const { workflow } = this.server.client;
    const id = `${lockType}:${this.target}`;
    return workflow.getHandle<typeof lock>(id).query(locksQuery);
  }

  /** Runs that hear of freezes. */
  watchers(): Promise<readonly Watcher[]> {
    const { workflow } = this.server.client;
    return workflow.getHandle<typeof freezes>(freezesType).query(watchersQuery);
  }

  /** Of the last report. */
  milestones(kind: Milestone["kind"]): readonly Milestone[] {
    return this.#lastReport().milestones.filter((one) => one.kind === kind);
  }

  /** Of the last report: whatever was said and not taken. */
  refused(): ProcedureReport["refused"] {
    return this.#lastReport().refused;
  }

  #lastReport(): ProcedureReport {
    return JSON.parse(this.documents.at(-1) ?? "{}") as ProcedureReport;
  }

  until(
    handle: TrialHandle,
    question: (progress: ProcedureProgress) => boolean,
  ): Promise<ProcedureProgress> {
    return eventually(async () => {
      const progress = await handle.query(procedureQuery);
      return progress !== undefined && question(progress)
        ? progress
        : undefined;
    });
  }

  untilStep(handle: TrialHandle, id: string, standing: StepStanding) {
    return this.until(handle, ({ steps }) =>
      steps.some((one) => one.id === id && one.standing === standing),
    );
  }

  untilCalled(call: string): Promise<true> {
    return eventually(async () => this.calls.includes(call) || undefined);
  }

  say(
    handle: TrialHandle,
    control: ControlName,
    rest: object = {},
  ): Promise<string> {
    const told = { by: "ada", reason: "a graph looks odd", ...rest };
    const args: [object] = [told];
    return handle.executeUpdate<string, [object]>(control, { args });
  }

  /** @param after the nonce of a former asking */
  gate(handle: TrialHandle, id: string, after?: string): Promise<OpenGate> {
    return eventually(async () =>
      (await handle.query(gatesQuery)).find(
        (gate) => gate.id === id && gate.nonce !== after,
      ),
    );
  }

  async answer(
    handle: TrialHandle,
    id: string,
    choice: string,
    rest: Partial<Answer> = {},
  ): Promise<string> {
    const { nonce } = await this.gate(handle, id);
    const answer = { gate: id, nonce, choice, by: "ada", ...rest };
    return handle.executeUpdate(decide, { args: [answer] });
  }

  /** Says progress until the run has continued as new. */
  async hop(handle: TrialHandle): Promise<void> {
    const { runId: before } = await handle.describe();
    await eventually(async () => {
      await handle.signal(stepProgress, { step: "copy", line: "copies" });
      const { runId } = await handle.describe();
      return runId === before ? undefined : true;
    });
  }

  async stop(): Promise<void> {
    await this.reset();
    await this.#stopWorker();
    await this.server.stop();
    await this.#artifacts.close();
    await rm(this.folder, { recursive: true });
  }

  /** Leads a command line here. */
  get env(): Readonly<Record<string, string>> {
    return { ...this.server.env, RUNBOOK_ARTIFACTS: this.folder };
  }

  #activities() {
    const { client } = this.server;
    const runs = createRuns(() => client);
    const store = this.#artifacts;
    const artifacts = {
      put: async (key: string, text: string): Promise<ArtifactRef> => {
        const ref = await store.put(key, text);
        if (key.endsWith("report.md")) this.reports.push(text);
        if (key.endsWith("report.json")) this.documents.push(text);
        return ref;
      },
      get: (ref: ArtifactRef): Promise<string> => store.get(ref),
    };
    const own: TrialActivities = {
      prepareTrial: (input) => this.#prepare(input),
      workOn: (call) => this.#workOn(call),
      watchTrial: () => this.#watch(),
    };
    return {
      ...createLockActivities({ runs }),
      ...createFreezeActivities({ runs }),
      ...createLedgerActivities({ artifacts }),
      ...createReportingActivities({ artifacts }),
      ...own,
      calendarState: async ({ at }: { readonly at: number }) => ({
        ...{ calendars: ["nights"], at, open: true, reasons: [] },
        ...{ missed: "skip-and-report", digest: "0" },
        ...(this.calendarAt?.(at) ?? this.calendar),
      }),
    };
  }

  async #prepare({ prepared }: TrialInput): Promise<PreparedProcedure> {
    if (prepared?.summary === "")
      throw ApplicationFailure.nonRetryable("no summary", "input.invalid");
    return {
      ...{ mode: "execute", summary: "a trial", text: "the plan" },
      ...{ digest: "abc", gateExpiresMs: 86_400_000 },
      lock: { resources: [this.target] },
      keepsToCalendars: false,
      ...prepared,
    };
  }

  async #workOn({ id, attempt, part }: TrialCall): Promise<string> {
    const name = `${id} ${attempt}.${part}`;
    const { calls } = this;
    calls.push(name);
    const deed = this.deeds[id]?.shift() ?? "ends";
    if (deed === "fails")
      throw ApplicationFailure.nonRetryable(
        `disk is full\nhint: Make room on it.`,
        "trial.full",
      );
    if (deed !== "ends") await this.#hang(id, name, deed);
    this.calls.push(`${name} ended`);
    return `${id} of ${attempt}`;
  }

  /** Until it is released, or stopped as its run wants: a worker that ends leaves what runs elsewhere alone. */
  async #hang(id: string, name: string, deed: Deed): Promise<void> {
    const context = Context.current();
    const { cancellationSignal: signal } = context;
    const { calls } = this;
    const released = this.#released;
    while (!released.has(id) && !signal.aborted) {
      context.heartbeat();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    if (!signal.aborted) return;
    if (deed === "stops slowly") {
      calls.push(`${name} stopping`);
      while (!released.has(id))
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const isWanted = context.cancellationDetails?.cancelRequested === true;
    calls.push(`${name} ${isWanted ? "stopped" : "left alone"}`);
    if (deed === "fails when stopped")
      throw ApplicationFailure.nonRetryable("it hangs", "trial.hangs");
    await context.cancelled;
  }

  async #watch(): Promise<Finding> {
    const context = Context.current();
    const findings = this.#findings;
    for (;;) {
      if (context.cancellationSignal.aborted) await context.cancelled;
      const found = findings.shift();
      if (found?.text === "broken")
        throw ApplicationFailure.nonRetryable("no answer", "trial.silent");
      if (found !== undefined) return found;
      context.heartbeat();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
