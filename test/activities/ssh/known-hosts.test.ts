import {
  fingerprintOf,
  judgeHostKey,
  listedKeyTypes,
  matchesHosts,
  mergeKnownHosts,
  parseKnownHosts,
  typeOfBlob,
  type HostKey,
} from "../../../activities/ssh/known-hosts";

/** A blob of the right form; which bytes it holds does not matter here. */
function key(type: string, seed: number): HostKey {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(type.length);
  return {
    type,
    blob: Buffer.concat([head, Buffer.from(type), Buffer.alloc(36, seed)]),
  };
}
const ed = key("ssh-ed25519", 1);
const otherEd = key("ssh-ed25519", 2);
const rsa = key("ssh-rsa", 3);
const words = ({ type, blob }: HostKey) => `${type} ${blob.toString("base64")}`;
const known = (text: string) => parseKnownHosts(text, "kh");
const web = { address: "web-1", port: 22 };
const judge = (shown: HostKey, text: string, host = web) =>
  judgeHostKey(shown, host, known(text)).kind;

describe("the names of a line", () => {
  test.each([
    ["web-1", "web-1", true],
    ["web-1", "web-11", false],
    ["db,web-1", "web-1", true],
    ["WEB-1", "web-1", true],
    ["web-*", "web-1", true],
    ["web-?", "web-1", true],
    ["web-?", "web-10", false],
    ["*", "web-1", true],
    ["*.a.example", "x.y.a.example", true],
    ["*a*b*c", "xxaxxbxxc", true],
    ["*a*b*c", "xxaxxcxxb", false],
    ["*,!web-1", "web-1", false],
    ["!web-1,*", "web-1", false],
    ["!web-*,web-1", "web-1", false],
    ["!web-2,web-1", "web-1", true],
    ["!web-2", "web-1", false],
    ["[web-1]:2222", "[web-1]:2222", true],
    ["[web-1]:2222", "[web-1]:2223", false],
    ["[*]:2222", "[web-1]:2222", true],
    ["web.1", "web-1", false],
  ])("%s against %s: %s", (hosts, name, matches) => {
    expect(matchesHosts(hosts, name)).toBe(matches);
  });

  test("match when hashed, as written by ssh-keygen -H", () => {
    const hashed =
      "|1|P1u8miuAMY1VjXX5phvwOpp/9XQ=|3Mc3wqQpBpRdOjX2tTOjVnu185Y=";
    expect(matchesHosts(hashed, "web-1")).toBe(true);
    expect(matchesHosts(hashed, "web-2")).toBe(false);
  });

  test("with many stars are matched in no time", () => {
    const begun = performance.now();
    expect(matchesHosts(`${"*a".repeat(40)}b`, "a".repeat(2_000))).toBe(false);
    expect(performance.now() - begun).toBeLessThan(500);
  });
});

describe("parsing", () => {
  test("skips comments and empty lines, and tells where each entry stands", () => {
    const { entries, badLines } = known(
      `# mine\n\n  web-1 ${words(ed)} why\r\n`,
    );
    expect(badLines).toEqual([]);
    expect(entries).toEqual([
      { file: "kh", line: 3, hosts: "web-1", type: ed.type, blob: ed.blob },
    ]);
  });

  test.each([
    ["web-1", "expected names, a key type and a key"],
    ["web-1 ssh-ed25519", "expected names, a key type and a key"],
    [`@trusted web-1 ${words(ed)}`, "unknown marker @trusted"],
    ["web-1 1024 35 1442", "a key of SSH version 1"],
    ["web-1 ssh-ed25519 %%%%", "the key is not of type ssh-ed25519"],
    [
      `web-1 ssh-rsa ${ed.blob.toString("base64")}`,
      "the key is not of type ssh-rsa",
    ],
    [`|2|a|b ${words(ed)}`, "a hashed name of an unknown form"],
  ])("reports %s with its line number and goes on", (line, reason) => {
    const { entries, badLines } = known(`${line}\nweb-1 ${words(ed)}`);
    expect(badLines).toEqual([{ file: "kh", line: 1, reason }]);
    expect(entries).toHaveLength(1);
  });

  test("joins several files", () => {
    const merged = mergeKnownHosts([known("bad"), known(`a ${words(ed)}`)]);
    expect(merged.entries).toHaveLength(1);
    expect(merged.badLines).toHaveLength(1);
  });
});

describe("the verdict", () => {
  test("is known for a listed key", () => {
    expect(judge(ed, `web-1 ${words(ed)}`)).toBe("known");
  });

  test("is known when one of several listed keys is shown", () => {
    const text = `web-1 ${words(otherEd)}\nweb-1 ${words(ed)}`;
    expect(judge(ed, text)).toBe("known");
  });

  test("is known by the name that people use, too", () => {
    const host = { address: "10.0.0.1", port: 22, alias: "web-1" };
    expect(judge(ed, `web-1 ${words(ed)}`, host)).toBe("known");
  });

  test("is unknown when only other hosts are listed", () => {
    expect(judge(ed, `web-2 ${words(ed)}`)).toBe("unknown");
  });

  test("is changed when other keys are listed, and tells their fingerprints", () => {
    const text = `web-1 ${words(otherEd)}\nweb-* ${words(rsa)}`;
    expect(judgeHostKey(ed, web, known(text))).toEqual({
      kind: "changed",
      expected: [fingerprintOf(otherEd.blob), fingerprintOf(rsa.blob)],
    });
  });

  test("takes a key listed without port as good for another port", () => {
    const host = { address: "web-1", port: 2222 };
    expect(judge(ed, `web-1 ${words(ed)}`, host)).toBe("known");
  });

  test("does not hold an entry without port against another port", () => {
    const host = { address: "web-1", port: 2222 };
    expect(judge(otherEd, `web-1 ${words(ed)}`, host)).toBe("unknown");
  });

  test("does not take an entry of another port for port 22", () => {
    expect(judge(ed, `[web-1]:2222 ${words(ed)}`)).toBe("unknown");
  });

  test("is revoked although the key is listed as well", () => {
    const text = `web-1 ${words(ed)}\n@revoked * ${words(ed)}`;
    expect(judgeHostKey(ed, web, known(text))).toEqual({
      kind: "revoked",
      where: "kh:2",
    });
  });

  test("is not revoked by a line about another key", () => {
    const text = `web-1 ${words(ed)}\n@revoked * ${words(otherEd)}`;
    expect(judge(ed, text)).toBe("known");
  });

  test("is unknown for a host of a certificate authority, and says that", () => {
    const text = `@cert-authority * ${words(rsa)}`;
    expect(judgeHostKey(ed, web, known(text))).toEqual({
      kind: "unknown",
      authority: true,
    });
  });

  test("does not take the key of a certificate authority for a host's own", () => {
    expect(judge(rsa, `@cert-authority * ${words(rsa)}`)).toBe("unknown");
  });
});

describe("a fingerprint of the inventory", () => {
  const none = known("");

  test("makes its key known, with or without padding", () => {
    const print = fingerprintOf(ed.blob);
    expect(judgeHostKey(ed, web, none, print).kind).toBe("known");
    expect(judgeHostKey(ed, web, none, `${print}=`).kind).toBe("known");
  });

  test("stands instead of an entry that says otherwise", () => {
    const print = fingerprintOf(ed.blob);
    const listed = known(`web-1 ${words(otherEd)}`);
    expect(judgeHostKey(ed, web, listed, print).kind).toBe("known");
    expect(judgeHostKey(otherEd, web, listed, print).kind).toBe("changed");
  });

  test("does not help a revoked key", () => {
    const revoked = known(`@revoked * ${words(ed)}`);
    const verdict = judgeHostKey(ed, web, revoked, fingerprintOf(ed.blob));
    expect(verdict.kind).toBe("revoked");
  });
});

test("a fingerprint is the one that ssh-keygen -l prints", () => {
  const blob = Buffer.from(
    "AAAAC3NzaC1lZDI1NTE5AAAAIOhFMAra0F4GN2sqpwaNC7S2Tg5lxwl4MIBxVnIuBAX9",
    "base64",
  );
  expect(fingerprintOf(blob)).toBe(
    "SHA256:xNN1GMLnA4JggiO7GgSaeuiZqN9uJjkskvDc9w5SZCc",
  );
});

test.each([
  ["one of several names, in capitals", `db,WEB-1 ${words(ed)}`],
  ["a pattern behind other hosts", `db ${words(rsa)}\nweb-? ${words(ed)}`],
])("a key is found under %s", (_, text) => {
  expect(judge(ed, text)).toBe("known");
  expect(judge(otherEd, text)).toBe("changed");
});

describe("key types", () => {
  test("are told in the order of the files, without markers", () => {
    const text = `web-1 ${words(rsa)}\nweb-1 ${words(ed)}\nweb-* ${words(rsa)}\n@cert-authority * ${words(key("ecdsa-sha2-nistp256", 4))}`;
    expect(listedKeyTypes(web, known(text))).toEqual([
      "ssh-rsa",
      "ssh-ed25519",
    ]);
  });

  test.each([
    ["nothing", Buffer.alloc(0)],
    ["a length beyond the end", Buffer.from([0, 0, 0, 99, 1])],
    ["an empty type", Buffer.from([0, 0, 0, 0, 1])],
  ])("are not read from %s", (_, blob) => {
    expect(typeOfBlob(blob)).toBeUndefined();
  });
});
