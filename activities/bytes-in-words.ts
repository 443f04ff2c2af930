const units = ["B", "kB", "MB", "GB", "TB"] as const;
const step = 1_024;

/** `512 B`, `16 MB`, `1.5 GB`: powers of 1,024 under the names that PostgreSQL gives them. Pure. */
export function bytesInWords(bytes: number): string {
  let size = Math.abs(bytes);
  let unit = 0;
  while (size >= step && unit < units.length - 1) {
    size /= step;
    unit++;
  }
  const sign = bytes < 0 ? "-" : "";
  return `${sign}${size.toFixed(size < 10 && unit > 0 ? 1 : 0).replace(/\.0$/, "")} ${units[unit]}`;
}
