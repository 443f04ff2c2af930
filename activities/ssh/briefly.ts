/**
 * Shares one answer among all who ask for the same thing within a moment: a fleet's visits ask for the same files once a
 * host, hundreds of times a second. A failure is shared as well.
 *
 * @param ms how old an answer may be
 */
export function briefly<T>(
  ask: (about: string) => Promise<T>,
  ms = 200,
  now: () => number = Date.now,
): (about: string) => Promise<T> {
  const answers = new Map<string, { at: number; answer: Promise<T> }>();
  return (about) => {
    const known = answers.get(about);
    if (known !== undefined && now() - known.at < ms) return known.answer;
    const answer = ask(about);
    answers.set(about, { at: now(), answer });
    return answer;
  };
}
