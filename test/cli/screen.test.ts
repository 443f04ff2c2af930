import { clip, openScreen } from "../../cli/screen";
import type { Io } from "../../cli/context";

describe("clip", () => {
  it("cuts after so many visible characters, and lets colours end", () => {
    expect(clip("abcdef", 3)).toBe("abc");
    expect(clip("\u001b[31mabcdef\u001b[0m", 3)).toBe("\u001b[31mabc\u001b[0m");
    expect(clip("ab", 3)).toBe("ab");
  });
});

describe("the screen", () => {
  function screenOf(columns: number, rows: number) {
    const written: string[] = [];
    const io: Pick<Io, "out" | "size"> = {
      out: (text) => void written.push(text),
      size: () => ({ columns, rows }),
    };
    return { screen: openScreen(io), written };
  }

  it("draws the next picture over the last one, and clears what was below", () => {
    const { screen, written } = screenOf(40, 10);
    screen.draw(["one", "two", "three"]);
    screen.draw(["four"]);
    expect(written.at(-1)).toBe("\u001b[3A\rfour\u001b[K\n\u001b[J");
  });

  it("never draws more than the terminal holds, or it could not be drawn over", () => {
    const { screen, written } = screenOf(5, 3);
    screen.draw(["123456789", "b", "c", "d"]);
    expect(written.at(-1)).toBe("\r1234\u001b[K\nb\u001b[K\n\u001b[J");
  });

  it("hides the cursor while it draws, and gives it back", () => {
    const { screen, written } = screenOf(40, 10);
    screen.end();
    expect(written).toEqual(["\u001b[?25l", "\u001b[?25h"]);
  });
});
