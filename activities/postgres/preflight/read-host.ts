/** What `hostScript` said. Pure. */

import type { HostFacts, Space } from "./facts";

export type Clock = Pick<HostFacts, "clockMs" | "clockWithinMs">;

/** @returns nothing when the host did not say all of it */
export function readHost(
  stdout: string,
  mark: string,
  clock: Clock,
): HostFacts | undefined {
  const said = new Said(stdout, mark);
  const [dataSpace, workSpace] = [
    spaceIn(said.word("dataSpace")),
    spaceIn(said.word("workSpace")),
  ];
  if (!said.has("end") || dataSpace === undefined || workSpace === undefined)
    return undefined;
  const walSpace = spaceIn(said.word("walSpace"));
  return {
    ...{ uid: Number(said.word("uid")), user: said.word("user") },
    ...{
      umask: said.word("umask"),
      programs: Object.fromEntries(said.pairs("program")),
    },
    target: said.word("target"),
    targetTablespaces: said.word("tablespaces"),
    ...{ dataReal: said.word("dataReal"), workReal: said.word("workReal") },
    mayWriteData: said.word("mayWriteData") === "yes",
    mayWriteWork: said.word("mayWriteWork") === "yes",
    workMode: said.word("workMode"),
    ...{ dataSpace, workSpace, ...(walSpace && { walSpace }) },
    ...(said.has("postmaster") && {
      postmaster: Number(said.word("postmaster")),
    }),
    isAnswering: said.word("answering") === "yes",
    ...(said.has("system") && { systemIdentifier: said.word("system") }),
    ...{ bootId: said.word("boot"), libc: said.word("libc") },
    icu: said.word("icu"),
    locales: swapped(said.pairs("locale")),
    libraries: yesIn(said.pairs("library")),
    files: yesIn(said.pairs("file")),
    ...clock,
    isClockKept: said.word("kept"),
  };
}

class Said {
  private readonly lines: readonly string[];

  constructor(stdout: string, mark: string) {
    const begin = `@${mark} `;
    this.lines = stdout
      .split("\n")
      .filter((line) => line.startsWith(begin))
      .map((line) => line.slice(begin.length));
  }

  has(name: string): boolean {
    return this.lines.some((line) => line.split(" ")[0] === name);
  }

  word(name: string): string {
    const line = this.lines.find((one) => one.startsWith(`${name} `)) ?? "";
    return line.slice(name.length + 1);
  }

  /** Of `name first rest`, so often as it was said. */
  pairs(name: string): [string, string][] {
    return this.lines
      .filter((line) => line.startsWith(`${name} `))
      .map((line) => line.slice(name.length + 1))
      .map((rest) => {
        const blank = rest.indexOf(" ");
        return [rest.slice(0, blank), rest.slice(blank + 1)];
      });
  }
}

const bytesPerKb = 1_024;

/** Free kilobytes and the mount point, which may hold blanks. */
function spaceIn(said: string): Space | undefined {
  const [, free, mount] = /^(\d+) (.+)$/.exec(said) ?? [];
  return free === undefined || mount === undefined
    ? undefined
    : { freeBytes: Number(free) * bytesPerKb, mount };
}

const swapped = (
  pairs: readonly (readonly [string, string])[],
): Record<string, string> =>
  Object.fromEntries(pairs.map(([value, name]) => [name, value]));

const yesIn = (
  pairs: readonly (readonly [string, string])[],
): Record<string, boolean> =>
  Object.fromEntries(pairs.map(([word, name]) => [name, word === "yes"]));

/**
 * How far a host's clock is ahead of ours, and how sure that is: it was read at some moment between question and answer.
 *
 * @returns nothing when the host told no time
 */
export function clockIn(
  stdout: string,
  beganAt: number,
  endedAt: number,
): Clock | undefined {
  const [, seconds, parts] = /(\d{9,})(\.\d{9})?/.exec(stdout) ?? [];
  if (seconds === undefined) return undefined;
  // Without parts of a second it is anywhere within that second.
  const part = parts === undefined ? 0.5 : Number(parts);
  const unsureMs = parts === undefined ? 500 : 0;
  return {
    clockMs: (Number(seconds) + part) * 1_000 - (beganAt + endedAt) / 2,
    clockWithinMs: (endedAt - beganAt) / 2 + unsureMs,
  };
}
