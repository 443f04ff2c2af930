import { beating } from "../beating";
import { Divider } from "./divide";
import { csvCustomer, csvHeader } from "./export";
import { verifyBatch, type LedgerDependencies } from "./ledger";
import { passedBatches } from "./passes";
import type { CustomerActivities } from "./port";

/** Heartbeats say how many customers are done. */
export function createCustomerActivities(
  deps: LedgerDependencies,
): CustomerActivities {
  const { artifacts } = deps;
  return {
    verifyBatch: (order) =>
      beating(
        (signal) => verifyBatch(deps, order, signal),
        () => `batch ${order.batch}, pass ${order.pass}`,
      ),

    divideCustomers: (order) => {
      const { book, passes } = order;
      let done = 0;
      return beating(
        async (signal) => {
          const divider = new Divider(book.sha256);
          for await (const batch of passedBatches(artifacts, order, signal)) {
            for (const one of batch) divider.add(one);
            done += batch.length;
          }
          const { document, states, exceptions } = divider.end();
          const { movable, canaries, stay } = document;
          return {
            document: await artifacts.put(
              `${book.folder}/division-${passes}.json`,
              `${JSON.stringify(document)}\n`,
            ),
            ...{ movable: movable.length, canaries, stay: stay.length },
            ...{ states, exceptions },
          };
        },
        () => `${done} of ${book.count} customers`,
      );
    },

    exportCustomers: (order) => {
      const { book, passes, folder } = order;
      let done = 0;
      return beating(
        async (signal) => {
          const rows = [csvHeader(passes)];
          for await (const batch of passedBatches(artifacts, order, signal)) {
            rows.push(batch.map(csvCustomer).join(""));
            done += batch.length;
          }
          return artifacts.put(`${folder}/customers.csv`, rows.join(""));
        },
        () => `${done} of ${book.count} customers`,
      );
    },
  };
}
