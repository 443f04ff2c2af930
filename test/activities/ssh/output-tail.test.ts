import { createOutputTail } from "../../../activities/ssh/output-tail";

function tailOf(maxBytes: number, ...chunks: (string | Buffer)[]) {
  const tail = createOutputTail(maxBytes);
  for (const chunk of chunks) tail.add(Buffer.from(chunk));
  return tail;
}

test("keeps all of a short stream", () => {
  const tail = tailOf(10, "ab", "", "cd");
  expect(tail.text()).toBe("abcd");
  expect(tail.bytes).toBe(4);
});

test("keeps the end of a long stream and counts the whole", () => {
  const tail = tailOf(5, ..."abcdefghijklmnopqrstuvwxyz");
  expect(tail.text()).toBe("vwxyz");
  expect(tail.bytes).toBe(26);
});

test("keeps the end of one chunk that is too long", () => {
  expect(tailOf(3, "abcdefghijklmnop").text()).toBe("nop");
});

test("keeps nothing when asked to", () => {
  expect(tailOf(0, "abc", "def").text()).toBe("");
});

test("leaves out a character that the cut went through", () => {
  expect(tailOf(5, "€€€").text()).toBe("€");
});

test("joins a character that came in two chunks", () => {
  const [first, ...rest] = Buffer.from("ü");
  expect(tailOf(9, Buffer.of(first ?? 0), Buffer.from(rest)).text()).toBe("ü");
});

test("keeps bytes that are no text as they can be shown", () => {
  expect(tailOf(9, Buffer.of(0xff, 0x41)).text()).toBe("\ufffdA");
});

test("takes a hundred thousand small chunks in no time", () => {
  const tail = createOutputTail(64 * 1024);
  const chunk = Buffer.from("one line of output\n");
  const begun = performance.now();
  for (let i = 0; i < 100_000; i++) tail.add(chunk);
  expect(performance.now() - begun).toBeLessThan(1_000);
  expect(tail.bytes).toBe(1_900_000);
});
