import fc from "fast-check";
import { classify, worstOf } from "../../../activities/customers/classify";
import {
  probeClasses,
  type ProbeAnswer,
  type ProbeClass,
} from "../../../activities/customers/port";
import { check } from "../../harness/properties";

const answer = (status: number, more: Partial<ProbeAnswer> = {}) => ({
  ...{ exitCode: 0, status, bodyBytes: 4_000, connectMs: 3 },
  ...{ isChallenge: false, asksToWait: false, error: "", ...more },
});
const silent = (exitCode: number): ProbeAnswer =>
  answer(0, { exitCode, bodyBytes: 0, error: "said nothing" });
const ok = answer(200);
const challenge = { isChallenge: true };

test.each<[string, ProbeAnswer, ProbeAnswer, ProbeClass]>([
  ["the same page", ok, ok, "allowed"],
  ["the same login", answer(401), answer(401), "allowed"],
  ["the same redirect", answer(302), answer(302), "allowed"],
  [
    "a mark of protection on both",
    answer(200, challenge),
    answer(200, challenge),
    "allowed",
  ],
  ["a little more of a page", ok, answer(200, { bodyBytes: 4_700 }), "allowed"],
  [
    "half of a small page",
    answer(200, { bodyBytes: 900 }),
    answer(200, { bodyBytes: 450 }),
    "allowed",
  ],
  ["another page", ok, answer(200, { bodyBytes: 4_900 }), "different_body"],
  ["a redirect", ok, answer(302), "different_body"],
  ["silence", ok, silent(28), "drop"],
  ["silence behind a login", answer(401), silent(28), "drop"],
  ["a refusal", ok, silent(7), "reset"],
  ["a reset", ok, silent(56), "reset"],
  ["a reset within TLS", ok, silent(35), "reset"],
  ["an empty answer", ok, silent(52), "reset"],
  ["a failure of ours", ok, silent(2), "unknown"],
  ["a denial", ok, answer(403), "denied_http"],
  ["a denial by 406", ok, answer(406), "denied_http"],
  ["a login for the new one alone", ok, answer(401), "denied_http"],
  ["a denial of both", answer(403), answer(403), "unknown"],
  ["a denial of the old one alone", answer(403), ok, "unknown"],
  ["a limit", ok, answer(429), "limited"],
  ["a limit in other words", ok, answer(503, { asksToWait: true }), "limited"],
  ["a fault of the site", ok, answer(503), "unknown"],
  ["a challenge", ok, answer(200, challenge), "challenge"],
  ["a challenge by 403", ok, answer(403, challenge), "challenge"],
  ["a challenge by 503", ok, answer(503, challenge), "challenge"],
  ["faults on both sides", answer(502), answer(503), "down_on_both"],
  ["silence on both sides", silent(28), silent(7), "down_on_both"],
  ["a certificate that fails both", silent(60), silent(60), "unknown"],
  ["an answer to the new one alone", silent(28), ok, "unknown"],
])("%s is told", (_, before, now, wanted) => {
  expect(classify(before, now).class).toBe(wanted);
});

test("a verdict says both answers", () => {
  expect(classify(ok, answer(403, challenge)).seen).toBe(
    "403 of 4000 bytes with a challenge, and 200 of 4000 bytes from the old one",
  );
});

const anyAnswer = fc.record({
  exitCode: fc.constantFrom(0, 7, 18, 28, 35, 52, 56, 60, 63),
  status: fc.constantFrom(0, 200, 204, 301, 401, 403, 404, 406, 429, 500, 503),
  bodyBytes: fc.nat(100_000),
  connectMs: fc.nat(5_000),
  isChallenge: fc.boolean(),
  asksToWait: fc.boolean(),
  error: fc.string(),
});

test("only who answers both alike, and neither with a refusal, is let in", () => {
  check(
    fc.property(anyAnswer, anyAnswer, (before, now) => {
      if (classify(before, now).class !== "allowed") return;
      expect(now.status).toBe(before.status);
      expect([0, 403, 406, 429, 500, 503]).not.toContain(now.status);
      expect(now.isChallenge && !before.isChallenge).toBe(false);
    }),
    2_000,
  );
});

test("the worst verdict counts, in whatever order they come", () => {
  const verdicts = fc.array(
    fc.record({ class: fc.constantFrom(...probeClasses), seen: fc.string() }),
    { minLength: 1 },
  );
  check(
    fc.property(verdicts, (some) => {
      const worst = worstOf(some);
      expect(some).toContainEqual(worst);
      expect(worstOf([...some].reverse()).class).toBe(worst.class);
      const all = some.every((one) => one.class === "allowed");
      expect(worst.class === "allowed").toBe(all);
    }),
  );
});

test("nobody who was not asked is let in", () => {
  expect(worstOf([]).class).toBe("unknown");
});
