import fc from "fast-check";
import { curlConfig } from "../../../activities/customers/curl-config";
import { readRecord } from "../../../activities/customers/customer-record";
import { readProbeOutput } from "../../../activities/customers/probe-output";
import { planTransfers } from "../../../activities/customers/transfers";
import { check } from "../../harness/properties";

const asking = { userAgent: "fleet/1", connectS: 5, totalS: 15 };
const transfer = {
  ...{ customer: 0, address: "93.184.215.14", source: "203.0.113.10" },
  side: "old" as const,
};

describe("requests", () => {
  test("of one customer follow each other, old first, at each address", () => {
    const customers = ["a", "b"].map((id) => ({
      ...{ id, url: `https://${id}.example/` },
      addresses: id === "a" ? ["1.1.1.1", "2.2.2.2"] : ["3.3.3.3"],
    }));
    const [run = []] = planTransfers(customers, {
      old: ["o1", "o2"],
      new: ["n1", "n2"],
    });
    const words = run.map((one) => `${one.source}>${one.address}`);
    expect(words).toEqual([
      ...["o1>1.1.1.1", "o2>3.3.3.3", "n1>1.1.1.1", "n1>3.3.3.3"],
      ...["n2>1.1.1.1", "n2>3.3.3.3"],
      ...["o1>2.2.2.2", "n1>2.2.2.2", "n2>2.2.2.2"],
    ]);
  });

  test("are at most a thousand at once, each customer whole, and at eight addresses", () => {
    const addresses = Array.from({ length: 12 }, (_, n) => `1.1.1.${n}`);
    const customers = Array.from({ length: 120 }, (_, n) => ({
      ...{ id: `c${n}`, url: `https://c${n}.example/`, addresses },
    }));
    const runs = planTransfers(customers, { old: ["o"], new: ["n"] });
    expect(runs.map(({ length }) => length)).toEqual([800, 800, 320]);
    expect(runs.flat()).toHaveLength(120 * 8 * 2);
  });

  test("are none without customers", () => {
    expect(planTransfers([], { old: ["o"], new: ["n"] })).toEqual([]);
  });
});

describe("a configuration of curl", () => {
  test("has a block for each request", () => {
    const text = curlConfig(
      [
        { ...transfer, url: "https://a.example/x" },
        { ...transfer, url: "https://b.example/", source: "203.0.113.11" },
      ],
      asking,
    );
    expect(text.split("next\n")[1]?.split("\n")).toEqual([
      'url = "https://b.example/"',
      'connect-to = "::93.184.215.14:"',
      'interface = "host!203.0.113.11"',
      'user-agent = "fleet/1"',
      'noproxy = "*"',
      'connect-timeout = "5"',
      'max-time = "15"',
      'max-filesize = "262144"',
      'output = "1.body"',
      'dump-header = "1.head"',
      'write-out = "#1 %{exitcode} %{http_code} %{size_download} %{time_connect} %{errormsg}\\n"',
      "globoff",
      "insecure",
      "",
    ]);
  });

  test("keeps its lines whatever URL a file may hold", () => {
    const hostile = fc
      .tuple(
        fc.webUrl({ withQueryParameters: true, withFragments: true }),
        fc.string({ unit: "binary" }),
        fc.constantFrom(
          "",
          '"\noutput = "/etc/passwd"',
          "\\",
          "\r\nnext\n",
          '\\"',
        ),
      )
      .map((parts) => parts.join(""));
    check(
      fc.property(hostile, (url) => {
        const raw = { id: "a", url, addresses: ["93.184.215.14"] };
        const read = readRecord(raw, false);
        if (!("customer" in read)) return;
        const text = curlConfig(
          [{ ...transfer, url: read.customer.url }],
          asking,
        );
        const lines = text.split("\n");
        expect(lines).toHaveLength(14);
        // One quoted text, in which each quote and backslash has a backslash before it.
        expect(lines[0]).toMatch(/^url = "(?:[^"\\\r]|\\["\\])*"$/);
      }),
      1_000,
    );
  });

  test.each(["", "two\nlines", "é", "x".repeat(257)])(
    "refuses %j as the name of a client",
    (userAgent) => {
      expect(() => curlConfig([], { ...asking, userAgent })).toThrow(
        expect.objectContaining({ type: "probe.badUserAgent" }),
      );
    },
  );

  test("refuses what is no address", () => {
    const bad = { ...transfer, url: "https://a.example/", source: "eth0" };
    expect(() => curlConfig([bad], asking)).toThrow("eth0");
  });
});

describe("what the script says", () => {
  const said = [
    "!version 7.88.1",
    "#0 0 200 4000 0.002430 ",
    "#1 28 000 0 0.000000 Connection timed out after 5001 milliseconds",
    "#2 63 200 0 0.001 Maximum file size exceeded",
    "#3 7 000 0 0.000000 bad\u001b[31m #4 0 200 1 0.1 words",
    "!challenge ./0.body",
    "!wait ./2.head",
    "",
  ].join("\n");

  test("is read by the number of each request", () => {
    const { answers, version, isWhole } = readProbeOutput(`${said}!end\n`);
    expect({ version, isWhole, count: answers.size }).toEqual({
      ...{ version: "7.88.1", isWhole: true, count: 4 },
    });
    expect(answers.get(0)).toEqual({
      ...{ exitCode: 0, status: 200, bodyBytes: 4_000, connectMs: 2 },
      ...{ isChallenge: true, asksToWait: false, error: "" },
    });
    expect(answers.get(1)).toMatchObject({ exitCode: 28, status: 0 });
    expect(answers.get(2)).toMatchObject({
      ...{ bodyBytes: 262_144, asksToWait: true },
    });
    expect(answers.get(3)?.error).toBe("bad [31m #4 0 200 1 0.1 words");
  });

  test("is known to be cut short", () => {
    expect(readProbeOutput(said).isWhole).toBe(false);
  });
});
