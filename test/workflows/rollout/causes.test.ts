import {
  causesOf,
  groupedFailure,
  messageFor,
} from "../../../workflows/rollout/causes";
import { freshOrder, type Item } from "../../../workflows/rollout/state";
import { fleetOfSize } from "./samples";

const failureOn = (host: string, message: string, step = "apply"): Item => ({
  kind: "quarantined",
  order: freshOrder,
  failure: groupedFailure({ type: "ssh.nonZeroExit", step, message }, host),
});
const fleet = fleetOfSize(6);
const causes = (items: readonly Item[]) => causesOf(items, fleet);

describe("causes", () => {
  it("are one where only the host's name, address or process differs", () => {
    const items = [
      failureOn("web-0", "web-0 (127.0.0.5:2222): no lock, pid 41213 has it"),
      failureOn("web-1", "web-1 (127.0.0.9:2222): no lock, pid 9077 has it"),
    ];
    expect(causes(items)).toEqual([
      expect.objectContaining({
        count: 2,
        hosts: ["web-0", "web-1"],
        text: "{host} ({address}): no lock, pid {number} has it",
      }),
    ]);
  });

  it("are two where the words or the step differ", () => {
    const items = [
      failureOn("web-0", "disk full"),
      failureOn("web-1", "disk slow"),
      failureOn("web-2", "disk full", "fetch"),
    ];
    expect(causes(items)).toHaveLength(3);
  });

  it("are told apart by what the command said, not by the first line alone", () => {
    const items = [
      failureOn("web-0", "app ended with 1 on web-0:\nno space left\nhint: x"),
      failureOn("web-1", "app ended with 1 on web-1:\nno such file\nhint: x"),
    ];
    expect(causes(items).map(({ text }) => text)).toEqual([
      expect.stringContaining("on {host}: no s"),
      expect.stringContaining("on {host}: no s"),
    ]);
  });

  it("do not take a short exit code for noise: 1 and 137 mean different things", () => {
    const items = [
      failureOn("web-0", "command ended with 1"),
      failureOn("web-1", "command ended with 137"),
    ];
    expect(causes(items)).toHaveLength(2);
  });

  it("leave a longer name alone that only begins like the host's", () => {
    const { message } = groupedFailure(
      {
        type: "t",
        step: "apply",
        message: "web-1 asks web-10 and db.web-1.eu",
      },
      "web-1",
    );
    expect(message).toBe("{host} asks web-10 and db.web-1.eu");
  });

  it("come with the most hosts first, and name ten of them", () => {
    const many = Array.from({ length: 12 }, (_, n) =>
      failureOn(`web-${n}`, "many"),
    );
    const [first, second] = causesOf(
      [failureOn("web-0", "few"), ...many],
      fleetOfSize(13),
    );
    expect(first).toMatchObject({ text: "many", count: 12 });
    expect(first?.hosts).toHaveLength(10);
    expect(second).toMatchObject({ text: "few", count: 1 });
  });

  it("have ids that stay the same, so that a decision may name them later", () => {
    const ids = ["web-0", "web-3"].map(
      (host) =>
        groupedFailure({ type: "t", step: "ready", message: "no" }, host).cause,
    );
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).toMatch(/^ready-[0-9a-f]{6}$/);
  });

  it("are told of one host in its own name, hint and all", () => {
    const failure = groupedFailure(
      {
        type: "t",
        step: "ready",
        message: "web-0 is down\nhint: Look at web-0.",
      },
      "web-0",
    );
    expect(messageFor(failure, "web-7")).toBe(
      "web-7 is down\nhint: Look at web-7.",
    );
  });
});
