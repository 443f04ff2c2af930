/** Does the work for each of them, so many at once; results in the order of the list. */
export async function forEachAtOnce<T, R>(
  list: readonly T[],
  atOnce: number,
  work: (one: T) => Promise<R>,
): Promise<R[]> {
  const results = new Map<number, R>();
  const left = list.entries();
  const worker = async (): Promise<void> => {
    for (const [index, one] of left) results.set(index, await work(one));
  };
  const workers = Math.min(atOnce, list.length);
  await Promise.all(Array.from({ length: workers }, worker));
  return list.flatMap((_, index) => {
    const result = results.get(index);
    return result === undefined ? [] : [result];
  });
}
