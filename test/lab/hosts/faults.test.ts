import { faultKinds } from "../../../lab/hosts/fault-kinds";
import { parseFaults, selectHosts } from "../../../lab/hosts/faults";

const ids = ["web-01", "web-02", "app-01", "app-07", "batch-01"];
const one = (text: string) => parseFaults([text], ids)[0];

describe("a fault as it is written", () => {
  test.each([
    [
      "app-07:fail@restart",
      { selector: "app-07", kind: "fail", step: "restart", times: "always" },
    ],
    ["web-*:fail@ready", { selector: "web-*", kind: "fail", step: "ready" }],
    ["1%:auth", { selector: "1%", kind: "auth", times: "always" }],
    ["2.5%:auth*3", { selector: "2.5%", kind: "auth", times: 3 }],
    ["reset@apply", { selector: "*", kind: "reset", step: "apply", times: 1 }],
    ["*:reset@apply*2", { selector: "*", kind: "reset", times: 2 }],
    [
      "hang@ready",
      { selector: "*", kind: "hang", step: "ready", times: "always" },
    ],
    ["vanish", { selector: "*", kind: "vanish" }],
    ["web-01:vanish", { selector: "web-01", kind: "vanish" }],
    ["reboot@apply", { kind: "reboot", step: "apply", times: 1 }],
    ["slow:2s", { selector: "*", kind: "slow", delayMs: 2000 }],
    [
      "web-01:slow:250ms@fetch*2",
      {
        selector: "web-01",
        kind: "slow",
        step: "fetch",
        delayMs: 250,
        times: 2,
      },
    ],
    ["diskfull@apply", { kind: "diskfull", step: "apply" }],
    ["web-*:refuse", { selector: "web-*", kind: "refuse" }],
    [
      " app-01:wrongversion ",
      { selector: "app-01", kind: "wrongversion", text: "app-01:wrongversion" },
    ],
  ])("%s is understood", (text, expected) => {
    expect(one(text)).toMatchObject(expected);
  });

  test("every kind's own example is understood", () => {
    for (const { example } of Object.values(faultKinds))
      expect(one(example)).toBeDefined();
  });

  test.each([
    ["", "a kind of fault"],
    ["app-07", "say what happens to it, e.g. app-07:fail@apply"],
    ["app-07:explode@apply", "expected a kind of fault: fail, hang"],
    ["fail", "the step where it strikes"],
    ["app-07:fail@aply", "expected a step: precheck, drain"],
    ["auth@apply", "auth without a step"],
    ["slow", "a time between 1ms and 10m"],
    ["slow:fast", "a time between 1ms and 10m"],
    ["slow:11m", "a time between 1ms and 10m"],
    ["slow:2s:3s", "a time between 1ms and 10m"],
    ["fail:3@apply", "nothing after fail but a step"],
    ["reset@apply*0", "a count from *1 to *1000"],
    ["web-01:vanish*2", "vanish without a count"],
    ["hang@ready*2", "hang without a count"],
    ["0%:auth", "a share above 0%"],
    ["101%:auth", "a share above 0%"],
    ["many%:auth", "a share such as 1%"],
    ["web 01:auth", "a host's id, a pattern such as web-*"],
    ["db-*:auth", "at least one host of the lab; its hosts are web-01, web-02"],
    ["web-99:auth", "at least one host of the lab"],
  ])("%j is refused with what was expected", (text, expected) => {
    expect(() => one(text)).toThrow(expected);
  });

  test("all wrong ones are told together, each by its place", () => {
    const read = () =>
      parseFaults(["fail", "1%:auth", "slow:x", "web-99:auth"], ids);
    expect(read).toThrow(
      expect.objectContaining({
        type: "input.invalid",
        message: expect.stringMatching(
          /3 faults.*faults\[0\].*faults\[2\].*faults\[3\].*hint:/s,
        ) as string,
      }) as Error,
    );
  });
});

describe("the hosts that a selector means", () => {
  test("an id means one, a pattern all that fit, a star all", () => {
    expect(selectHosts("app-07", ids, "s")).toEqual(["app-07"]);
    expect(selectHosts("web-*", ids, "s")).toEqual(["web-01", "web-02"]);
    expect(selectHosts("*-01", ids, "s")).toEqual([
      "web-01",
      "app-01",
      "batch-01",
    ]);
    expect(selectHosts("*", ids, "s")).toEqual(ids);
  });

  test("a dot stands for itself", () => {
    expect(selectHosts("a.c", ["a.c", "abc"], "s")).toEqual(["a.c"]);
  });

  test("a share means the same hosts for the same seed and others for another", () => {
    const many = Array.from({ length: 1000 }, (_, index) => `web-${index}`);
    const first = selectHosts("1%", many, "seed");
    expect(first).toHaveLength(10);
    expect(selectHosts("1%", [...many].reverse(), "seed").sort()).toEqual(
      [...first].sort(),
    );
    expect(selectHosts("1%", many, "other")).not.toEqual(first);
  });

  test("a share means one host at least", () => {
    expect(selectHosts("1%", ids, "seed")).toHaveLength(1);
  });
});
