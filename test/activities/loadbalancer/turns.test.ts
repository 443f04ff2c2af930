import type { Place } from "../../../activities/loadbalancer/place";
import type { Standing } from "../../../activities/loadbalancer/room";
import { Turns } from "../../../activities/loadbalancer/turns";

const standing = (othersOut: number): Standing => ({
  balancer: "lb",
  total: 4,
  othersOut,
  isOut: false,
});

/** A place at a balancer that answers these counts, one a look, and the last one for good. */
function placeWith(counts: readonly number[]) {
  const left = [...counts];
  const done: string[] = [];
  const place: Place = {
    queue: "q",
    backend: "app",
    maxOut: 1,
    turnTimeoutMs: 20_000,
    look: async () => {
      const count = left.length > 1 ? left.shift() : left[0];
      return [standing(count ?? 0)];
    },
    takeOut: async () => {
      done.push("out");
      const stepBack = async () => void done.push("back");
      return { after: await place.look(), stepBack };
    },
    awaitEmpty: async () => 0,
    putBack: async () => undefined,
  };
  return { place, done };
}

function watch() {
  const lines: string[] = [];
  const { signal } = new AbortController();
  return { signal, lines, report: (line: string) => lines.push(line) };
}

describe("a host's turn to leave its backend", () => {
  it("is over once it is out", async () => {
    const { place, done } = placeWith([0]);
    await new Turns().takeOut(place, watch());
    expect(done).toEqual(["out"]);
  });

  it("begins anew when another worker took the same room at the same moment", async () => {
    // Two looks, then the count of who is out.
    const { place, done } = placeWith([0, 0, 0, 1, 0]);
    const seen = watch();
    await new Turns().takeOut(place, seen);
    expect(done).toEqual(["out", "back", "out"]);
    expect(seen.lines).toContain(
      "stepped back: 1 of 4 servers of app are out at lb, 1 may be",
    );
  });

  it("is not taken when somebody else came between its two looks", async () => {
    const { place, done } = placeWith([0, 0, 1, 0]);
    const seen = watch();
    await new Turns().takeOut(place, seen);
    expect(done).toEqual(["out"]);
    expect(seen.lines).toEqual([
      "waits: 1 of 4 servers of app are out at lb, 1 may be",
    ]);
  });

  it("gives the room back when the balancer refuses", async () => {
    const turns = new Turns();
    const { place } = placeWith([0]);
    const refusal = new Error("refused");
    const refusing = { ...place, takeOut: () => Promise.reject(refusal) };
    await expect(turns.takeOut(refusing, watch())).rejects.toBe(refusal);
    await turns.takeOut(place, watch());
  });

  it("counts hosts whose way out takes long, though no balancer shows them yet", async () => {
    const turns = new Turns();
    const slow = placeWith([0]);
    let end: () => void = () => undefined;
    const taken = new Promise<void>((resolve) => (end = resolve));
    const first = turns.takeOut(
      { ...slow.place, takeOut: () => taken.then(slow.place.takeOut) },
      watch(),
    );
    const { place, done } = placeWith([0]);
    const second = turns.takeOut({ ...place, turnTimeoutMs: 300 }, watch());
    await expect(second).rejects.toMatchObject({ type: "balancer.tooManyOut" });
    expect(done).toEqual([]);
    end();
    await first;
  });
});
