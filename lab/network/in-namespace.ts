import { execFile, spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";

/** Argv of a program in a namespace. */
const inNamespace = (
  name: string,
  words: readonly string[],
): readonly [string, ...string[]] => [
  "nsenter",
  `--net=/run/netns/${name}`,
  "--",
  ...words,
];

/** @returns stdout @throws Error with what it said on stderr */
export function run(
  [program, ...words]: readonly [string, ...string[]],
  stdin = "",
): Promise<string> {
  return new Promise((done, failed) => {
    const child = execFile(
      program,
      words,
      { maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => {
        if (error === null) done(stdout);
        else failed(new Error(`${program}: ${stderr || error.message}`));
      },
    );
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(stdin);
  });
}

/** Runs sh, which ends at the first command that fails. */
export const sh = (name: string, script: string): Promise<string> =>
  run(inNamespace(name, ["sh", "-e"]), script);

/** A program that runs until the lab ends it, and the lines that it prints. */
export class Service {
  private readonly child: ChildProcess;
  private readonly gone: Promise<unknown>;
  private readonly said: string[] = [];
  private waiting: { pattern: RegExp; done: () => void }[] = [];

  constructor(name: string, words: readonly string[]) {
    const [program, ...others] = inNamespace(name, words);
    this.child = spawn(program, others, { cwd: "/" });
    this.gone = new Promise((done) => {
      this.child.once("exit", done);
      this.child.once("error", done);
    });
    this.child.stdin?.on("error", () => undefined);
    for (const input of [this.child.stdout, this.child.stderr])
      if (input) createInterface({ input }).on("line", (l) => this.hear(l));
  }

  /** Resolves when it prints the next such line. @throws Error with what it said when it ends before */
  async says(pattern: RegExp): Promise<void> {
    const heard = new Promise<void>((done) => {
      this.waiting.push({ pattern, done });
    });
    const ended = this.gone.then(() => {
      throw this.ending();
    });
    await Promise.race([heard, ended]);
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** @throws Error with what it said when it has ended of itself */
  expectRunning(): void {
    const { exitCode, signalCode } = this.child;
    if (exitCode !== null || signalCode !== null) throw this.ending();
  }

  /** Resolves when it has ended. @throws Error with what it said when it failed, or had ended of itself */
  async end(): Promise<void> {
    this.expectRunning();
    this.child.kill("SIGTERM");
    await this.gone;
    if (this.child.exitCode !== 0) throw this.ending();
  }

  private ending(): Error {
    const argv = this.child.spawnargs.join(" ");
    return new Error(`${argv} ended:\n${this.said.join("\n")}`);
  }

  private hear(line: string): void {
    this.said.push(line);
    if (this.said.length > lastLines) this.said.shift();
    const [met, still] = [true, false].map((is) =>
      this.waiting.filter(({ pattern }) => pattern.test(line) === is),
    );
    this.waiting = still ?? [];
    for (const { done } of met ?? []) done();
  }
}

const lastLines = 50;

/** Debian's own first: what stands before it in the path may be a slow script. */
export const python =
  ["/usr/bin/python3", "/usr/local/bin/python3"].find(existsSync) ?? "python3";
