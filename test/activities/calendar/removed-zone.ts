/** Loaded before all others: tz data without the zone that REMOVED_ZONE names, as an image update may bring it. */
const removed = process.env["REMOVED_ZONE"]?.toLowerCase();
if (removed !== undefined) {
  const Known = Intl.DateTimeFormat;
  Intl.DateTimeFormat = class extends Known {
    constructor(locales?: string, options?: Intl.DateTimeFormatOptions) {
      if (options?.timeZone?.toLowerCase() === removed)
        throw new RangeError(`Invalid time zone specified: ${removed}`);
      super(locales, options);
    }
  } as typeof Intl.DateTimeFormat;
}
