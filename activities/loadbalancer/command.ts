import { z } from "zod";
import { Redaction } from "../host/redaction";
import { fill, placeholders } from "../host/template";
import { type Ended, runProgram } from "../program";
import { balancerError } from "./errors";
import type { Departure, Place } from "./place";
import type { Balancer, BalancerCall } from "./port";
import type { Standing } from "./room";

type Settings = Extract<Balancer, { command: unknown }>["command"];
type Verb = "drain" | "undrain" | "count";
type ResolveReference = (reference: string) => Promise<string>;

const maxBytes = 1 << 20;
const countTimeoutMs = 30_000;
/** A drain waits for sessions by itself; what comes on top is its own start and end. */
const graceMs = 30_000;

const countSchema = z
  .object({ total: z.int().min(1), out: z.int().min(0) })
  .refine(({ total, out }) => out <= total);

/** A host behind a balancer that commands on the worker talk to. */
export class CommandPlace implements Place {
  readonly queue: string;
  readonly backend: string;
  readonly maxOut: Settings["maxOut"];
  readonly turnTimeoutMs: number;

  constructor(
    private readonly settings: Settings,
    private readonly call: BalancerCall,
    private readonly resolveReference: ResolveReference,
  ) {
    this.maxOut = settings.maxOut;
    this.turnTimeoutMs = settings.turnTimeoutS * 1_000;
    // Which backend a host belongs to only the commands know; hosts of one target wait for each other.
    this.queue = JSON.stringify(["command", settings]);
    this.backend = "the backend";
  }

  async look(): Promise<readonly Standing[]> {
    const { count } = this.settings;
    if (count === undefined) return [];
    const { stdout } = await this.#run("count", count, countTimeoutMs);
    const { total, out } = readCount(stdout, count);
    return [{ balancer: "its count", total, othersOut: out, isOut: false }];
  }

  /** What ends half-way is not taken back: a visit that goes on counts anew, whether its host is out or not. */
  async takeOut(): Promise<Departure> {
    const { drain, drainTimeoutS } = this.settings;
    await this.#run("drain", drain, drainTimeoutS * 1_000 + graceMs);
    return { after: await this.look(), stepBack: () => this.putBack() };
  }

  /** The command has waited for them; what it left open it keeps to itself. */
  async awaitEmpty(): Promise<number> {
    return 0;
  }

  async putBack(): Promise<void> {
    const { undrain, upTimeoutS } = this.settings;
    await this.#run("undrain", undrain, upTimeoutS * 1_000 + graceMs);
  }

  async #run(
    verb: Verb,
    words: readonly string[],
    timeoutMs: number,
  ): Promise<Ended> {
    const { values, hostId, signal, report } = this.call;
    const argv = words.map((word) => fill(word, values));
    requireFilled(argv);
    report(`runs ${verb}: ${argv[0] ?? ""}`);
    const redaction = new Redaction();
    const env: NodeJS.ProcessEnv = { ...process.env, RUNBOOK_HOST: hostId };
    for (const [name, reference] of Object.entries(this.settings.env ?? {})) {
      const value = await this.resolveReference(reference);
      redaction.add(value);
      env[name] = value;
    }
    const ended = await started({ argv, env, timeoutMs, maxBytes, signal });
    signal.throwIfAborted();
    refuseFailure(verb, timeoutMs, ended, (text) => redaction.apply(text));
    return ended;
  }
}

async function started(
  program: Parameters<typeof runProgram>[0],
): Promise<Ended> {
  try {
    return await runProgram(program);
  } catch (cause) {
    const { code = "no code" } = cause as NodeJS.ErrnoException;
    const name = program.argv[0] ?? "";
    throw balancerError("commandMissing", {
      seen: `cannot start ${name} (${code})`,
      facts: { program: name },
      cause,
    });
  }
}

function requireFilled(argv: readonly string[]): void {
  const [name] = placeholders(argv);
  if (name === undefined) return;
  throw balancerError("badName", {
    seen: `the host has no value for {{${name}}}`,
  });
}

/** What it said last, without the values of the references. */
function refuseFailure(
  verb: Verb,
  timeoutMs: number,
  { code, signal, stdout, stderr, stopped }: Ended,
  redacted: (text: string) => string,
): void {
  const last = (redacted(stderr).trim() || redacted(stdout).trim()).slice(-500);
  const said = last === "" ? "" : `; it said: ${last}`;
  if (stopped === "timeout")
    throw balancerError("commandTimeout", {
      seen: `the command ${verb} did not end within ${timeoutMs / 1_000} s${said}`,
    });
  if (stopped === "tooLarge")
    throw balancerError("commandFailed", {
      seen: `the command ${verb} printed more than ${maxBytes >> 20} MB`,
    });
  if (code === 0) return;
  throw balancerError("commandFailed", {
    seen: `the command ${verb} ended with ${code === null ? signal : `exit code ${code}`}${said}`,
  });
}

function readCount(
  text: string,
  argv: readonly string[],
): z.output<typeof countSchema> {
  const parsed = countSchema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw balancerError("badCount", {
    seen: `${argv[0] ?? "count"} printed ${JSON.stringify(text.trim().slice(0, 200))}`,
    expected:
      '{"total": n, "out": n} with total from 1 and out from 0 to total',
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
