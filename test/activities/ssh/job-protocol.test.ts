import fc from "fast-check";
import {
  AnswerReader,
  type JobAnswer,
} from "../../../activities/ssh/job-protocol";

const nonce = "0123456789abcdef";
const stdout = Buffer.from([0, 255, 64, 10, 65]);
const stderr = Buffer.from(`@${nonce} end of it\n`);
const channel = Buffer.concat([
  Buffer.from("Welcome to app-07\n@nobody end 1\nno newline"),
  Buffer.from(`@${nonce} attached running 61\n@${nonce} .\n`),
  Buffer.from(`@${nonce} out 3\nabc@${nonce} stuck 12\n`),
  Buffer.from(
    `@${nonce} end running finished 3 100 160 1 0 70000 ${stderr.length} 5 ${stderr.length} /home/a b/jobs/1\n`,
  ),
  stdout,
  stderr,
  Buffer.from("logout\n"),
]);

const answers: JobAnswer[] = [
  { kind: "attached", attached: "running", elapsedMs: 61_000 },
  { kind: "word", word: ".", detail: "" },
  { kind: "out", bytes: Buffer.from("abc") },
  { kind: "word", word: "stuck", detail: "12" },
  {
    kind: "end",
    end: {
      attached: "running",
      outcome: "finished",
      exitCode: 3,
      startedAt: 100,
      finishedAt: 160,
      rebooted: true,
      diskFull: false,
      stdoutBytes: 70_000,
      stderrBytes: stderr.length,
      stdout,
      stderr,
      folder: "/home/a b/jobs/1",
    },
  },
];

test("answers are read from any chunks, among whatever else is said", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 });
  fc.assert(
    fc.property(sizes, (lengths) => {
      const seen: JobAnswer[] = [];
      const reader = new AnswerReader(
        nonce,
        (answer) => seen.push(answer),
        () => undefined,
      );
      let at = 0;
      for (const length of lengths) {
        reader.add(channel.subarray(at, at + length));
        at += length;
      }
      reader.add(channel.subarray(at));
      expect(seen).toEqual(answers);
    }),
  );
});

test("an answer whose bytes have not all come is no answer", () => {
  const seen: JobAnswer[] = [];
  const reader = new AnswerReader(
    nonce,
    (answer) => seen.push(answer),
    () => undefined,
  );
  reader.add(Buffer.from(`@${nonce} out 10\nabc`));
  expect(seen).toEqual([]);
});
