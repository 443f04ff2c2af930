import { scheduleOrder } from "../../../cli/schedule/order";
import { runbooks } from "../../../runbooks/registry";

const [runbook] = runbooks;
const input = {
  target: "prod-eu",
  change: "weekly",
  component: "shop",
  version: "2.4.1",
};
const times = { at: ["FRI 22:00"], tz: "Europe/Sofia", window: "PT7H" };

const order = (flags: object = {}, more: object = {}) =>
  scheduleOrder(runbook!, { ...input, ...more }, { ...times, ...flags });

const refusal = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    expect(error).toMatchObject({ type: "input.invalid" });
    return (error as Error).message;
  }
  throw new Error("it was accepted");
};

describe("what a Schedule shall open", () => {
  it("has the id that follows from target and change", () => {
    expect(order()).toMatchObject({
      id: "fleet-upgrade:prod-eu:weekly",
      summary: "shop to 2.4.1 on prod-eu (weekly)",
    });
  });

  it("is refused with every fault of flags and input in one answer", () => {
    const text = refusal(() =>
      scheduleOrder(
        runbook!,
        { target: "prod eu", component: "shop", version: "latest", slot: 3 },
        { at: ["FRI 25:00", "someday 22:00"], tz: "Europe/Sofa" },
      ),
    );
    for (const line of [
      "schedule has 8 faults:",
      '--at[0]: found "FRI 25:00", expected days and a time',
      '--at[1]: found "someday 22:00"',
      '--tz: found "Europe/Sofa", expected an IANA zone',
      "did you mean Europe/Sofia?",
      "--window: found nothing, expected the length of the window",
      'target: found "prod eu"',
      "change: found nothing",
      'version: found "latest"',
      "did you mean slots?",
    ])
      expect(text).toContain(line);
  });

  it("leaves room in the change for the time of each run", () => {
    const change = "c".repeat(112);
    expect(refusal(() => order({}, { change }))).toContain(
      "change: found 112 characters, expected 17 fewer",
    );
    expect(order({}, { change: change.slice(1) }).id).toContain("ccc");
  });
});
