import { LocalHost, shellsHere } from "./job-local-host";

describe.each(shellsHere())("a job on a host with %s", (shell) => {
  let host: LocalHost;
  beforeEach(() => {
    host = new LocalHost(shell);
  });
  afterEach(() => host.dispose());

  test("is started, and its result read by a second call", async () => {
    const request = {
      key: "run/app-07/apply/0",
      command: { script: "echo out; echo err >&2; exit 3" },
      timeoutMs: 10_000,
    };
    const t = Date.now();
    const first = await host.jobs().runJob(host.target, request);
    console.log(Date.now() - t);
    expect(first).toMatchObject({
      attached: "started",
      exitCode: 3,
      stdout: "out\n",
      stderr: "err\n",
      stdoutBytes: 4,
      stderrBytes: 4,
      rebooted: false,
    });
    const second = await host.jobs().runJob(host.target, request);
    expect(second).toEqual({ ...first, attached: "finished" });
  });
});
