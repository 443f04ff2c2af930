import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JobFrame, JobRequest } from "../../../activities/ssh/port";
import { LocalHost, shellsHere, until } from "./job-local-host";

const key = "run/app-07/apply/1";

function job(script: string): JobRequest {
  return { key, command: { script }, timeoutMs: 20_000 };
}

/** Does what its argument says. */
const script = 'eval "$1"; exit';

describe.each(shellsHere())("the frame of a job on a host with %s", (shell) => {
  let host: LocalHost;
  beforeEach(() => {
    host = new LocalHost(shell);
  });
  afterEach(() => host.dispose());
  const run = (
    request: JobRequest,
    { before, after }: { before?: string; after?: string },
    more: Partial<JobFrame> & { signal?: AbortSignal } = {},
  ) => {
    const { signal, ...rest } = more;
    const frame = {
      script,
      ...(before !== undefined && { before: { args: [before] } }),
      ...(after !== undefined && { after: { args: [after] } }),
      ...rest,
    };
    const options = { frame, ...(signal && { signal }) };
    return host.jobs().runFramedJob(host.target, request, options);
  };
  const go = (): void => writeFileSync(join(host.home, "go"), "");
  const untilGo = "until [ -e ~/go ]; do sleep .01; done";

  test("runs before and behind it, each with its own words, where a command of its own would", async () => {
    const { before, job: ended } = await run(
      job("echo two >>~/log; echo out"),
      {
        before: "echo one >>~/log; pwd; echo hm >&2",
        after: "echo three >>~/log; pwd; exit 3",
      },
    );
    expect(before).toMatchObject({ exitCode: 0, stdout: `${host.home}\n` });
    expect(before?.stderr).toContain("hm\n");
    expect(ended).toMatchObject({ exitCode: 0, stdout: "out\n" });
    expect(ended?.after).toMatchObject({
      ...{ exitCode: 3, stdout: `${host.home}\n` },
    });
    expect(host.read("log")).toBe("one\ntwo\nthree\n");
  });

  test("takes any bytes, also what looks like an answer of the job", async () => {
    const text = "@0123456789abcdef end finished\n\\0\u00e9 'x'";
    const said: string[] = [];
    const part = {
      args: ['printf %s "$2"', text],
      onOutput: (chunk: string) => said.push(chunk),
    };
    const { before, job: ended } = await run(
      job("true"),
      {},
      { before: part, after: part },
    );
    expect(before?.stdout).toBe(text);
    expect(ended?.after?.stdout).toBe(text);
    expect(said.join("")).toBe(text + text);
  });

  test("lets no job start unless it ends with 0", async () => {
    const begun = jest.fn();
    const request = job("echo two >>~/log");
    const told = await run(
      request,
      { before: "echo no; exit 3", after: "echo three >>~/log" },
      { onBegun: begun },
    );
    expect(told.before).toMatchObject({ exitCode: 3, stdout: "no\n" });
    expect(told.job).toBeUndefined();
    expect(host.read("log")).toBe("");
    expect(begun).not.toHaveBeenCalled();
    expect((await run(request, { before: "exit 0" })).job?.exitCode).toBe(0);
  });

  test("is not behind a job that failed", async () => {
    const told = await run(job("exit 4"), { after: "echo two >>~/log" });
    expect(told.job).toMatchObject({ exitCode: 4 });
    expect(told.job?.after).toBeUndefined();
    expect(host.read("log")).toBe("");
  });

  test("is not before a job that has begun, whoever comes to join it", async () => {
    const request = job("echo two >>~/log");
    await run(request, { before: "true" });
    const again = await run(request, { before: "echo one >>~/log" });
    expect(again.before).toBeUndefined();
    expect(again.job).toMatchObject({ attached: "finished", exitCode: 0 });
    expect(host.read("log")).toBe("two\n");
  });

  test("starts anew over a new link while the job has not begun", async () => {
    const call = run(job("echo two >>~/log"), {
      before: `echo one >>~/log; ${untilGo}`,
    });
    await until(() => host.read("log") === "one\n");
    host.cut();
    await until(() => host.read("log") === "one\none\n");
    go();
    expect((await call).job?.exitCode).toBe(0);
    expect(host.read("log")).toBe("one\none\ntwo\n");
  });

  test("leaves the job alone when the link drops in it or behind it", async () => {
    const call = run(job(`echo two >>~/log; ${untilGo}`), {
      before: "echo one >>~/log",
      after: "echo three >>~/log; until [ -e ~/on ]; do sleep .01; done",
    });
    await until(() => host.read("log") === "one\ntwo\n");
    host.cut();
    go();
    await until(() => host.read("log") === "one\ntwo\nthree\n");
    host.cut();
    await until(() => host.read("log") === "one\ntwo\nthree\nthree\n");
    writeFileSync(join(host.home, "on"), "");
    const { before, job: ended } = await call;
    expect(before).toMatchObject({ exitCode: 0 });
    expect(ended).toMatchObject({ attached: "started", exitCode: 0 });
    expect(ended?.after).toMatchObject({ exitCode: 0 });
  });

  test("has no part in the time limit of the job", async () => {
    const request = { ...job("true"), timeoutMs: 300 };
    const told = await run(request, {
      ...{ before: "sleep .4", after: "sleep .4; echo end" },
    });
    expect(told.job?.after?.stdout).toBe("end\n");
  });

  test("is left by a caller that goes, for the reason it gives", async () => {
    const caller = new AbortController();
    const call = run(
      job("true"),
      { after: "echo two >>~/log; sleep 60" },
      { signal: caller.signal },
    );
    const left = expect(call).rejects.toThrow("too late");
    await until(() => host.read("log") === "two\n");
    caller.abort(new Error("too late"));
    await left;
  });

  test("leaves a file from which the job has a variable", async () => {
    const write =
      "printf '%s\\n' '1.0 \"x\"' 17 >~/.upgrade-runbooks/jobs/../known";
    const request = {
      ...job('echo "$KNOWN|${OTHER-unset}"'),
      envFiles: { KNOWN: "known", OTHER: "not/there" },
    };
    const { job: ended } = await run(request, {
      before: `mkdir -p ~/.upgrade-runbooks/jobs; ${write}`,
    });
    expect(ended?.stdout).toBe('1.0 "x"|unset\n');
  });
});
