import { readWrk } from "../../../activities/load/wrk";

/** As wrk 4.1 prints it. */
const wrkText = (...faults: readonly string[]): string =>
  [
    "Running 1s test @ http://127.0.0.1:18997/",
    "  1 threads and 4 connections",
    "  Thread Stats   Avg      Stdev     Max   +/- Stdev",
    "    Latency    42.13ms    8.16ms  48.03ms   95.65%",
    "    Req/Sec    91.50     19.03   121.00     70.00%",
    "  92 requests in 1.01s, 10.77KB read",
    ...faults,
    "Requests/sec:     91.39",
    "Transfer/sec:     10.69KB\n",
  ].join("\n");

test("the words of wrk count its requests", () => {
  expect(readWrk(wrkText())).toEqual({ requests: 92, failed: 0 });
});

test("answers that are no success and sockets that broke have failed", () => {
  const text = wrkText(
    "  Socket errors: connect 1, read 20, write 300, timeout 4000",
    "  Non-2xx or 3xx responses: 50000",
  );
  expect(readWrk(text)).toEqual({ requests: 92, failed: 54_321 });
});

test.each(["", "all done", "92 requests in all", "Requests/sec: 91.39"])(
  "%p is not said by wrk",
  (text) => {
    expect(readWrk(text)).toBeUndefined();
  },
);
