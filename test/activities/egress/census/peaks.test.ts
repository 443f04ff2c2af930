import { counted, newCensus } from "../../../../activities/egress/census/peaks";
import { look } from "../../../runbooks/egress-migration/samples";

const use = (tuple: string, old: number) => ({ tuple, old, new: 0 });
const away = { gateway: "gw-2", at: 1, type: "ssh.unreachable", seen: "" };

describe("a census", () => {
  it("keeps the most of each destination, and the moment at which most were open", () => {
    const tuples = [use("198.51.100.7:443", 40)];
    const first = counted(
      newCensus(0),
      { looks: [look("gw-1", { onOld: 40, tuples })], unseen: [] },
      10,
    );
    const second = counted(
      first,
      {
        looks: [
          look("gw-1", { onOld: 30, tuples: [use("198.51.100.7:443", 25)] }),
        ],
        unseen: [],
      },
      20,
    );
    expect(second).toMatchObject({
      ...{ due: 2, taken: { "gw-1": 2 }, peak: 40, peakAt: 10, until: 20 },
      tuples: [{ gateway: "gw-1", tuple: "198.51.100.7:443", most: 40 }],
    });
  });

  it("adds up gateways of one moment, never the peaks of different ones", () => {
    const at = (one: number, other: number) => ({
      looks: [look("gw-1", { onOld: one }), look("gw-2", { onOld: other })],
      unseen: [],
    });
    const census = counted(counted(newCensus(0), at(90, 10), 1), at(10, 90), 2);
    expect(census.peak).toBe(100);
  });

  it("leaves a hole where a gateway was not seen, and takes no peak there", () => {
    const sight = { looks: [look("gw-1", { onOld: 500 })], unseen: [away] };
    expect(counted(newCensus(0), sight, 1)).toMatchObject({
      ...{ due: 1, taken: { "gw-1": 1 }, peak: 0 },
    });
  });
});
