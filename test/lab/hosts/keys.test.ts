import { utils } from "ssh2";
import { knownHostsLine, newKeyPair } from "../../../lab/hosts/keys";

describe("a key pair of the lab", () => {
  // ssh2's own generator fails one time in 256: this many pairs would meet that for certain.
  test("can be read by ssh2, each of 2,000", () => {
    for (let count = 0; count < 2_000; count++) {
      const { privateKey, publicKey } = newKeyPair("web-01");
      const key = utils.parseKey(privateKey);
      if (key instanceof Error) throw key;
      const blob = key.getPublicSSH().toString("base64");
      expect(`ssh-ed25519 ${blob}`).toBe(publicKey);
    }
  });

  test("signs what its public half verifies", () => {
    const pair = newKeyPair("web-01");
    const [secret, open] = [pair.privateKey, pair.publicKey].map((text) => {
      const key = utils.parseKey(text);
      if (key instanceof Error) throw key;
      return key;
    });
    const signature = secret?.sign("text");
    if (signature === undefined || signature instanceof Error)
      throw new Error("no signature");
    expect(open?.verify("text", signature)).toBe(true);
    expect(open?.verify("other text", signature)).toBe(false);
  });

  test("has a fingerprint as ssh-keygen prints it", () => {
    expect(newKeyPair("x").fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  });

  test("stands in known_hosts with its port unless that is 22", () => {
    const key = newKeyPair("x");
    expect(knownHostsLine({ address: "127.20.0.1", port: 2222 }, key)).toBe(
      `[127.20.0.1]:2222 ${key.publicKey}\n`,
    );
    expect(knownHostsLine({ address: "127.20.0.1", port: 22 }, key)).toBe(
      `127.20.0.1 ${key.publicKey}\n`,
    );
  });
});
