import {
  requestFault,
  SeenRequests,
} from "../../../cli/chat/request-signature";
import { secret } from "./slack";

/** The example of Slack's own documentation. */
const example = {
  timestamp: "1531420618",
  signature:
    "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
  body: Buffer.from(
    "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
  ),
};
const then = Number(example.timestamp) * 1_000;

describe("the signature of a request of Slack", () => {
  it("holds in the example of Slack's documentation", () => {
    expect(requestFault(example, secret, then)).toBeUndefined();
  });

  it("holds for five minutes in both directions, and no longer", () => {
    const fault = (ms: number) => requestFault(example, secret, then + ms);
    expect(fault(300_000)).toBeUndefined();
    expect(fault(-300_000)).toBeUndefined();
    expect(fault(300_001)).toBe("old");
    expect(fault(-300_001)).toBe("old");
  });

  it.each([
    ["another body", { body: Buffer.from("token=xyzz0WbapA4vBCDEFasx0q6H") }],
    ["another time", { timestamp: "1531420619" }],
    ["another signature", { signature: `v0=${"a".repeat(64)}` }],
  ])("is wrong with %s", (_, changed) => {
    const fault = requestFault({ ...example, ...changed }, secret, then);
    expect(fault).toBe("wrong signature");
  });

  it("is wrong under another secret", () => {
    expect(requestFault(example, `${secret}x`, then)).toBe("wrong signature");
    expect(requestFault(example, "", then)).toBe("wrong signature");
  });

  it.each([
    ["nothing", { signature: "" }],
    ["another version", { signature: example.signature.replace("v0", "v1") }],
    ["half of it", { signature: example.signature.slice(0, 40) }],
    ["no time", { timestamp: "" }],
    ["a time in words", { timestamp: "now" }],
  ])("is none with %s", (_, changed) => {
    const fault = requestFault({ ...example, ...changed }, secret, then);
    expect(fault).toBe("no signature");
  });

  it("is seen once, for as long as it would be taken", () => {
    const seen = new SeenRequests();
    expect(seen.add(example, then)).toBe(true);
    expect(seen.add({ signature: "v0=other" }, then)).toBe(true);
    expect(seen.add(example, then + 599_000)).toBe(false);
    // By then it is old, and refused as such.
    expect(seen.add(example, then + 600_000)).toBe(true);
  });
});
