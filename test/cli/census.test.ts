import { askVersions, censusOf, type HostVersion } from "../../cli/census";
import { forEachAtOnce } from "../../cli/each";
import { hostSchema } from "../../activities/inventory/port";
import { sshAccessSchema, type ExecResult } from "../../activities/ssh/port";
import { cli } from "./run-cli";

const answer = (id: string, version?: string): HostVersion =>
  version === undefined
    ? { id, pool: "web", fault: "no answer" }
    : { id, pool: "web", version };

describe("a census", () => {
  it("counts versions, most hosts first, and names who differs and who is silent", () => {
    const census = censusOf([
      answer("a", "1.0"),
      answer("b", "2.0"),
      answer("c", "2.0"),
      answer("d"),
    ]);
    expect(census).toEqual({
      total: 4,
      versions: [
        { version: "2.0", count: 2 },
        { version: "1.0", count: 1 },
      ],
      differing: [answer("a", "1.0")],
      silent: [answer("d")],
      isUniform: false,
    });
  });

  it.each([
    [[answer("a", "1.0"), answer("b", "1.0")], true],
    [[answer("a", "1.0"), answer("b", "1.1")], false],
    [[answer("a", "1.0"), answer("b")], false],
    [[answer("a")], false],
  ])("of %j is uniform: %s", (answers, isUniform) => {
    expect(censusOf(answers).isUniform).toBe(isUniform);
  });

  it("asks by the words of the host, and takes the first line of a success alone", async () => {
    const says: Readonly<Record<string, Partial<ExecResult>>> = {
      a: { stdout: " 2.0 \nmore\n" },
      b: { stdout: "2.0\n", exitCode: 3, stderr: "no such file\n" },
      c: { stdout: "\n" },
    };
    const hosts = Object.keys(says).map((id) =>
      hostSchema.parse({ id, address: "192.0.2.1", pool: "web" }),
    );
    const asked: (readonly string[])[] = [];
    const answers = await askVersions(
      {
        exec: async ({ host }, { argv }) => {
          asked.push(argv);
          const blank = { exitCode: 0, stdout: "", stderr: "", stdoutBytes: 0 };
          const rest = { stderrBytes: 0, durationMs: 1 };
          return { ...blank, ...rest, ...says[host.id] };
        },
        release: () => undefined,
      },
      {
        target: "prod",
        component: "app",
        step: { run: ["v", "{{host.id}}", "{{component}}"] },
        access: sshAccessSchema.parse({}),
        hosts,
        atOnce: 2,
      },
    );
    expect(asked.map((words) => words.join(" ")).sort()).toEqual([
      "v a app",
      "v b app",
      "v c app",
    ]);
    expect(answers).toEqual([
      { id: "a", pool: "web", version: "2.0" },
      { id: "b", pool: "web", fault: "exit 3: no such file" },
      { id: "c", pool: "web", fault: "exit 0" },
    ]);
  });
});

test("no more are asked at once than may be, and all are asked", async () => {
  let now = 0;
  let most = 0;
  const list = Array.from({ length: 30 }, (_, index) => index);
  const results = await forEachAtOnce(list, 4, async (one) => {
    most = Math.max(most, ++now);
    await Promise.resolve();
    now--;
    return one * 2;
  });
  expect(most).toBe(4);
  expect(results).toEqual(list.map((one) => one * 2));
});

test.each([
  [["census", "--at-once", "0"], "Expected a whole number from 1 to 500."],
  [["census", "--tag", "nothing"], "Expected name=value."],
  [["census", "--pools", ","], "Expected names, comma separated."],
  [["census"], "RUNBOOK_CONFIG"],
])("%j is refused, exit 2", async (argv, fault) => {
  const { code, err } = await cli(argv);
  expect(code).toBe(2);
  expect(err).toContain(fault);
});
