import { execFileSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { BackupMethod } from "../../../../activities/postgres/backup/port";
import type { PgLab } from "../../../harness/postgres-cluster";
import { processesWith } from "./backup-rig";
import type { SlowLink } from "./slow-link";

export function backrestMissing(): string | undefined {
  try {
    execFileSync("pgbackrest", ["version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "pgBackRest is not installed: apt-get install pgbackrest";
  }
}

type Method = Extract<BackupMethod, { kind: "pgbackrest" }>;

interface Links {
  readonly backup: SlowLink;
  readonly restore: SlowLink;
}

/** A repository that both hosts of a lab see, with a stanza `shop` of the primary, which archives into it. */
export class Repository {
  readonly config: string;
  readonly includePath: string;

  private constructor(
    private readonly lab: PgLab,
    private readonly folder: string,
  ) {
    this.config = join(folder, "pgbackrest.conf");
    this.includePath = join(folder, "conf.d");
  }

  /** @param links through which backup reads the primary, and restore the repository, as if they were on two hosts */
  static async of(lab: PgLab, links?: Links): Promise<Repository> {
    const { ground, primary } = lab;
    const folder = ground.makeFolder("backrest");
    const repository = new Repository(lab, folder);
    for (const name of ["repo", "log", "lock", "conf.d"])
      ground.makeFolder(join("backrest", name));
    ground.write(
      "backrest/pgbackrest.conf",
      [
        "[global]",
        `repo1-path=${folder}/repo`,
        `log-path=${folder}/log`,
        `lock-path=${folder}/lock`,
        "repo1-retention-full=2",
        "compress-level=1",
        "[shop]",
        `pg1-path=${primary.dataDirectory}`,
        `pg1-port=${primary.port}`,
        `pg1-socket-path=${primary.socketFolder}`,
        ...(links === undefined ? [] : repository.linked(links)),
        "",
      ].join("\n"),
    );
    const push = `pgbackrest --config=${repository.config} --stanza=shop archive-push %p`;
    await primary.sql(`alter system set archive_command = '${push}'`);
    await primary.sql("alter system set archive_mode = on");
    await primary.restart();
    await repository.run("stanza-create");
    return repository;
  }

  /** Each file is remembered as whole as soon as a hundredth of all has come. */
  private linked({ backup, restore }: Links): string[] {
    const { config } = this;
    return [
      ...[
        "[global:backup]",
        `cmd-ssh=${backup.program}`,
        "manifest-save-threshold=1",
      ],
      ...["[shop:backup]", "pg1-host=localhost", `pg1-host-config=${config}`],
      ...["[global:restore]", `cmd-ssh=${restore.program}`],
      ...["repo1-host=localhost", `repo1-host-config=${config}`],
    ];
  }

  method(): Method {
    const { config } = this;
    return {
      kind: "pgbackrest",
      stanza: "shop",
      processMax: 2,
      config,
      backupOn: "primary",
    };
  }

  run(...words: string[]): Promise<string> {
    return this.lab.primary.run([
      "pgbackrest",
      `--config=${this.config}`,
      "--stanza=shop",
      "--log-level-file=off",
      ...words,
    ]);
  }

  /** Ids of processes that back up, verify or restore by this configuration, and of what they speak through. */
  working(): number[] {
    return processesWith(this.config, /\b(backup|verify|restore)\b/);
  }

  /** Labels of full backups, oldest first. */
  labels(): string[] {
    return readdirSync(join(this.folder, "repo", "backup", "shop"))
      .filter((name) => /^\d{8}-\d{6}F$/.test(name))
      .sort();
  }

  /** Changes bytes in the middle of a file, where its format has nothing to say of it. */
  damage(label: string): void {
    const data = join(
      this.folder,
      "repo",
      "backup",
      "shop",
      label,
      "pg_data",
      "base",
    );
    const script =
      'file=$(find "$1" -type f -size +2k | head -n 1); printf XXXX | dd of="$file" bs=1 seek=300 conv=notrunc';
    execFileSync("sh", ["-c", script, "sh", data], { stdio: "ignore" });
  }

  forget(label: string): void {
    rmSync(join(this.folder, "repo", "backup", "shop", label), {
      recursive: true,
    });
  }
}

/** Tables of a megabyte each that compress badly, for a copy that takes its time. */
export const noise = (tables: number): string => `do $$ begin
  for n in 1..${tables} loop
    execute format('create table noise_%s as select md5(random()::text) || md5(random()::text) as noise from generate_series(1, 10000)', n);
  end loop;
end $$;
checkpoint`;
