/** What clients know of their own writes, and what it says of a switchover. Pure. */

/** A commit that its client was told of. Times in milliseconds by the client's clock. */
export interface Acknowledged {
  readonly writer: number;
  readonly n: number;
  readonly beganAt: number;
  readonly ackedAt: number;
  /** That the server wrote it on. */
  readonly timeline: number;
}

/** Those that the server does not have. */
export function lostOf(
  acknowledged: readonly Acknowledged[],
  there: ReadonlySet<string>,
): Acknowledged[] {
  return acknowledged.filter((write) => !there.has(keyOf(write)));
}

export const keyOf = ({
  writer,
  n,
}: Pick<Acknowledged, "writer" | "n">): string => `${writer}/${n}`;

/** Begun on an old timeline after somebody had been told of a write on a newer one: then two servers took writes. */
export function onTwoTimelines(
  acknowledged: readonly Acknowledged[],
): Acknowledged[] {
  const firstAck = new Map<number, number>();
  for (const { timeline, ackedAt } of acknowledged)
    firstAck.set(
      timeline,
      Math.min(ackedAt, firstAck.get(timeline) ?? ackedAt),
    );
  return acknowledged.filter(({ timeline, beganAt }) =>
    [...firstAck].some(([newer, at]) => newer > timeline && beganAt > at),
  );
}

/** The longest time without news for anybody, between two times. */
export function longestPause(
  acknowledged: readonly Acknowledged[],
  from: number,
  to: number,
): number {
  const times = acknowledged
    .map(({ ackedAt }) => ackedAt)
    .filter((at) => at > from && at < to)
    .sort((one, other) => one - other);
  const marks = [from, ...times, to];
  return Math.max(
    ...marks.slice(1).map((at, before) => at - (marks[before] ?? at)),
  );
}
