/**
 * Which run of a step's command is meant. `*` stands for every step that has no entry of its own; without either a step
 * is at generation 1. Only a workflow raises one, on an operator's word.
 */
export type Generations = Readonly<Record<string, number>>;

export function generationOf(step: string, generations: Generations): number {
  const own = Object.hasOwn(generations, step) ? generations[step] : undefined;
  return own ?? generations["*"] ?? 1;
}
