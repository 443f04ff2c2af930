import { beating } from "../beating";
import type { Patience } from "./poll";
import type { ListActivities } from "./port";
import { publishList, type ListDependencies } from "./publish";

/** Caches and name servers have two minutes to follow. */
const defaultPatience: Patience = { withinMs: 120_000, everyMs: 2_000 };

export function createListActivities(
  deps: ListDependencies,
  patience = defaultPatience,
): ListActivities {
  return {
    publishList: (order) =>
      beating(
        (signal) => publishList(deps, order, patience, signal),
        () => `publishes ${order.place.path}`,
      ),
  };
}
