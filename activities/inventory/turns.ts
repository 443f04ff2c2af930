/**
 * One question at a time. Who asks during one shares the next, whose answer is newer than the question: 800 hosts that
 * fail together start two commands, not 800.
 */
export function takeTurns<T>(ask: () => Promise<T>): () => Promise<T> {
  let current: Promise<T> | undefined;
  let next: Promise<T> | undefined;
  const start = (): Promise<T> => {
    next = undefined;
    const asked = ask().finally(() => {
      if (current === asked) current = undefined;
    });
    current = asked;
    return asked;
  };
  return () => {
    if (current === undefined) return start();
    return (next ??= current.then(start, start));
  };
}
