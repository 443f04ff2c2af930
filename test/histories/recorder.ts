import { join } from "node:path";
import { hostSchema } from "../../activities/inventory/port";
import type { FleetUpgradeInput } from "../../runbooks/fleet-upgrade/contract";
import { rankHosts } from "../../runbooks/fleet-upgrade/order";
import {
  type ControlName,
  controlUpdates,
} from "../../workflows/controls/messages";
import type { Retuning } from "../../workflows/controls/words";
import { eventually } from "../harness/eventually";
import { timesBegun } from "../harness/host-log";
import {
  type FleetHandle,
  type Rig,
  type RigOptions,
  startRig,
} from "../harness/rig";
import { recordChain, recordHistory } from "../harness/temporal";
import {
  startWorkerProcess,
  type WorkerProcess,
} from "../harness/worker-process";
import { version } from "../../package.json";
import type { ChainName, PathName } from "./paths";

const folder = join(__dirname, "fleet-upgrade", version);

/** Small and quick: few hosts, no service on them, and nothing looked at before; a path that needs more says so. */
const quick = {
  slowStart: false,
  canary: { gate: false },
  checks: { hosts: "none" },
} as const satisfies Partial<FleetUpgradeInput>;

/** A lab, a server and a worker as an operator runs it: makes runs, leads them along a path and writes their histories. */
export class Recorder {
  private constructor(
    readonly rig: Rig,
    private worker: WorkerProcess,
  ) {}

  static async start({ lab, ...options }: RigOptions = {}): Promise<Recorder> {
    const small = { hosts: 5, pools: 1, service: false, applyMs: 20 };
    const rig = await startRig({
      ...options,
      worker: false,
      lab: { ...small, ...lab },
    });
    return new Recorder(rig, await startWorkerProcess(rig));
  }

  /** As the plan meets them; in a lab of one pool, the first is the canary. */
  get inOrder(): readonly string[] {
    const hosts = this.rig.lab.hosts.map(({ id }) =>
      hostSchema.parse({ id, address: "127.0.0.1" }),
    );
    return rankHosts(hosts, "lab").map(({ id }) => id);
  }

  /** The last hosts of the plan. */
  last(count: number): readonly string[] {
    return this.inOrder.slice(-count);
  }

  run(
    input: Partial<FleetUpgradeInput>,
    identity?: string,
  ): Promise<FleetHandle> {
    return this.rig.start({ ...quick, ...input }, identity);
  }

  fault(hosts: readonly string[], fault: string): Promise<void> {
    return this.rig.lab.setFault(hosts.map((id) => `${id}:${fault}`));
  }

  tell(
    handle: FleetHandle,
    control: ControlName,
    rest: Partial<Retuning> = {},
  ): Promise<string> {
    return handle.executeUpdate(controlUpdates[control], {
      args: [{ by: "ada", ...rest }],
    });
  }

  /** Until the verb, such as `apply 2.0.0`, has begun on each of the hosts. */
  begun(verb: string, hosts: readonly string[]): Promise<true> {
    return eventually(() =>
      hosts.every((id) => timesBegun(this.rig.lab, id, verb) > 0)
        ? true
        : undefined,
    );
  }

  async killWorker(): Promise<void> {
    await this.worker.kill();
    this.worker = await startWorkerProcess(this.rig);
  }

  /** Awaits the end of the run, whatever it is, and writes its history. */
  async save(handle: FleetHandle, name: PathName): Promise<void> {
    await handle.result().catch(() => undefined);
    await recordHistory(handle, join(folder, `${name}.json`));
  }

  /** As `save`, every run of the chain to a file of its own. @returns how many there are */
  async saveChain(handle: FleetHandle, name: ChainName): Promise<number> {
    await handle.result();
    return recordChain(
      this.rig.server.client,
      { workflowId: handle.workflowId, runId: handle.firstExecutionRunId },
      join(folder, name),
    );
  }

  async stop(): Promise<void> {
    await this.worker.stop();
    await this.rig.stop();
  }
}
