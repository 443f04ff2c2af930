import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLoadBalancer } from "../../../activities/loadbalancer/client";
import {
  type Balancer,
  balancerSchema,
} from "../../../activities/loadbalancer/port";
import { eventually } from "../../harness/eventually";
import { callOf } from "./backend";

const token = "s3cr3t-token";

/** Who is out has a file of the host's name in the folder; drain takes a moment, as real ones do. */
const drain = `sleep 0.1; touch "$0/$1.out"; echo "drain $1" >> "$0/log"`;
const undrain = `rm -f "$0/$1.out"; echo "undrain $1" >> "$0/log"`;
const count = `n=0; for f in "$0"/*.out; do [ -e "$f" ] && [ "$f" != "$0/$1.out" ] && n=$((n+1)); done; echo "{\\"total\\": 4, \\"out\\": $n}"`;

describe("a balancer that commands talk to", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "runbooks-balancer-"));
    await writeFile(join(folder, "log"), "");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const sh = (script: string): string[] => [
    "sh",
    "-c",
    script,
    folder,
    "{{host.id}}",
  ];
  const balancer = (settings: Record<string, unknown> = {}): Balancer =>
    balancerSchema.parse({
      command: { drain: sh(drain), undrain: sh(undrain), ...settings },
    });
  const worker = () =>
    createLoadBalancer({ resolveReference: () => Promise.resolve(token) });
  const log = () => readFile(join(folder, "log"), "utf8");

  it("is told of the host, without a shell", async () => {
    const hostId = "a b;touch x";
    await worker().drain(callOf(balancer(), hostId));
    await worker().undrain(callOf(balancer(), hostId));
    expect(await log()).toBe(`drain ${hostId}\nundrain ${hostId}\n`);
  });

  it("never has more than the allowed hosts out, by its own count", async () => {
    const counted = balancer({ count: sh(count), maxOut: "50%" });
    const one = worker();
    let outside = 0;
    let most = 0;
    await Promise.all(
      ["a", "b", "c", "d"].map(async (name) => {
        await one.drain(callOf(counted, name));
        most = Math.max(most, ++outside);
        outside--;
        await one.undrain(callOf(counted, name));
      }),
    );
    expect(most).toBeLessThanOrEqual(2);
    expect(await log()).toMatch(/^(\w+ [abcd]\n){8}$/);
  }, 180_000);

  it("waits while its count says that as many are out as may be", async () => {
    const full = sh(`echo '{"total": 4, "out": 1}'`);
    const call = callOf(balancer({ count: full, turnTimeoutS: 1 }), "a");
    await expect(worker().drain(call)).rejects.toMatchObject({
      type: "balancer.tooManyOut",
      failureClass: "wait",
    });
    expect(await log()).toBe("");
  });

  it.each([
    ["nothing", ""],
    ["no JSON", "two"],
    ["half a count", '{"total": 4}'],
    ["more out than there are", '{"total": 4, "out": 5}'],
    ["an empty backend", '{"total": 0, "out": 0}'],
    ["a fraction", '{"total": 4, "out": 0.5}'],
  ])("takes %s for no count", async (_, printed) => {
    const call = callOf(balancer({ count: ["echo", printed || " "] }), "a");
    await expect(worker().drain(call)).rejects.toMatchObject({
      type: "balancer.badCount",
      failureClass: "human",
    });
    expect(await log()).toBe("");
  });

  it("says what a failing command said, without the secrets that it was given", async () => {
    const failing = sh(`echo "no entry for $LB_TOKEN" >&2; exit 3`);
    const settings = { drain: failing, env: { LB_TOKEN: "env:LB_TOKEN" } };
    await expect(
      worker().drain(callOf(balancer(settings), "a")),
    ).rejects.toMatchObject({
      type: "balancer.commandFailed",
      failureClass: "retry",
      seen: "the command drain ended with exit code 3; it said: no entry for ***",
    });
  });

  it("names a program that the worker does not have", async () => {
    const call = callOf(balancer({ undrain: ["no-such-program"] }), "a");
    await expect(worker().undrain(call)).rejects.toMatchObject({
      type: "balancer.commandMissing",
      failureClass: "human",
      seen: "cannot start no-such-program (ENOENT)",
    });
  });

  it("reads no more than a megabyte of what a command prints", async () => {
    const call = callOf(balancer({ drain: ["yes"] }), "a");
    await expect(worker().drain(call)).rejects.toMatchObject({
      type: "balancer.commandFailed",
      seen: "the command drain printed more than 1 MB",
    });
  });

  it("refuses a placeholder that the host does not fill in", async () => {
    const call = callOf(balancer({ drain: ["echo", "{{host.tags.lb}}"] }), "a");
    await expect(worker().drain(call)).rejects.toMatchObject({
      type: "balancer.badName",
      failureClass: "stop",
    });
  });

  it("ends its command with the visit", async () => {
    const control = new AbortController();
    const stopped = new Error("stopped");
    const waits = sh(`echo $$ > "$0/pid"; exec sleep 60`);
    const call = callOf(balancer({ drain: waits }), "a", control.signal);
    const drained = expect(worker().drain(call)).rejects.toBe(stopped);
    const pid = await eventually(async () => {
      const text = await readFile(join(folder, "pid"), "utf8");
      return text === "" ? undefined : Number(text);
    });
    control.abort(stopped);
    await drained;
    expect(() => process.kill(pid, 0)).toThrow();
  });
});
