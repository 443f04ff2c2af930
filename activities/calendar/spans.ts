/** Half-open, [start, end), in milliseconds of the epoch; either side may be infinite. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export const ALWAYS: Span = { start: -Infinity, end: Infinity };

/** Overlapping spans as one, in order. Spans that only meet stay two, unless `meeting` says otherwise. */
export function merged(
  spans: readonly Span[],
  { meeting = false }: { readonly meeting?: boolean } = {},
): Span[] {
  const result: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    if (span.end <= span.start) continue;
    const last = result.at(-1);
    const joins =
      last !== undefined &&
      (meeting ? span.start <= last.end : span.start < last.end);
    if (joins)
      result[result.length - 1] = {
        start: last.start,
        end: Math.max(last.end, span.end),
      };
    else result.push({ start: span.start, end: span.end });
  }
  return result;
}

/** What is left of each span; `taken` may overlap. */
export function without(
  spans: readonly Span[],
  taken: readonly Span[],
): Span[] {
  return common(spans, complement(taken));
}

/** All time but these spans. */
export function complement(spans: readonly Span[]): Span[] {
  const result: Span[] = [];
  let start = -Infinity;
  for (const span of merged(spans, { meeting: true })) {
    if (span.start > start) result.push({ start, end: span.start });
    start = span.end;
  }
  if (start < Infinity) result.push({ start, end: Infinity });
  return result;
}

/** What both cover. Each list is in order and free of overlaps; spans that meet stay two. */
export function common(left: readonly Span[], right: readonly Span[]): Span[] {
  const result: Span[] = [];
  let l = 0;
  let r = 0;
  for (;;) {
    const a = left[l];
    const b = right[r];
    if (a === undefined || b === undefined) return result;
    const start = Math.max(a.start, b.start);
    const end = Math.min(a.end, b.end);
    if (start < end) result.push({ start, end });
    if (a.end <= b.end) l += 1;
    else r += 1;
  }
}

export const holds = ({ start, end }: Span, at: number): boolean =>
  start <= at && at < end;

export const overlaps = (a: Span, b: Span): boolean =>
  a.start < b.end && b.start < a.end;
