import type { Fault } from "./judged";
import type { Scratch } from "./port";

type Databases = Pick<Scratch, "databases">;

/** By name. The extension amcheck is asked for in databases that people use; templates are dumped and compared. */
export const databasesIn = (
  { databases }: Databases,
  use: "amcheck" | "reading",
): readonly string[] =>
  databases
    .filter(
      ({ isOpen, isTemplate }) => isOpen && !(use === "amcheck" && isTemplate),
    )
    .map(({ name }) => name);

/** Databases of people whose rows cannot be read, for they let nobody in. */
export const closedIn = ({ databases }: Databases): readonly string[] =>
  databases
    .filter(({ isOpen, isTemplate }) => !isOpen && !isTemplate)
    .map(({ name }) => name);

export const closedFault = (name: string): Fault => ({
  reason: `the database ${name} lets nobody in, so that it was not read`,
  hint: "Allow connections to it on the primary while the backup is taken, or drop it.",
});
