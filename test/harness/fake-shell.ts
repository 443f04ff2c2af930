import { jobIdOf } from "../../activities/ssh/job-run-file";
import type { FakeAnswer, FakeSsh } from "./fake-ssh";

const ownerFile = "/home/ops/.upgrade-runbooks/owner";

/** What host-script.ts does on a host, done in memory: the same verbs, the same answers, the same ends. */
export class FakeShell {
  readonly #nonce: string;
  readonly #run: string;
  readonly #now: number;
  #words: string[];
  #begun = false;
  #previous: string | undefined;
  #back = false;
  #done = false;
  #jobs: readonly string[] = [];
  #facts = "";
  #stdout = "";
  #stderr = "";

  constructor(
    private readonly host: FakeSsh,
    [nonce = "", run = "", now = "", , ...words]: readonly string[],
    private readonly say: (text: string) => void,
    private readonly signal: AbortSignal | undefined,
  ) {
    this.#nonce = nonce;
    this.#run = run;
    this.#now = Number(now);
    this.#words = words;
  }

  async run(): Promise<FakeAnswer> {
    while (this.#words.length > 0 && !this.#done) {
      const [verb = "", count] = this.#words;
      const operands = this.#words.slice(2, 2 + Number(count));
      this.#words = this.#words.slice(2 + Number(count));
      await this.#act(verb, operands);
    }
    const { host } = this;
    const open = this.#jobs.filter(
      (job) => this.#claimed().includes(job) && host.running.has(job),
    );
    this.#fact(["begun", this.#begun ? "1" : "0", ...open].join(" "));
    const claimed = this.#jobs.filter((job) => this.#claimed().includes(job));
    if (claimed.length > 0) this.#fact(["claimed", ...claimed].join(" "));
    if (host.drained.has(this.#run)) this.#fact("drained");
    const stdout = `${this.#stdout}\n${this.#facts}@${this.#nonce} done\n`;
    return { stdout, stderr: this.#stderr, exitCode: this.#done ? 3 : 0 };
  }

  async #act(verb: string, [first = "", second = "", about = ""]: string[]) {
    const { host } = this;
    switch (verb) {
      case "claim":
        this.#begin("open");
        await host.call("open", this.signal, async () => this.#claim(first));
        return;
      case "begun":
        this.#jobs = first.split(" ");
        return this.#look();
      case "desired":
        host.desired.set(first, `${second || (this.#previous ?? "")} ${about}`);
        return;
      case "before":
        return this.#before(first, second);
      case "start":
        this.#done = this.#begun;
        return;
      case "touched":
        if (!this.#begun) await this.#leave();
        return;
      case "out":
        return this.#out(first.split(" "), second.split(" "));
      case "look":
        if ((await this.#command(first, second)).exitCode) this.#done = true;
        return;
      case "version": {
        const version = await this.#version(second);
        this.#fact(`version ${version}`);
        this.#done = version === "" || version !== (first || version);
        return;
      }
      case "drained":
        this.#begin(first);
        await host.call("mark drained", this.signal, async () => ({}));
        if (!host.drained.has(this.#run))
          host.drained.set(this.#run, this.#now);
        return;
      case "back":
        this.#back = true;
        return;
      case "release":
        await this.#leave();
        this.#done = false;
        return;
      default:
        throw new Error(`the fake host knows no verb ${verb}`);
    }
  }

  #claim(owner: string): FakeAnswer {
    const { host } = this;
    host.owner ??= owner;
    if (host.owner !== owner) {
      this.#fact(`file ${ownerFile}`);
      this.#fact(`held ${host.owner}`);
      this.#done = true;
      return {};
    }
    this.#know(host.previous.get(this.#run));
    return {};
  }

  async #before(unless: string, line: string): Promise<void> {
    if (this.#begun) return;
    const version = await this.#version(line);
    this.#look();
    if (this.#begun || version === "") return;
    if (version === unless) {
      this.#fact(`unchanged ${version}`);
      return this.#leave();
    }
    if (this.#previous !== undefined) return;
    this.host.previous.set(this.#run, version);
    this.#know(version);
  }

  async #out(drains: string[], undrains: string[]): Promise<void> {
    const { ended, drained } = this.host;
    const last = (jobs: readonly string[]): number =>
      Math.max(0, ...jobs.map((job) => ended.get(job) ?? 0));
    const since = last(drains) > last(undrains) ? last(drains) : 0;
    const out = Math.max(since, drained.get(this.#run) ?? 0);
    this.#fact(`out ${out}`);
    if (out === 0) await this.#leave();
  }

  async #version(line: string): Promise<string> {
    const { exitCode, stdout } = await this.#command("version", line, false);
    return exitCode ? "" : (stdout?.split("\n")[0]?.trim() ?? "");
  }

  async #command(step: string, line: string, echo = true): Promise<FakeAnswer> {
    this.#begin(step);
    const words = line.slice(line.indexOf("exec ") + 5).replaceAll("'", "");
    const answer = await this.host.call(`exec ${words}`, this.signal, () =>
      this.host.run(words),
    );
    if (echo) this.#stdout += answer.stdout ?? "";
    this.#stderr += answer.stderr ?? "";
    this.#fact(`end ${step} ${answer.exitCode ?? 0}`);
    return answer;
  }

  /** The host is free; the call is over unless more is asked for. */
  async #leave(): Promise<void> {
    const { host } = this;
    await host.call("leave", this.signal, async () => {
      const mine = host.owner?.startsWith(`${this.#run} `);
      if (mine) host.owner = undefined;
      if (this.#back) host.drained.clear();
      return {};
    });
    this.#done = true;
  }

  #look(): void {
    const claimed = this.#claimed();
    const job = this.#jobs.some((id) => claimed.includes(id));
    this.#begun = job || this.host.drained.has(this.#run);
  }

  #claimed(): string[] {
    return [...this.host.jobs.keys()].map(jobIdOf);
  }

  #know(previous: string | undefined): void {
    this.#previous = previous;
    if (previous !== undefined) this.#fact(`previous ${previous}`);
  }

  #fact(fact: string): void {
    this.#facts += `@${this.#nonce} ${fact}\n`;
  }

  #begin(step: string): void {
    const mark = `\n@${this.#nonce} begin ${step}\n`;
    this.#stdout += mark;
    this.#stderr += mark;
    this.say(mark);
  }
}
