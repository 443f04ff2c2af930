import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import {
  chownSync,
  copyFileSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
  closeSync,
  readdirSync,
} from "node:fs";
import { join, relative } from "node:path";
import type { BackupClaim } from "../../../../activities/postgres/verify/port";

const pathIn = (line: string): string | undefined =>
  /^\{ "Path": "([^"]+)"/.exec(line)?.[1];

const manifestName = "backup_manifest";

/** A copy of a backup for one case, to be spoiled. */
export class Copy {
  claim: BackupClaim;

  private constructor(claim: BackupClaim) {
    this.claim = claim;
  }

  /** With its tablespaces, their links led to the copy. */
  static of(backup: BackupClaim, path: string): Copy {
    const cp = (from: string, to: string) =>
      execFileSync("cp", ["-a", "--reflink=auto", from, to]);
    cp(backup.path, path);
    cp(`${backup.path}.tblspc`, `${path}.tblspc`);
    const links = join(path, "pg_tblspc");
    for (const oid of readdirSync(links)) {
      rmSync(join(links, oid));
      symlinkSync(`${path}.tblspc/${oid}`, join(links, oid));
    }
    return new Copy({ ...backup, path });
  }

  path(file: string): string {
    return join(this.claim.path, file);
  }

  flip(file: string, offset: number): void {
    const bytes = readFileSync(this.path(file));
    const at = offset < 0 ? bytes.length + offset : offset;
    this.put(file, at, Buffer.from([(bytes[at] ?? 0) ^ 0x55]));
  }

  put(file: string, offset: number, bytes: Buffer): void {
    const handle = openSync(this.path(file), "r+");
    writeSync(handle, bytes, 0, bytes.length, offset);
    closeSync(handle);
  }

  zero(file: string, offset: number, bytes: number): void {
    this.put(file, offset, Buffer.alloc(bytes));
  }

  truncate(file: string, bytes: number): void {
    truncateSync(this.path(file), bytes);
  }

  remove(file: string): void {
    rmSync(this.path(file), { recursive: true });
  }

  add(file: string, text: string): void {
    writeFileSync(this.path(file), text);
    this.own(file);
  }

  edit(file: string, change: (text: string) => string): void {
    const text = readFileSync(this.path(file), "utf8");
    const edited = change(text);
    if (edited === text) throw new Error(`nothing was changed in ${file}`);
    writeFileSync(this.path(file), edited);
  }

  swap(one: string, other: string): void {
    renameSync(this.path(one), this.path(`${one}.aside`));
    renameSync(this.path(other), this.path(one));
    renameSync(this.path(`${one}.aside`), this.path(other));
  }

  double(folder: string, as: string): void {
    execFileSync("cp", ["-a", this.path(folder), this.path(as)]);
  }

  replace(file: string, source: string): void {
    copyFileSync(source, this.path(file));
  }

  link(file: string, target: string): void {
    rmSync(this.path(file), { recursive: true, force: true });
    symlinkSync(target, this.path(file));
  }

  /** Another backup, with what it says of itself, under the name of this one. */
  become(other: BackupClaim): void {
    const { path, backupId, systemIdentifier } = this.claim;
    this.drop();
    Copy.of(other, path);
    this.claim = { ...other, path, backupId, systemIdentifier };
  }

  /** As if the damage had been there when the copy was made: manifest and record agree with the files. */
  reseal(change: (line: string) => string = (line) => line): void {
    const lines = readFileSync(this.path(manifestName), "utf8").split("\n");
    const kept = lines
      .filter((line) => this.isThere(line))
      .map((line) => change(this.renewed(line)));
    const [head, tail] = [kept.slice(0, 2), kept.slice(2)];
    this.writeManifest([...head, ...this.added(lines), ...tail]);
  }

  /** Lines for files that the manifest does not list yet. */
  private added(lines: readonly string[]): string[] {
    const { path } = this.claim;
    const listed = new Set(lines.map((line) => pathIn(line)));
    return readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(path, join(entry.parentPath, entry.name)))
      .filter(
        (file) =>
          !listed.has(file) && !/^(backup_manifest|pg_wal\/)/.test(file),
      )
      .map((file) =>
        this.renewed(
          `{ "Path": "${file}", "Size": 0, "Last-Modified": "2026-01-01 00:00:00 GMT", "Checksum-Algorithm": "SHA256", "Checksum": "00" },`,
        ),
      );
  }

  /** The manifest's own checksum is right again, whatever it says. */
  editManifest(change: (line: string) => string): void {
    const lines = readFileSync(this.path(manifestName), "utf8").split("\n");
    this.writeManifest(lines.map(change));
  }

  private writeManifest(lines: readonly string[]): void {
    const body = `${lines
      .slice(0, -2)
      .filter((line) => line !== "")
      .join("\n")
      .replace(/,\n\],/, "\n],")}\n`;
    const sum = createHash("sha256").update(body).digest("hex");
    writeFileSync(
      this.path(manifestName),
      `${body}"Manifest-Checksum": "${sum}"}\n`,
    );
    this.claim = { ...this.claim, manifestSha256: sum };
  }

  private isThere(line: string): boolean {
    const file = pathIn(line);
    return file === undefined || existsSync(this.path(file));
  }

  private renewed(line: string): string {
    const file = pathIn(line);
    if (file === undefined) return line;
    const bytes = readFileSync(this.path(file));
    const sum = createHash("sha256").update(bytes).digest("hex");
    return line
      .replace(/"Size": \d+/, `"Size": ${bytes.length}`)
      .replace(/"Checksum": "[0-9a-f]+"/, `"Checksum": "${sum}"`);
  }

  private own(file: string): void {
    const { uid, gid } = statSync(this.claim.path);
    chownSync(this.path(file), uid, gid);
  }

  drop(): void {
    for (const folder of [this.claim.path, `${this.claim.path}.tblspc`])
      rmSync(folder, { recursive: true, force: true });
  }
}
