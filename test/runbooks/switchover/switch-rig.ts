import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Context } from "@temporalio/activity";
import type { WorkflowHandleWithFirstExecutionRunId } from "@temporalio/client";
import type {
  PostgresServer,
  ProgramHost,
} from "../../../activities/postgres/port";
import type { SwitchoverActivities } from "../../../activities/postgres/switchover/port";
import type {
  SwitchoverInput,
  SwitchoverResult,
} from "../../../runbooks/switchover/contract";
import { workflowId, workflowType } from "../../../runbooks/switchover/ids";
import type { switchover } from "../../../runbooks/switchover/workflow";
import type { composeActivities } from "../../../workers/compose";
import type { OpenGate } from "../../../workflows/gate/gate";
import { decide, gatesQuery } from "../../../workflows/gate/messages";
import { procedureQuery } from "../../../workflows/procedure/messages";
import { eventually } from "../../harness/eventually";
import {
  configurationOf,
  startPostgresWorker,
} from "../../harness/postgres-worker";
import { SwitchScene } from "../../harness/switch-scene";
import {
  startTestServer,
  type TestServer,
  uniqueId,
} from "../../harness/temporal";

export type SwitchHandle = WorkflowHandleWithFirstExecutionRunId<
  typeof switchover
>;

/** Called as an activity begins, or has done its work and has not said so yet; what it throws the activity throws. */
export interface Hooks {
  before?: (
    name: keyof SwitchoverActivities,
    attempt: number,
  ) => Promise<void> | void;
  after?: (
    name: keyof SwitchoverActivities,
    attempt: number,
  ) => Promise<void> | void;
  /** Called as an activity has asked a host for something over SSH. */
  asked?: (
    name: keyof SwitchoverActivities,
    hostId: string,
    answered: Promise<unknown>,
  ) => Promise<void>;
}

/** A primary and its standby under load through PgBouncer, a real Temporal server, and a worker in this process or none. */
export class SwitchRig {
  hooks: Hooks = {};
  private readonly calls = new Map<string, number>();

  private constructor(
    readonly scene: SwitchScene,
    readonly server: TestServer,
    readonly folder: string,
    readonly configFile: string,
    readonly taskQueue: string,
  ) {}

  private stopWorker = (): Promise<void> => Promise.resolve();

  static async start({ worker = true } = {}): Promise<SwitchRig> {
    const folder = await mkdtemp(join(tmpdir(), "switch-rig-"));
    const [scene, server] = await Promise.all([
      SwitchScene.start(),
      startTestServer(),
    ]);
    const configFile = join(folder, "switchover.json");
    const written = configurationOf(scene.pair.lab, "lab");
    await writeFile(configFile, JSON.stringify(written));
    const queue = uniqueId("switchover");
    const rig = new SwitchRig(scene, server, folder, configFile, queue);
    if (worker) rig.stopWorker = await rig.runWorker();
    await scene.writers.heard();
    return rig;
  }

  /** Leads a command line or a worker of another process here. */
  get env(): Readonly<Record<string, string>> {
    return {
      ...this.server.env,
      RUNBOOK_TASK_QUEUE: this.taskQueue,
      RUNBOOK_CONFIG: this.configFile,
      RUNBOOK_ARTIFACTS: join(this.folder, "artifacts"),
    };
  }

  /** Roles as they are now. */
  roles() {
    return this.scene.next().order;
  }

  start(input: Partial<SwitchoverInput> = {}): Promise<SwitchHandle> {
    const { primary, standby } = this.roles();
    const full: SwitchoverInput = {
      ...{ target: "lab", change: uniqueId("chg"), mode: "execute" },
      ...{ primary: primary.id, standby: standby.id },
      withoutRecord: "a test",
      ...input,
    };
    return this.server.client.workflow.start<typeof switchover>(workflowType, {
      ...{ taskQueue: this.taskQueue, workflowId: workflowId(full) },
      args: [full],
    });
  }

  gate(handle: SwitchHandle, id: string, withinMs?: number): Promise<OpenGate> {
    return eventually(async () => {
      const gates = await handle.query(gatesQuery);
      return gates.find((gate) => gate.id === id);
    }, withinMs);
  }

  /** What it says of its steps now, however long that takes; nothing while nobody answers. */
  async look(handle: SwitchHandle) {
    return handle.query(procedureQuery).catch(() => undefined);
  }

  /** Until the step, or the undoing of one, stands so. */
  until(handle: SwitchHandle, id: string, standing: string): Promise<unknown> {
    return eventually(async () => {
      const progress = await this.look(handle);
      const row = progress?.steps.find((one) => one.id === id);
      return row?.standing === standing ? row : undefined;
    }, 150_000);
  }

  async answer(
    handle: SwitchHandle,
    gate: string,
    choice: string,
    comment?: string,
  ): Promise<void> {
    const { nonce } = await this.gate(handle, gate);
    const said = comment === undefined ? {} : { comment };
    const answer = { gate, nonce, choice, by: "test", ...said };
    await handle.executeUpdate(decide, { args: [answer] });
  }

  async approved(input: Partial<SwitchoverInput> = {}): Promise<SwitchHandle> {
    const handle = await this.start(input);
    await this.answer(handle, "switch", "approve");
    return handle;
  }

  report({ report }: SwitchoverResult): Promise<string> {
    const key = report?.markdown.key ?? "";
    return readFile(join(this.folder, "artifacts", key), "utf8");
  }

  pidOf(server: PostgresServer): Promise<number> {
    return eventually(() => this.scene.clusterOf(server).pid());
  }

  async stop(): Promise<void> {
    await this.stopWorker();
    await Promise.all([this.server.stop(), this.scene.stop()]);
    await rm(this.folder, { recursive: true, force: true });
  }

  private runWorker(): Promise<() => Promise<void>> {
    const { server, taskQueue, configFile } = this;
    return startPostgresWorker({
      ...{ server, taskQueue, configFile },
      location: join(this.folder, "artifacts"),
      around: (activities) => this.hooked(activities),
      ports: ({ sql, programs }) => ({
        sql,
        programs: {
          ...programs,
          run: this.heard(programs.run),
          script: this.heard(programs.script),
        },
      }),
    });
  }

  private heard<Call, Answer>(
    ask: (host: ProgramHost, call: Call) => Promise<Answer>,
  ) {
    return (host: ProgramHost, call: Call): Promise<Answer> => {
      const answer = ask(host, call);
      const { activityType } = Context.current().info;
      const name = activityType as keyof SwitchoverActivities;
      void this.hooks.asked?.(name, host.id, answer);
      return answer;
    };
  }

  /** How often the worker here began an activity of this name. */
  begun(name: keyof SwitchoverActivities): number {
    return this.calls.get(name) ?? 0;
  }

  private hooked(activities: ReturnType<typeof composeActivities>) {
    return Object.fromEntries(
      Object.entries(activities).map(([type, activity]) => [
        type,
        async (...args: never[]) => {
          const name = type as keyof SwitchoverActivities;
          const attempt = this.begun(name) + 1;
          this.calls.set(name, attempt);
          await this.hooks.before?.(name, attempt);
          const result = await activity(...args);
          await this.hooks.after?.(name, attempt);
          return result;
        },
      ]),
    );
  }
}
