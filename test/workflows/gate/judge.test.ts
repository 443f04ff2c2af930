import fc from "fast-check";
import {
  answerTemplate,
  type Channel,
  type OpenGate,
} from "../../../workflows/gate/gate";
import { judge, shapeFaults } from "../../../workflows/gate/judge";
import { check } from "../../harness/properties";

const now = 1_000_000;

const canary: OpenGate = {
  id: "canary",
  title: "4 canaries are done: upgrade the other 36 hosts?",
  choices: ["approve", "deny"],
  digest: "d".repeat(64),
  expiresAfterMs: 60_000,
  nonce: "canary-1a2b",
  openedAt: now - 1_000,
  expiresAt: now + 59_000,
  expired: 0,
};
const failedHosts: OpenGate = {
  ...canary,
  id: "failed-hosts",
  title: "2 failed hosts: what now?",
  choices: ["retry", "redo", "exclude"],
  nonce: "failed-hosts-3c4d",
  hosts: ["app-07", "app-11"],
};
const gates = [canary, failedHosts];
const good = {
  gate: "canary",
  nonce: canary.nonce,
  choice: "approve",
  by: "ann",
};

function refusal(raw: unknown, channel: Channel = "decide", at = now): string {
  const verdict = judge(gates, raw, channel, at);
  return verdict.accepted ? "accepted" : verdict.refusal;
}

describe("an answer to an open gate", () => {
  it("is accepted, with the gate it opens", () => {
    const verdict = judge(gates, good, "decide", now);
    expect(verdict).toEqual({ accepted: true, gate: canary, answer: good });
  });

  it("may repeat the digest that was shown, and comment", () => {
    const answer = { ...good, digest: canary.digest, comment: "looks fine" };
    expect(refusal(answer)).toBe("accepted");
  });

  it("may name some of the hosts that the gate asks about", () => {
    const answer = {
      gate: "failed-hosts",
      nonce: failedHosts.nonce,
      choice: "exclude",
      by: "ann",
      hosts: ["app-11"],
    };
    expect(refusal(answer)).toBe("accepted");
  });

  it("takes its choice from the signal's name", () => {
    const { choice: _, ...signal } = good;
    const approved = judge(gates, signal, "approve", now);
    const denied = judge(gates, signal, "deny", now);
    expect(approved).toMatchObject({ answer: { choice: "approve" } });
    expect(denied).toMatchObject({ answer: { choice: "deny" } });
  });

  it("is what the details say to paste", () => {
    for (const gate of gates) {
      const pasted: unknown = JSON.parse(
        answerTemplate(gate, gate.choices[0] ?? ""),
      );
      expect(refusal(pasted)).toBe("accepted");
    }
  });
});

describe("the JSON to paste", () => {
  const pasted = (hosts: readonly string[]): unknown =>
    JSON.parse(answerTemplate({ ...failedHosts, hosts }, "exclude"));

  it("names the failed hosts that are shown, so that a later one is not decided about", () => {
    expect(pasted(["app-07", "app-11"])).toMatchObject({
      hosts: ["app-07", "app-11"],
    });
  });

  it("means all of them where they are too many to paste", () => {
    const many = Array.from({ length: 400 }, (_, n) => `app-${n}`);
    expect(pasted(many)).not.toHaveProperty("hosts");
  });
});

describe("an answer is refused", () => {
  it.each([
    ["without an object", "approve"],
    ["with nothing", undefined],
    ["with null", null],
    ["as a list", [good]],
    ["without a gate", { ...good, gate: undefined }],
    ["without a nonce", { ...good, nonce: undefined }],
    ["without a name", { ...good, by: "" }],
    ["without a choice", { ...good, choice: undefined }],
    ["with a number for a nonce", { ...good, nonce: 7 }],
    ["with a digest that is no text", { ...good, digest: 7 }],
    ["with an endless comment", { ...good, comment: "x".repeat(1025) }],
    ["with no hosts in its list", { ...good, hosts: [] }],
    ["with a text for hosts", { ...good, hosts: "app-07" }],
    ["with a number among its hosts", { ...good, hosts: ["app-07", 7] }],
    ["with a field nobody knows", { ...good, force: true }],
  ])("as malformed: %s", (_, raw) => {
    expect(refusal(raw)).toBe("malformed");
  });

  it("when its gate is not open, and names those that are", () => {
    const verdict = judge(gates, { ...good, gate: "budget" }, "decide", now);
    expect(verdict).toMatchObject({
      refusal: "not open",
      reason: expect.stringContaining("canary, failed-hosts"),
    });
  });

  it("when no gate is open", () => {
    expect(judge([], good, "decide", now)).toMatchObject({
      refusal: "not open",
      reason: expect.stringContaining("open gates: none"),
    });
  });

  it("with the nonce of another asking, or of another gate", () => {
    expect(refusal({ ...good, nonce: "canary-0000" })).toBe("wrong nonce");
    expect(refusal({ ...good, nonce: failedHosts.nonce })).toBe("wrong nonce");
  });

  it("with the digest of another plan", () => {
    const answer = { ...good, digest: "e".repeat(64) };
    expect(refusal(answer)).toBe("superseded");
  });

  it("from the moment of expiry on", () => {
    expect(refusal(good, "decide", canary.expiresAt - 1)).toBe("accepted");
    expect(refusal(good, "decide", canary.expiresAt)).toBe("expired");
  });

  it("with a choice that the gate does not offer, in each channel", () => {
    const nonce = failedHosts.nonce;
    const other = { gate: "failed-hosts", nonce, by: "ann" };
    expect(refusal({ ...good, choice: "retry" })).toBe("unknown choice");
    expect(refusal(other, "approve")).toBe("unknown choice");
  });

  it("about hosts that the gate does not ask about", () => {
    const nonce = failedHosts.nonce;
    const answer = { gate: "failed-hosts", nonce, choice: "retry", by: "ann" };
    expect(refusal({ ...answer, hosts: ["app-07", "db-1"] })).toBe(
      "unknown hosts",
    );
    expect(refusal({ ...good, hosts: ["app-07"] })).toBe("unknown hosts");
  });

  it("when a denial is pasted into the signal that approves", () => {
    expect(refusal({ ...good, choice: "deny" }, "approve")).toBe("malformed");
    expect(refusal({ ...good, choice: "approve" }, "deny")).toBe("malformed");
  });

  it("with every fault of its shape at once", () => {
    const faults = shapeFaults({ gate: 1, choise: "approve" }, "decide");
    expect(faults.map((fault) => fault.split(":")[0])).toEqual([
      "gate",
      "nonce",
      "by",
      "choice",
      "choise",
    ]);
  });
});

const word = fc.constantFrom(
  "canary",
  "failed-hosts",
  "budget",
  canary.nonce,
  failedHosts.nonce,
  canary.digest,
  "approve",
  "deny",
  "retry",
  "app-07",
  "",
);
const field = fc.oneof(
  { weight: 5, arbitrary: word },
  { weight: 1, arbitrary: fc.anything() },
);
const changes = fc.record(
  {
    gate: field,
    nonce: field,
    choice: field,
    by: field,
    digest: field,
    hosts: fc.oneof(fc.array(field, { maxLength: 3 }), field),
  },
  { requiredKeys: [] },
);
/** A good answer, and often something wrong with it. */
const anyAnswer = fc
  .tuple(
    fc.constantFrom(good, {
      ...good,
      gate: "failed-hosts",
      nonce: failedHosts.nonce,
      choice: "retry",
    }),
    fc.oneof(fc.constant({}), changes),
  )
  .map(([answer, changed]) => ({ ...answer, ...changed }));
const anyTime = fc.integer({ min: now - 100_000, max: now + 100_000 });

describe("what somebody wants for themselves", () => {
  const wish = { ...canary, askedBy: "Ada" };
  const end = (by: string, choice = "approve"): string => {
    const verdict = judge([wish], { ...good, by, choice }, "decide", now);
    return verdict.accepted ? "accepted" : verdict.refusal;
  };

  it("is approved under another name than theirs, and denied by anybody", () => {
    for (const by of ["Ada", "ada", " ADA "]) expect(end(by)).toBe("asker");
    expect(end("ben")).toBe("accepted");
    expect(end("ada", "deny")).toBe("accepted");
  });
});

describe("a question that only some may answer", () => {
  const among = ["ada", "Ben@example.com"];
  const say = (by: string, choice: string) =>
    judge([{ ...canary, among }], { ...good, by, choice }, "decide", now);

  it("takes the answer of those alone, by the names that they have there", () => {
    for (const by of ["ada", " ben@example.com"])
      expect(say(by, "approve")).toMatchObject({ accepted: true });
    for (const choice of ["approve", "deny"])
      expect(say("eve", choice)).toMatchObject({
        accepted: false,
        refusal: "not on the roster",
        reason: `eve is not among ada, Ben@example.com, who alone may answer gate "canary"`,
      });
  });
});

describe("whatever arrives", () => {
  it("opens a gate only with its id, its nonce, its digest, a choice of its, in time", () => {
    let opened = 0;
    check(
      fc.property(
        fc.oneof(anyAnswer, fc.anything()),
        fc.constantFrom<Channel>("decide", "approve", "deny"),
        anyTime,
        (raw, channel, at) => {
          const verdict = judge(gates, raw, channel, at);
          if (!verdict.accepted) return;
          opened++;
          const { gate, answer } = verdict;
          expect(gates).toContain(gate);
          expect(answer.gate).toBe(gate.id);
          expect(answer.nonce).toBe(gate.nonce);
          expect(answer.digest ?? gate.digest).toBe(gate.digest);
          expect(gate.choices).toContain(answer.choice);
          expect(at).toBeLessThan(gate.expiresAt);
          for (const host of answer.hosts ?? [])
            expect(gate.hosts).toContain(host);
          if (channel !== "decide") expect(answer.choice).toBe(channel);
        },
      ),
      5_000,
    );
    expect(opened).toBeGreaterThan(100);
  });

  it("is judged alike as the signal approve and as the update decide with that choice", () => {
    check(
      fc.property(anyAnswer, anyTime, (raw, at) => {
        const { choice: _, ...signal } = raw;
        expect(judge(gates, signal, "approve", at)).toEqual(
          judge(gates, { ...signal, choice: "approve" }, "decide", at),
        );
      }),
      2_000,
    );
  });
});
