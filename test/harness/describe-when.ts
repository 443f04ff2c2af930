/**
 * `describe` where the machine has what the tests need; else leaves them out and prints why, so that nobody takes
 * "skipped" for "passed".
 *
 * @param missing what the machine lacks and how to get it; undefined when it lacks nothing
 */
export function describeWhen(missing: string | undefined) {
  if (missing === undefined) return describe;
  return (title: string, tests: () => void) => {
    process.stderr.write(`left out: ${title}: ${missing}\n`);
    describe.skip(title, tests);
  };
}
