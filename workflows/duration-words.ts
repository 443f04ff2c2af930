/** "45 s", "12 min", "2 h 5 min", "3 d 4 h": two units at most. */
export function durationInWords(ms: number): string {
  const seconds = ms / 1_000;
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const [big, small, unit, part] =
    minutes < 48 * 60
      ? [Math.floor(minutes / 60), minutes % 60, "h", "min"]
      : [
          Math.floor(minutes / 1_440),
          Math.round((minutes % 1_440) / 60),
          "d",
          "h",
        ];
  return small === 0 ? `${big} ${unit}` : `${big} ${unit} ${small} ${part}`;
}
