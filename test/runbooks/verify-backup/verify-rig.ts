import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { WorkflowHandleWithFirstExecutionRunId } from "@temporalio/client";
import { createFolderStore } from "../../../activities/artifacts/folder";
import type { ArtifactRef } from "../../../activities/artifacts/port";
import { baseBackup } from "../../../activities/postgres/backup/base-backup";
import type { Backup } from "../../../activities/postgres/backup/port";
import type { PostgresPorts } from "../../../activities/postgres/port";
import { createPostgresPorts } from "../../../activities/postgres/ports";
import { runMark } from "../../../activities/postgres/run-mark";
import type { VerificationRecord } from "../../../activities/postgres/verify/port";
import { readVerification } from "../../../activities/postgres/verify/record-store";
import { createSsh } from "../../../activities/ssh/ssh";
import type { VerifyBackupInput } from "../../../runbooks/verify-backup/contract";
import { workflowId } from "../../../runbooks/verify-backup/ids";
import type { verifyBackup } from "../../../runbooks/verify-backup/workflow";
import { factsOf } from "../../activities/postgres/backup/backup-rig";
import { cli, type Said } from "../../cli/run-cli";
import { eventually } from "../../harness/eventually";
import { uniqueId } from "../../harness/temporal";
import {
  type ReplicaRig,
  type ReplicaRigOptions,
  startReplicaRig,
} from "../replica-setup/replica-rig";

export type VerifyHandle = WorkflowHandleWithFirstExecutionRunId<
  typeof verifyBackup
>;
type Input = Partial<VerifyBackupInput> & Pick<VerifyBackupInput, "backup">;

/** Backups on a host, and runs that verify them. */
export class VerifyRig {
  private readonly ssh = createSsh();
  private readonly ports: PostgresPorts = createPostgresPorts(this.ssh);
  private attempts = 0;

  private constructor(readonly rig: ReplicaRig) {}

  static async start(options: ReplicaRigOptions = {}): Promise<VerifyRig> {
    const rig = await startReplicaRig(options);
    for (const database of ["postgres", "shop", "books"])
      await rig.lab.primary.sql("create extension amcheck", database);
    return new VerifyRig(rig);
  }

  async stop(): Promise<void> {
    await this.ssh.close();
    await this.rig.stop();
  }

  get workFolder(): string {
    return this.rig.lab.servers.replica.workFolder;
  }

  /** A finished attempt of a replica setup that never went further. */
  async attempt(): Promise<Backup> {
    const { lab } = this.rig;
    const taken = `taken-${++this.attempts}`;
    const taker = { workflowId: `replica-setup:db:${taken}`, rootRunId: taken };
    return baseBackup(
      { ...this.ports, tell: () => undefined },
      {
        ...{ run: runMark(taker), ...lab.servers, facts: await factsOf(lab) },
        ...{ attempt: 1, method: { kind: "basebackup" } },
      },
      new AbortController().signal,
    );
  }

  /** As a DBA's own cron job leaves it. */
  async nightly(name: string): Promise<string> {
    const { primary } = this.rig.lab;
    const path = join(this.workFolder, "nightly", name);
    const where = ["-h", primary.socketFolder, "-p", String(primary.port)];
    await primary.run(["mkdir", "-p", join(this.workFolder, "nightly")]);
    await primary.run([
      ...(["pg_basebackup", ...where, "-U", "postgres"] as const),
      ...["-D", path, "-c", "fast", "--manifest-checksums=SHA256"],
    ]);
    return path;
  }

  whole(input: Input): VerifyBackupInput {
    return {
      ...{ target: "db", change: uniqueId("c"), mode: "execute" as const },
      ...{ host: "replica", ...input },
    };
  }

  start(input: Input): Promise<VerifyHandle> {
    const whole = this.whole(input);
    const { server, taskQueue } = this.rig;
    return server.client.workflow.start<typeof verifyBackup>("verifyBackup", {
      ...{ taskQueue, workflowId: workflowId(whole), args: [whole] },
    });
  }

  /** @returns the id of a Schedule that opens such runs */
  async schedule(change: string, backup: string): Promise<string> {
    const words = ["target=db", `change=${change}`, "host=replica"];
    const input = [...words, `backup=${backup}`];
    const { code, err } = await this.cli([
      ...["schedule", "create", "verify-backup", "--execute"],
      ...input.flatMap((word) => ["--set", word]),
      ...["--at", "SUN 03:00", "--tz", "UTC", "--window", "PT6H"],
    ]);
    if (code !== 0) throw new Error(err);
    return `verify-backup:db:${change}`;
  }

  /** The run that the Schedule opens now; another one than before. */
  async fired(id: string, before?: VerifyHandle): Promise<VerifyHandle> {
    const { schedule, workflow } = this.rig.server.client;
    await schedule.getHandle(id).trigger("SKIP");
    const opened = await eventually(async () => {
      const { info } = await schedule.getHandle(id).describe();
      const last = info.recentActions.at(-1)?.action.workflow.workflowId;
      return last === before?.workflowId ? undefined : last;
    });
    return workflow.getHandle(opened) as VerifyHandle;
  }

  cli = (words: readonly string[]): Promise<Said> =>
    cli(words, { env: { ...this.rig.env, USER: "ada" } });

  /** What the run was refused for. */
  async refusal(input: Input): Promise<string> {
    const run = await this.start(input);
    const error: unknown = await run.result().catch((found: unknown) => found);
    const { cause } = error as { readonly cause?: Error };
    return cause?.message ?? `it was taken: ${JSON.stringify(error)}`;
  }

  /** The record, as a run that needs the files proven reads it. */
  record(ref: ArtifactRef, backup: Backup): Promise<VerificationRecord> {
    const artifacts = createFolderStore(join(this.rig.folder, "artifacts"));
    const { backupId, path, systemIdentifier } = backup;
    return readVerification(
      {
        deps: { ...this.ports, artifacts, now: Date.now },
        ...{ signal: new AbortController().signal, tell: () => undefined },
      },
      {
        ...{ ref, policy: "standard", gate: "start", backupId, path },
        ...{ systemIdentifier, replica: this.rig.lab.servers.replica },
        run: runMark({ workflowId: "reader", rootRunId: "reader" }),
        major: Number(readFileSync(join(path, "PG_VERSION"), "utf8")),
      },
    );
  }

  /** Folders, pins, sockets and processes of runs that verify, other than those that were there by right. */
  left(): string[] {
    const named = (folder: string): string[] =>
      existsSync(join(this.workFolder, folder))
        ? readdirSync(join(this.workFolder, folder)).map(
            (name) => `${folder}/${name}`,
          )
        : [];
    const files = [
      ...[...named("scratch"), ...named("sock")],
      ...[...named("attempts"), ...named("nightly")].filter((name) =>
        name.endsWith(".pin"),
      ),
    ];
    const processes = execFileSync("ps", ["-A", "-o", "stat=,args="], {
      encoding: "utf8",
    })
      .split("\n")
      .filter((line) => line.includes(this.workFolder) && !/^Z/.test(line));
    return [...files, ...processes];
  }

  /** As a run of that name pins it. */
  async pin(path: string, name: string): Promise<void> {
    const script = 'mkdir "$0.pin" && : >"$0.pin/$1"';
    await this.rig.lab.replica.run(["sh", "-c", script, path, name]);
  }

  pins = (path: string): string[] =>
    existsSync(`${path}.pin`) ? readdirSync(`${path}.pin`) : [];
}
