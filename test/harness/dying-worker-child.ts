/** A worker that dies by its own hand: `dying-worker-child.ts FILE`, where the file holds a `Death`, or nothing. */
import { readFileSync } from "node:fs";
import { Context } from "@temporalio/activity";
import { NativeConnection, Worker } from "@temporalio/worker";
import type {
  PostgresPorts,
  Programs,
  Sql,
} from "../../activities/postgres/port";
import type { Death } from "./dying-worker";
import {
  type PostgresWorkerOptions,
  startPostgresWorker,
} from "./postgres-worker";
import { workflowBundle } from "./temporal-bundle";

const [file = ""] = process.argv.slice(2);
const { env } = process;

/** Counts calls and answers since it was told. */
class Fate {
  private text = "";
  private calls = 0;
  private answers = 0;

  begun(activity: string): void {
    if (this.death()?.activity === activity) this.calls++;
  }

  answered(): void {
    const death = this.death();
    if (death === undefined || death.call !== this.calls) return;
    if (Context.current().info.activityType !== death.activity) return;
    if (++this.answers === death.answers) process.kill(process.pid, "SIGKILL");
  }

  private death(): Death | undefined {
    const text = readFileSync(file, "utf8");
    if (text !== this.text) {
      this.text = text;
      this.calls = 0;
      this.answers = 0;
    }
    return text === "" ? undefined : (JSON.parse(text) as Death);
  }
}

function listening(
  fate: Fate,
  { sql, programs }: PostgresPorts,
): PostgresPorts {
  const heard = async <T>(work: Promise<T>): Promise<T> => {
    const answer = await work;
    fate.answered();
    return answer;
  };
  const { stopJob, isJobRunning, job } = programs;
  return {
    sql: {
      query: (...call: Parameters<Sql["query"]>) => heard(sql.query(...call)),
      withSession: (...call: Parameters<Sql["withSession"]>) =>
        heard(sql.withSession(...call)),
    } as Sql,
    programs: {
      ...{ stopJob, isJobRunning, job },
      run: (...call: Parameters<Programs["run"]>) =>
        heard(programs.run(...call)),
      script: (...call: Parameters<Programs["script"]>) =>
        heard(programs.script(...call)),
    },
  };
}

const around =
  (fate: Fate): NonNullable<PostgresWorkerOptions["around"]> =>
  (activities) =>
    Object.fromEntries(
      Object.entries(activities).map(([type, activity]) => [
        type,
        (...args: never[]) => {
          fate.begun(type);
          return activity(...args);
        },
      ]),
    );

async function main(): Promise<void> {
  const address = env["TEMPORAL_ADDRESS"] ?? "";
  const namespace = env["TEMPORAL_NAMESPACE"] ?? "default";
  const connection = await NativeConnection.connect({ address });
  const fate = new Fate();
  await startPostgresWorker({
    server: {
      worker: async (options) =>
        Worker.create({
          ...{ connection, namespace, taskQueue: "" },
          workflowBundle: await workflowBundle(),
          ...options,
        }),
    },
    taskQueue: env["RUNBOOK_TASK_QUEUE"] ?? "",
    configFile: env["RUNBOOK_CONFIG"] ?? "",
    location: env["RUNBOOK_ARTIFACTS"] ?? "",
    around: around(fate),
    ports: (ports) => listening(fate, ports),
  });
  // Whoever started it may be killed, too.
  const { ppid } = process;
  setInterval(() => {
    if (process.ppid !== ppid) process.exit();
  }, 1_000);
  console.log("it polls");
}

void main();
