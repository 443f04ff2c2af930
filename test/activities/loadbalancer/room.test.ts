import {
  allowedOut,
  describeCrowd,
  type Standing,
  withoutRoom,
} from "../../../activities/loadbalancer/room";

const standing = (changes: Partial<Standing> = {}): Standing => ({
  balancer: "/run/lb.sock",
  total: 8,
  othersOut: 0,
  isOut: false,
  ...changes,
});

describe("how many servers may be out at once", () => {
  it.each([
    ["25%", 8, 2],
    ["25%", 7, 1],
    ["10%", 5, 1],
    ["0%", 5, 1],
    ["100%", 5, 5],
    ["58%", 50, 29],
    [3, 100, 3],
  ])("%s of %i servers are %i", (maxOut, total, allowed) => {
    expect(allowedOut(maxOut, total)).toBe(allowed);
  });

  it("lets a host leave while fewer than the allowed servers are out", () => {
    expect(withoutRoom([standing({ othersOut: 1 })], "25%")).toBeUndefined();
  });

  it("holds a host back once the allowed servers are out", () => {
    const full = standing({ othersOut: 2 });
    expect(withoutRoom([full], "25%")).toBe(full);
  });

  it("counts hosts on their way out", () => {
    const half = standing({ othersOut: 1 });
    expect(withoutRoom([half], "25%", 1)).toBe(half);
  });

  it("lets the strictest of several balancers decide", () => {
    const full = standing({ balancer: "/run/other.sock", othersOut: 2 });
    expect(withoutRoom([standing(), full], "25%")).toBe(full);
  });

  it("asks no room for a host that is out already", () => {
    const own = standing({ othersOut: 5, isOut: true });
    expect(withoutRoom([own], "25%")).toBeUndefined();
  });

  it("says the count in words", () => {
    expect(describeCrowd(standing({ othersOut: 2 }), "app", "25%")).toBe(
      "2 of 8 servers of app are out at /run/lb.sock, 2 may be",
    );
  });
});
