import { join } from "node:path";
import type { WorkflowHandle } from "@temporalio/client";
import {
  type FreezeNotice,
  type FreezeOrder,
  freezesType,
  type FreezeUpdates,
} from "../../../activities/freeze/port";
import {
  type LockAsk,
  lockType,
  type LockUpdates,
} from "../../../activities/lock/port";
import { createRuns } from "../../../activities/runs/client";
import type { Runs, RunRef } from "../../../activities/runs/port";
import { freezesChanged } from "../../../workflows/freeze/messages";
import { eventually } from "../../harness/eventually";
import {
  startTestServer,
  type TestServer,
  uniqueId,
} from "../../harness/temporal";
import type { freezes, hears, lock } from "./workflows";
import { finish, type Heard, heardQuery } from "./workflows";

/** A run that hears what the keepers tell it. */
export interface Listener {
  readonly run: RunRef;
  /** Until what it has heard satisfies the question. */
  until(question: (heard: Heard) => boolean): Promise<Heard>;
  /** As the keeper of freezes tells it. */
  hear(notice: FreezeNotice): Promise<void>;
  end(): Promise<void>;
}

type Keeper = WorkflowHandle<typeof lock> | WorkflowHandle<typeof freezes>;

/** A real server whose keepers continue as new after a few events. */
export class KeepersRig {
  readonly target = uniqueId("t");
  readonly #runs: Runs;
  readonly #running: Promise<void>;

  private constructor(
    readonly server: TestServer,
    private readonly worker: Awaited<ReturnType<TestServer["worker"]>>,
  ) {
    this.#runs = createRuns(() => server.client);
    this.#running = worker.run();
  }

  static async start(suggestedEvents?: number): Promise<KeepersRig> {
    const server = await startTestServer({ suggestedEvents });
    const workflowsPath = join(__dirname, "workflows");
    return new KeepersRig(server, await server.worker({ workflowsPath }));
  }

  get locks(): WorkflowHandle<typeof lock> {
    return this.server.client.workflow.getHandle(`${lockType}:${this.target}`);
  }

  get freezes(): WorkflowHandle<typeof freezes> {
    return this.server.client.workflow.getHandle(freezesType);
  }

  /** @param carried what the former run of its chain knew of freezes */
  async listener(carried?: FreezeNotice): Promise<Listener> {
    const { workflow } = this.server.client;
    const handle = await workflow.start<typeof hears>("hears", {
      ...{ workflowId: uniqueId("hears"), taskQueue: this.taskQueue },
      args: carried === undefined ? [] : [carried],
    });
    const { workflowId, firstExecutionRunId: rootRunId } = handle;
    return {
      run: { workflowId, rootRunId },
      until: (question) =>
        eventually(async () => {
          const heard = await handle.query(heardQuery);
          return question(heard) ? heard : undefined;
        }),
      hear: (notice) => handle.signal(freezesChanged, notice),
      async end() {
        await handle.signal(finish);
        await handle.result();
      },
    };
  }

  tellLocks<Name extends keyof LockUpdates>(
    name: Name,
    payload: LockUpdates[Name]["payload"],
  ): Promise<LockUpdates[Name]["answer"]> {
    const { workflowId } = this.locks;
    const entity = { workflowType: lockType, workflowId };
    return this.#tell(entity, name, payload) as Promise<
      LockUpdates[Name]["answer"]
    >;
  }

  /** @param places below the target; the target itself is "" */
  ask({ run }: Listener, ...places: readonly string[]) {
    const resources = places.map((place) => `${this.target}${place}`);
    const holder = run.rootRunId;
    const asked: LockAsk = { run, holder, summary: "a run", resources };
    return this.tellLocks("ask", asked);
  }

  tellFreezes<Name extends keyof FreezeUpdates>(
    name: Name,
    payload: FreezeUpdates[Name]["payload"],
  ): Promise<FreezeUpdates[Name]["answer"]> {
    const entity = { workflowType: freezesType, workflowId: freezesType };
    return this.#tell(entity, name, payload) as Promise<
      FreezeUpdates[Name]["answer"]
    >;
  }

  freeze(order: Partial<FreezeOrder> & { readonly id: string }) {
    return this.tellFreezes("freeze", {
      ...{ scope: this.target, by: "ada", reason: "peak sale", ...order },
    });
  }

  lift(id: string) {
    return this.tellFreezes("unfreeze", { id, by: "ada" });
  }

  /** Says the same until the keeper has continued as new. */
  async hop(keeper: Keeper, say: () => Promise<unknown>): Promise<void> {
    const { runId: before } = await keeper.describe();
    await eventually(async () => {
      await say();
      const { runId } = await keeper.describe();
      return runId === before ? undefined : true;
    });
  }

  async stop(): Promise<void> {
    this.worker.shutdown();
    await this.#running;
    await this.server.stop();
  }

  private get taskQueue(): string {
    return this.worker.options.taskQueue ?? "";
  }

  #tell(
    entity: { readonly workflowType: string; readonly workflowId: string },
    name: string,
    payload: unknown,
  ): Promise<unknown> {
    const { taskQueue } = this;
    return this.#runs.tell({ ...entity, taskQueue }, name, payload);
  }
}
