import type { HostStanding, Standing } from "../../cli/host-standing";

const byLetter: Readonly<Record<string, Standing>> = {
  u: "upgraded",
  s: "unchanged",
  g: "gone",
  i: "in work",
  w: "waiting",
  q: "quarantined",
  e: "failed",
};

/** `pool("web", "uuiw")`: hosts web-1 to web-4 and where they stand. */
export function pool(name: string, letters: string): HostStanding[] {
  return [...letters].map((letter, index) => ({
    id: `${name}-${index + 1}`,
    pool: name,
    standing: byLetter[letter] ?? "waiting",
  }));
}
