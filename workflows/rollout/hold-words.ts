import type { Freeze } from "../../activities/freeze/port";
import { freezeInWords } from "../freeze/words";
import { waitInWords } from "../lock/wait-words";
import { oneLine } from "../one-line";
import { parkedInWords } from "./parked";
import type { Halt, ParkedHosts, RolloutProgress } from "./words";

const listedFreezes = 5;
const listedParked = 5;

/** Why nothing new starts, or not every host, and who waits half-way, a line each; the same on every screen. */
export function holdsInWords({
  halts,
  frozen,
  parked,
}: Pick<RolloutProgress, "halts" | "frozen" | "parked">): string[] {
  const isWhole = halts.some(({ kind }) => kind === "frozen");
  const isPart = frozen !== undefined && frozen.hosts > 0 && !isWhole;
  return [
    ...halts.map(haltInWords),
    ...(isPart
      ? [
          `${frozen.hosts === 1 ? "1 frozen host waits" : `${frozen.hosts} frozen hosts wait`}, others go on: ${freezesInWords(frozen.freezes)}`,
        ]
      : []),
    ...(parked === undefined ? [] : [parkedLine(parked)]),
  ];
}

function parkedLine({ count, hosts }: ParkedHosts): string {
  const shown = hosts.slice(0, listedParked);
  const named = shown.map((host) => `${host.id} ${parkedInWords(host)}`);
  const more = count - shown.length;
  return `Goes on where it stopped: ${[...named, ...(more > 0 ? [`${more} more hosts`] : [])].join("; ")}`;
}

function haltInWords(halt: Halt): string {
  switch (halt.kind) {
    case "paused": {
      const why = halt.reason === undefined ? "" : `: ${oneLine(halt.reason)}`;
      return `Halted: paused by ${oneLine(halt.by, 80)}${why} (at ${time(halt.at)})`;
    }
    case "budget": {
      const where = halt.pool === undefined ? "" : ` in pool ${halt.pool}`;
      return `Halted: more failures${where} than allowed`;
    }
    case "progress":
      return "Halted: no host has succeeded for too long";
    case "closed": {
      const { gate, opensAt } = halt;
      const alone =
        opensAt === undefined
          ? "no later window is known"
          : `goes on by itself at ${new Date(opensAt).toISOString()}`;
      const then =
        gate === undefined ? alone : `waits for gate ${gate} to be approved`;
      return `Out of window: ${oneLine(halt.reason)}; ${then}`;
    }
    case "frozen":
      return `Halted: ${freezesInWords(halt.freezes)}`;
    case "lock":
      return waitInWords(halt);
  }
}

function freezesInWords(freezes: readonly Freeze[]): string {
  const more = freezes.length - listedFreezes;
  const named = freezes.slice(0, listedFreezes).map(freezeInWords);
  return [...named, ...(more > 0 ? [`${more} more freezes`] : [])].join("; ");
}

const time = (at: number): string =>
  new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
