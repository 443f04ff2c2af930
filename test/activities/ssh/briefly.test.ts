import { briefly } from "../../../activities/ssh/briefly";

describe("an answer that is shared briefly", () => {
  it("is asked for once by all who ask within the moment, and anew after it", async () => {
    let at = 0;
    const asked: string[] = [];
    const ask = briefly(
      async (about) => {
        asked.push(about);
        return `${about} ${asked.length}`;
      },
      200,
      () => at,
    );
    expect(await Promise.all([ask("a"), ask("a"), ask("b")])).toEqual([
      "a 1",
      "a 1",
      "b 2",
    ]);
    at = 199;
    expect(await ask("a")).toBe("a 1");
    at = 200;
    expect(await ask("a")).toBe("a 3");
  });
});
