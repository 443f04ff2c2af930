/**
 * In how many rounds so many hosts of one duration are done: one more at once with each that succeeds, so that a full round
 * doubles the next, up to the slots. Pure.
 */
export function roundsOf(
  hosts: number,
  { slots, ramp }: { readonly slots: number; readonly ramp: number },
): number {
  let rounds = 0;
  let width = ramp;
  for (let left = hosts; left > 0; rounds++) {
    const started = Math.min(slots, width, left);
    left -= started;
    width += started;
  }
  return rounds;
}
