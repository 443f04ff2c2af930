import type { Io } from "./context";

/** Lines on a terminal that are drawn again in place. */
export interface Screen {
  draw(lines: readonly string[]): void;
  /** Leaves the last picture standing, and the cursor below it. */
  end(): void;
}

const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";
const CLEAR_LINE = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";

export function openScreen(io: Pick<Io, "out" | "size">): Screen {
  let drawn = 0;
  io.out(HIDE_CURSOR);
  return {
    draw(lines) {
      const { columns, rows } = io.size();
      // A line that wraps, or a picture higher than the terminal, could not be drawn over.
      const shown = lines
        .slice(0, Math.max(1, rows - 1))
        .map((text) => `${clip(text, columns - 1)}${CLEAR_LINE}\n`);
      const up = drawn === 0 ? "" : `\u001b[${drawn}A`;
      io.out(`${up}\r${shown.join("")}${CLEAR_BELOW}`);
      drawn = shown.length;
    },
    end: () => io.out(SHOW_CURSOR),
  };
}

/** Cuts after so many visible characters; colours take no room, and a cut one is ended. */
export function clip(text: string, width: number): string {
  let seen = 0;
  let kept = "";
  for (const [part] of text.matchAll(/\u001b\[[\d;]*m|./gsu)) {
    if (part.startsWith("\u001b")) kept += part;
    else if (seen++ < width) kept += part;
  }
  return kept;
}
