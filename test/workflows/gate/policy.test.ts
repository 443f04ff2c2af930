import {
  dueNow,
  duesOf,
  nextDueMs,
  policyAmong,
  policyFor,
} from "../../../workflows/gate/policy";
import { gateOf, now, policyOf } from "./samples";

const minute = 60_000;

describe("the policy of a gate", () => {
  const named = (name: string) => policyOf({ name });
  const policies = {
    "*": named("all"),
    "stage-*": named("stages"),
    "stage-2": named("second"),
    canary: named("canary"),
  };

  it.each([
    ["canary", "canary"],
    ["stage-2", "second"],
    ["stage-3", "stages"],
    ["budget", "all"],
  ])("of %s is %s: the longest name that fits counts", (gate, name) => {
    expect(policyFor(policies, gate)?.name).toBe(name);
  });

  it("is none where no name fits", () => {
    expect(policyFor({ canary: named("c") }, "canary-2")).toBeUndefined();
    expect(policyFor({}, "canary")).toBeUndefined();
  });
});

describe("the policy of a gate that only some may answer", () => {
  const question = { among: ["on-call"], expiresAfterMs: 90_000 };

  it("is that one of them suffices, the starter too, as long as it is asked", () => {
    expect(policyAmong(question, undefined)).toMatchObject({
      ...{ who: ["on-call"], quorum: 1, starterMayApprove: true },
      ...{ expiresAfterS: 90, level: "claimed" },
    });
  });

  it("is the configuration's where there is one, whose people must be among them, too", () => {
    const configured = policyOf({ who: ["managers"], quorum: 2 });
    expect(policyAmong(question, configured)).toEqual({
      ...configured,
      among: ["on-call"],
    });
  });

  it("is as for any gate where nobody in particular is meant", () => {
    const configured = policyOf();
    const anybody = { expiresAfterMs: 1 };
    expect(policyAmong(anybody, configured)).toBe(configured);
    expect(policyAmong(anybody, undefined)).toBeUndefined();
  });
});

describe("what falls due at a gate", () => {
  const escalation = [{ afterS: 900, who: ["cto"], channel: "chat" }];
  const gate = gateOf({ policy: policyOf({ escalation }) });

  it("is a rung of the ladder, and a warning at half and nine tenths of its time", () => {
    const dues = duesOf(gate).map(({ at, kind }) => [
      (at - now) / minute,
      kind,
    ]);
    expect(dues).toEqual([
      ...[[15, "escalated"] as const, [30, "warned"] as const],
      [54, "warned"],
    ]);
  });

  it("names whom it concerns, and where they are told", () => {
    const [rung, half] = duesOf(gate);
    expect(rung).toMatchObject({ who: ["cto"], channel: "chat" });
    expect(half).toMatchObject({ who: ["ops"] });
    expect(half?.text).toContain("50 % of its time has passed");
  });

  it("says what becomes of the question at the end of its time", () => {
    const [, half] = duesOf(gate);
    expect(half?.text).toContain("; it is asked anew at ");
    const [, once] = duesOf({ ...gate, once: true });
    expect(once?.text).toContain("; it is withdrawn at ");
  });

  it("is told once, also by a run that took over late", () => {
    const at = now + 31 * minute;
    expect(dueNow(gate, at).map(({ kind }) => kind)).toEqual([
      ...["escalated", "warned"],
    ]);
    const told = { ...gate, toldUntil: at };
    expect(dueNow(told, at + minute)).toEqual([]);
    expect(nextDueMs(told, at)).toBe(23 * minute);
  });

  it("is at last its expiry", () => {
    expect(nextDueMs(gate, now + 55 * minute)).toBe(5 * minute);
  });

  it("is nothing but its expiry without a policy: nobody is known to be told", () => {
    const { policy: _, ...open } = gate;
    expect(duesOf(open)).toEqual([]);
    expect(nextDueMs(open, now)).toBe(60 * minute);
  });
});
