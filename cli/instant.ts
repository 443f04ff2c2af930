import { cliError } from "./errors";

const unitsMs = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds since the epoch, from `90m`, `6h`, `2d` or an instant with its zone. @throws cli.usage */
export function untilIn(text: string, now: number, command: string): number {
  const [, count, unit] = /^(\d{1,5})([mhd])$/.exec(text) ?? [];
  if (count !== undefined)
    return now + Number(count) * unitsMs[unit as keyof typeof unitsMs];
  const hasZone = /T.*(Z|[+-]\d\d:?\d\d)$/.test(text);
  const at = Date.parse(text);
  if (hasZone && !Number.isNaN(at)) return at;
  throw cliError("usage", {
    seen: `--until ${text}`,
    expected: "90m, 6h, 2d, or an instant such as 2026-11-30T06:00:00Z",
    facts: { command },
  });
}
