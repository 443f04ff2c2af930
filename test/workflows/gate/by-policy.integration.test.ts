import { claim, decide, gatesQuery } from "../../../workflows/gate/messages";
import { eventually } from "../../harness/eventually";
import { fastForward } from "../../harness/temporal";
import {
  answerTo,
  gateOf,
  heardOf,
  people,
  policies,
  type PolicyRig,
  send,
  startPolicyRig,
} from "./policy-rig";
import { policyOf } from "./samples";
import {
  amendSignal,
  handOverSignal,
  lookAgainSignal,
} from "./workflows/by-policy";

jest.setTimeout(180_000);

let rig: PolicyRig;
beforeAll(async () => {
  rig = await startPolicyRig();
}, 180_000);
afterAll(() => rig.stop(), 30_000);
afterEach(() => rig.setRoster({ people }));

const minute = 60_000;

describe("a gate that two of a group must open", () => {
  it("opens by two of them, and the decision names both", async () => {
    const handle = await rig.asked();
    const gate = await gateOf(handle);
    const first = handle.executeUpdate(decide, { args: [answerTo(gate)] });
    expect(await first).toBe(
      'approve by ada counted for gate "canary"; it takes 1 more of ops',
    );
    const by = { by: "ben", comment: "graphs are fine" };
    const second = answerTo(gate, by);
    expect(await handle.executeUpdate(decide, { args: [second] })).toBe(
      'approve recorded for gate "canary", by ada, ben',
    );
    expect(await handle.result()).toMatchObject({
      canary: {
        choice: "approve",
        votes: [{ person: "ada" }, { person: "ben", ...by }],
      },
    });
  });

  it("ends by one denial", async () => {
    const handle = await rig.asked();
    const gate = await gateOf(handle);
    await send(handle, "decide", answerTo(gate));
    const denied = answerTo(gate, { by: "cat", choice: "deny" });
    await handle.executeUpdate(decide, { args: [denied] });
    expect(await handle.result()).toMatchObject({
      canary: { choice: "deny", votes: [{ person: "cat" }] },
    });
  });

  it("judges answers that come together one after the other", async () => {
    const handle = await rig.asked();
    const gate = await gateOf(handle);
    const names = ["ada", "ben", "cat", "ada@example.com"];
    const said = await Promise.allSettled(
      names.map((by) =>
        handle.executeUpdate(decide, { args: [answerTo(gate, { by })] }),
      ),
    );
    const counted = said.filter(({ status }) => status === "fulfilled");
    expect(counted).toHaveLength(2);
    // Each of them once, in whatever order they came.
    const { votes, refused } = await heardOf(handle);
    expect([votes.length, refused.length]).toEqual([2, 2]);
    const { canary } = await handle.result();
    expect(canary?.votes).toHaveLength(2);
    expect(new Set(canary?.votes?.map(({ person }) => person)).size).toBe(2);
  });

  it("does not count the vote of one who has left the roster since", async () => {
    const handle = await rig.asked();
    const gate = await gateOf(handle);
    await send(handle, "decide", answerTo(gate));
    rig.setRoster({ people: people.filter(({ name }) => name !== "ada") });
    const second = answerTo(gate, { by: "ben" });
    expect(await send(handle, "decide", second)).toBe("counted");
    const third = answerTo(gate, { by: "cat" });
    expect(await send(handle, "decide", third)).toBe("decided");
  });

  it("wants others, too, once a freeze holds", async () => {
    const extraApprovers = { who: ["eve"], quorum: 1 };
    const handle = await rig.asked({
      policies: policies({ quorum: 1, extraApprovers }),
    });
    const gate = await gateOf(handle);
    const eve = answerTo(gate, { by: "eve" });
    expect(await send(handle, "answer", eve)).toBe("not on the roster");
    await rig.tellKeeper("freeze", {
      ...{ id: "sale", scope: "prod/web", by: "ada", reason: "peak sale" },
    });
    await handle.signal(lookAgainSignal);
    const shown = await eventually(async () => {
      const { approvers } = await gateOf(handle);
      return approvers?.freezes === undefined ? undefined : approvers;
    });
    expect(shown).toMatchObject({ extra: ["eve"], freezes: [{ id: "sale" }] });
    expect(await send(handle, "decide", answerTo(gate))).toBe("counted");
    expect(await send(handle, "answer", eve)).toBe("decided");
    await rig.tellKeeper("unfreeze", { id: "sale", by: "ada" });
  });

  it("wants nobody else in a freeze of another target, nor after it was lifted", async () => {
    const extraApprovers = { who: ["eve"], quorum: 1 };
    const asked = { policies: policies({ quorum: 1, extraApprovers }) };
    const freeze = { id: "mine", by: "ada", reason: "peak sale" };
    await rig.tellKeeper("freeze", { ...freeze, id: "other", scope: "test" });
    await rig.tellKeeper("freeze", { ...freeze, scope: "prod" });
    const handle = await rig.asked(asked);
    const gate = await gateOf(handle);
    const eve = answerTo(gate, { by: "eve" });
    expect(await send(handle, "decide", eve)).toBe("counted");
    await rig.tellKeeper("unfreeze", { id: "mine", by: "ada" });
    expect(await send(handle, "decide", answerTo(gate))).toBe("decided");
    const { canary } = await handle.result();
    expect(canary?.votes?.map(({ person }) => person)).toEqual(["ada"]);
  });
});

describe("a run whose starter nobody knows", () => {
  it("is approved by nobody, and can be denied", async () => {
    const handle = await rig.start({}, "4711@ci");
    await handle.signal("begin");
    const gate = await gateOf(handle);
    expect(await send(handle, "decide", answerTo(gate))).toBe("starter");
    const deny = answerTo(gate, { choice: "deny" });
    expect(await send(handle, "decide", deny)).toBe("decided");
  });
});

describe("gates that are open together", () => {
  it("are answered each for itself, by its own policy", async () => {
    const handle = await rig.asked({
      gates: ["canary", "budget"],
      policies: {
        canary: policyOf(),
        budget: policyOf({ quorum: 1, who: ["eve"] }),
      },
    });
    const [canary, budget] = [
      await gateOf(handle),
      await gateOf(handle, "budget"),
    ];
    const mixed = answerTo({ id: "budget", nonce: canary.nonce });
    expect(await send(handle, "decide", mixed)).toBe("wrong nonce");
    expect(await send(handle, "decide", answerTo(budget))).toBe(
      "not on the roster",
    );
    const eve = answerTo(budget, { by: "eve" });
    expect(await send(handle, "decide", eve)).toBe("decided");
    const open = await handle.query(gatesQuery);
    expect(open.map(({ id }) => id)).toEqual(["canary"]);
  });
});

describe("a gate as its time passes", () => {
  const escalation = [{ afterS: 900, who: ["board"], channel: "chat" }];

  it("tells who may answer, warns, escalates, and is asked anew when it expires", async () => {
    const handle = await rig.askedSkipping({
      policies: policies({ escalation }),
    });
    const gate = await gateOf(handle);
    await send(handle, "decide", answerTo(gate));
    const kinds = async (): Promise<string[]> =>
      (await heardOf(handle)).events.map(({ kind }) => kind);
    await eventually(async () =>
      (await kinds()).includes("asked") ? true : undefined,
    );
    await fastForward(handle, 20 * minute);
    expect(await kinds()).toEqual(["asked", "escalated"]);
    await fastForward(handle, 15 * minute);
    expect(await kinds()).toEqual(["asked", "escalated", "warned"]);
    await fastForward(handle, 30 * minute);
    const again = await eventually(async () => {
      const open = await gateOf(handle);
      return open.nonce === gate.nonce ? undefined : open;
    });
    expect(again.votes).toBeUndefined();
    const { events } = await heardOf(handle);
    expect(events.slice(0, 5).map(({ kind }) => kind)).toEqual([
      ...["asked", "escalated", "warned", "warned", "expired"],
    ]);
    expect(events[1]).toMatchObject({ who: ["board"], channel: "chat" });
    expect(await send(handle, "decide", answerTo(gate))).toBe("wrong nonce");
  });

  it("has one timer at a time, and none more in the next run of the chain for what was told", async () => {
    const handle = await rig.askedSkipping({
      policies: policies({ escalation }),
    });
    const gate = await gateOf(handle);
    await fastForward(handle, 16 * minute);
    const { runId } = await handle.describe();
    await handle.signal(handOverSignal);
    await eventually(async () =>
      (await handle.describe()).runId === runId ? undefined : true,
    );
    expect((await gateOf(handle)).nonce).toBe(gate.nonce);
    const timers = ((await handle.fetchHistory()).events ?? []).flatMap(
      ({ timerStartedEventAttributes: timer }) =>
        timer ? [Number(timer.startToFireTimeout?.seconds)] : [],
    );
    expect(timers).toHaveLength(1);
    // Half of its hour, less the sixteen minutes that have passed.
    expect(timers[0]).toBeGreaterThan(13 * 60);
    expect(timers[0]).toBeLessThanOrEqual(14 * 60);
    const { events } = await heardOf(handle);
    const told = events.filter(({ kind }) => kind === "escalated");
    expect(told).toHaveLength(1);
  });
});

describe("a question that changes while it is open", () => {
  const hosts = ["a", "b"];
  const retries = { choices: ["retry", "exclude"], hosts };

  it("is asked anew under another nonce when another plan would be carried out", async () => {
    const handle = await rig.asked();
    const gate = await gateOf(handle);
    await send(handle, "decide", answerTo(gate));
    await handle.signal(amendSignal, {
      ...{ gate: "canary", title: "may canary?", digest: "def" },
    });
    const again = await gateOf(handle);
    expect(again).toMatchObject({ digest: "def", expired: 0 });
    expect(again.votes).toBeUndefined();
    const old = answerTo({ id: "canary", nonce: again.nonce });
    expect(await send(handle, "decide", { ...old, digest: "abc" })).toBe(
      "superseded",
    );
    expect(await send(handle, "decide", answerTo(gate))).toBe("wrong nonce");
    for (const by of ["ada", "ben"])
      await send(handle, "decide", answerTo(again, { by }));
    expect(await handle.result()).toMatchObject({ canary: { by: "ben" } });
  });

  it("keeps its votes when only its words change", async () => {
    const handle = await rig.asked();
    const gate = await gateOf(handle);
    await send(handle, "decide", answerTo(gate));
    const title = "may canary, please?";
    const digest = "abc";
    await handle.signal(amendSignal, { gate: "canary", title, digest });
    expect(await gateOf(handle)).toMatchObject({
      ...{ title, nonce: gate.nonce, votes: [{ person: "ada" }] },
    });
  });

  it("keeps the votes that named their hosts, and voids those that meant all", async () => {
    const handle = await rig.asked(retries);
    const gate = await gateOf(handle);
    const retry = { choice: "retry" };
    await send(handle, "decide", answerTo(gate, { ...retry, hosts: ["a"] }));
    await send(handle, "decide", answerTo(gate, { ...retry, by: "ben" }));
    const amended = { gate: "canary", title: "3 failed" };
    await handle.signal(amendSignal, { ...amended, hosts: ["a", "b", "c"] });
    const { votes } = await gateOf(handle);
    expect(votes).toMatchObject([{ person: "ada", hosts: ["a"] }]);
    const { events } = await heardOf(handle);
    expect(events.at(-1)).toMatchObject({ kind: "votes void" });
    const cat = { ...retry, by: "cat", hosts: ["a"] };
    expect(await send(handle, "decide", answerTo(gate, cat))).toBe("decided");
  });
});

describe("whoever is on a gate", () => {
  it("says so and hands it over, and decides nothing by it", async () => {
    const handle = await rig.asked();
    const gate = await gateOf(handle);
    const mine = { gate: gate.id, nonce: gate.nonce, by: "ada" };
    expect(await handle.executeUpdate(claim, { args: [mine] })).toBe(
      'ada is on gate "canary"; it still waits for an answer',
    );
    await handle.signal("claim", { ...mine, to: "ben" });
    expect(await gateOf(handle)).toMatchObject({
      claim: { by: "ada", to: "ben" },
    });
    const { events } = await heardOf(handle);
    const claims = events.filter(({ kind }) => kind === "claimed");
    expect(claims.map(({ who }) => who)).toEqual([["ada"], ["ben"]]);
    const stale = { ...mine, nonce: "canary-0" };
    await expect(
      handle.executeUpdate(claim, { args: [stale] }),
    ).rejects.toMatchObject({ cause: { details: ["wrong nonce"] } });
  });
});
