import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import {
  incompleteEnd,
  OutputFeed,
  textOfEnd,
} from "../../../activities/ssh/job-output";
import type { JobEnd } from "../../../activities/ssh/job-protocol";
import { LocalHost, shellsHere, until } from "./job-local-host";

const key = "run/app-07/apply/0";

interface Piece {
  readonly text: string;
  readonly offset: number;
  readonly next: number;
}

function collect() {
  const pieces: Piece[] = [];
  const onOutput = (text: string, offset: number, next: number): void => {
    pieces.push({ text, offset, next });
  };
  return { pieces, onOutput };
}

function textOf(pieces: readonly Piece[]): string {
  return pieces.map((piece) => piece.text).join("");
}

function expectSeamless(pieces: readonly Piece[], from = 0): void {
  let at = from;
  for (const piece of pieces) {
    expect(piece.offset).toBe(at);
    at = piece.next;
  }
}

describe.each(shellsHere())("output of a job on a host with %s", (shell) => {
  let host: LocalHost;
  beforeEach(() => {
    host = new LocalHost(shell);
  });
  afterEach(() => host.dispose());
  const go = (name: string): void => writeFileSync(join(host.home, name), "");
  const wait = (name: string) => `until [ -e ~/${name} ]; do sleep .01; done`;

  test("comes while the job runs, each byte once and in order", async () => {
    const { pieces, onOutput } = collect();
    const script = `echo one; ${wait("a")}; printf 'gr\\303'; ${wait("b")}; printf '\\274n\\n'`;
    const request = { key, command: { script }, timeoutMs: 20_000 };
    const call = host.jobs().runJob(host.target, request, { onOutput });
    await until(() => textOf(pieces) === "one\n");
    go("a");
    await until(() => textOf(pieces) === "one\ngr");
    go("b");
    await call;
    expect(textOf(pieces)).toBe("one\ngrün\n");
    expectSeamless(pieces);
  });

  test("goes on where an earlier call has stopped", async () => {
    const first = collect();
    const script = `echo one; ${wait("a")}; echo two`;
    const request = { key, command: { script }, timeoutMs: 20_000 };
    const caller = new AbortController();
    const detached = host.jobs().runJob(host.target, request, {
      onOutput: first.onOutput,
      signal: caller.signal,
    });
    await until(() => first.pieces.length > 0);
    caller.abort(new Error("detached"));
    await expect(detached).rejects.toThrow("detached");
    go("a");
    const second = collect();
    await host.jobs().runJob(host.target, request, {
      onOutput: second.onOutput,
      outputOffset: first.pieces.at(-1)?.next ?? 0,
    });
    expect(textOf(second.pieces)).toBe("two\n");
    expectSeamless(second.pieces, 4);
  });

  test("is whole, whatever the kept end leaves out and however often the link is cut", async () => {
    const { pieces, onOutput } = collect();
    const script =
      "i=0; while [ $i -lt 30 ]; do seq $i 10000; i=$((i+1)); [ $((i % 10)) -gt 0 ] || sleep .05; done";
    let cuts = 0;
    host.cutAfterMs = () => (cuts++ < 4 ? 50 : undefined);
    const request = { key, command: { script }, timeoutMs: 20_000 };
    const result = await host.jobs().runJob(host.target, request, { onOutput });
    const expected = Array.from({ length: 30 }, (_, i) =>
      Array.from({ length: 10_001 - i }, (_, n) => `${i + n}\n`).join(""),
    ).join("");
    expect(textOf(pieces) === expected).toBe(true);
    expectSeamless(pieces);
    expect(result.stdoutBytes).toBe(expected.length);
    expect(expected.endsWith(result.stdout)).toBe(true);
  });
});

function endWith(stdout: Buffer, keptBytes: number): JobEnd {
  return {
    attached: "started",
    outcome: "finished",
    exitCode: 0,
    startedAt: 0,
    finishedAt: 0,
    rebooted: false,
    diskFull: false,
    stdoutBytes: stdout.length,
    stderrBytes: 0,
    stdout: stdout.subarray(Math.max(0, stdout.length - keptBytes)),
    stderr: Buffer.alloc(0),
    folder: "",
  };
}

test("text cut at any byte comes whole, with offsets in bytes", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: "grapheme", maxLength: 40 }),
      fc.array(fc.nat(12), { maxLength: 8 }),
      fc.nat(60),
      async (text, sizes, keptBytes) => {
        const all = Buffer.from(text, "utf8");
        const { pieces, onOutput } = collect();
        const feed = new OutputFeed(onOutput, 0);
        for (const size of sizes)
          await feed.advance((at) =>
            Promise.resolve(all.subarray(at, at + size)),
          );
        await feed.finish(endWith(all, keptBytes), (at) =>
          Promise.resolve(all.subarray(at, at + 5)),
        );
        expect(textOf(pieces)).toBe(text);
        expectSeamless(pieces);
        expect(pieces.at(-1)?.next ?? 0).toBe(all.length);
      },
    ),
  );
});

test("an end that is no UTF-8 at all is not held back for ever", () => {
  expect(incompleteEnd(Buffer.from([0x80, 0x80, 0x80, 0x80]))).toBe(0);
  expect(incompleteEnd(Buffer.from([0xe2, 0x82]))).toBe(2);
  expect(incompleteEnd(Buffer.from([0xe2, 0x82, 0xac]))).toBe(0);
  expect(incompleteEnd(Buffer.from([0xf0]))).toBe(1);
});

test("a kept end begins with a whole character", () => {
  const euro = Buffer.from("€uro");
  expect(textOfEnd(euro.subarray(1), 6)).toBe("uro");
  expect(textOfEnd(euro, 6)).toBe("€uro");
});
