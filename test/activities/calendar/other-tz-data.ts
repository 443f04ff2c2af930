/**
 * Loaded before all others: tz data as an image update may bring it. REMOVED_ZONE names a zone that it no longer has;
 * MOVED_ZONE, `Europe/Sofia=Europe/Vienna`, one whose clocks go as those of the other one do.
 */
const removed = process.env["REMOVED_ZONE"]?.toLowerCase();
const [moved, like] = (process.env["MOVED_ZONE"] ?? "")
  .toLowerCase()
  .split("=");
const Known = Intl.DateTimeFormat;

function zoneOf(name: string | undefined): string | undefined {
  const asked = name?.toLowerCase();
  if (asked !== undefined && asked === removed)
    throw new RangeError(`Invalid time zone specified: ${asked}`);
  return asked !== undefined && asked === moved ? like : name;
}

Intl.DateTimeFormat = class extends Known {
  constructor(locales?: string, options: Intl.DateTimeFormatOptions = {}) {
    const timeZone = zoneOf(options.timeZone);
    super(locales, { ...options, ...(timeZone && { timeZone }) });
  }
} as typeof Intl.DateTimeFormat;
