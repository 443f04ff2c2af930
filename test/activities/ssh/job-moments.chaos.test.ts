import type { JobRequest } from "../../../activities/ssh/port";
import { seededRandom } from "../../harness/seeded-random";
import { groupLives, LocalHost, shellsHere } from "./job-local-host";

function job(n: number, script: string): JobRequest {
  const key = `run/app-07/apply/${n}`;
  return { key, command: { script }, timeoutMs: 20_000 };
}

describe.each(shellsHere())("on a host with %s", (shell) => {
  let host: LocalHost;
  beforeEach(() => {
    host = new LocalHost(shell);
  });
  afterEach(() => host.dispose());
  const run = (request: JobRequest) => host.jobs().runJob(host.target, request);

  test("forty short jobs whose link is cut at any moment run once each", async () => {
    const random = seededRandom(7);
    let cuts = 0;
    for (let n = 0; n < 40; n++) {
      // The first three links of each job live for 0 to 30 ms: a cut finds every stage of a start.
      const lastCut = cuts + 3;
      host.cutAfterMs = () =>
        cuts < lastCut ? (cuts++, random() * 30) : undefined;
      const request = job(n, `echo ${n} >>~/log; echo out ${n}; exit ${n % 3}`);
      const result = await run(request);
      expect(result).toMatchObject({ exitCode: n % 3, stdout: `out ${n}\n` });
    }
    const expected = Array.from({ length: 40 }, (_, n) => `${n}\n`).join("");
    expect(host.read("log")).toBe(expected);
    expect(cuts).toBeGreaterThan(60);
  });

  test("a cancel at the moment of the start either stops the job or prevents it", async () => {
    for (let n = 0; n < 15; n++) {
      const request = job(n, `echo ${n} >>~/log; sleep 60`);
      const outcome = expect(run(request)).rejects.toMatchObject({
        type: "ssh.jobCancelled",
        failureClass: "human",
      });
      await new Promise((resolve) => setTimeout(resolve, n));
      await host.jobs().cancelJob(host.target, request.key, 5_000);
      await outcome;
      expect(groupLives(host.groupOf(request.key))).toBe(false);
    }
  });
});
