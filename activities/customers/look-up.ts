import { Resolver } from "node:dns/promises";
import type { Fault } from "../faults";
import { atMost } from "./at-most";
import type { Customer } from "./port";
import { addressExpected } from "./public-address";

/** IPv4 addresses of a name. @throws what node:dns throws */
export type LookUp = (name: string) => Promise<readonly string[]>;

const timeoutMs = 3_000;
const tries = 3;
/** Questions at once: a resolver of a data centre takes them without a word. */
const mostQuestions = 64;

export function createLookUp(server?: string): LookUp {
  const resolver = new Resolver({ timeout: timeoutMs, tries });
  if (server !== undefined) resolver.setServers([server]);
  return (name) => resolver.resolve4(name);
}

export type Located =
  { readonly customer: Customer } | { readonly fault: Fault };

/** Customers with addresses, in their order; a name is asked for once. The order of an answer counts for nothing. */
export async function locate(
  customers: readonly Customer[],
  { lookUp, allowsPrivate }: { lookUp: LookUp; allowsPrivate: boolean },
): Promise<Located[]> {
  const lacking = customers.filter(({ addresses }) => addresses.length === 0);
  const names = [...new Set(lacking.map(hostOf))];
  const answers = await atMost(mostQuestions, names, (name) =>
    lookUp(name).then(
      (addresses) => [...new Set(addresses)].sort(),
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    ),
  );
  const found = new Map(names.map((name, at) => [name, answers[at] ?? []]));
  return customers.map((customer) => {
    if (customer.addresses.length > 0) return { customer };
    const name = hostOf(customer);
    return located(customer, name, found.get(name) ?? [], allowsPrivate);
  });
}

const hostOf = ({ url }: Customer): string => new URL(url).hostname;

function located(
  customer: Customer,
  name: string,
  answer: readonly string[] | string,
  allowsPrivate: boolean,
): Located {
  const fault = (found: string, expected: string): Located => ({
    fault: { path: "url", found, expected },
  });
  if (typeof answer === "string" || answer.length === 0)
    return fault(
      `no address of ${name} in DNS (${typeof answer === "string" ? answer : "ENODATA"})`,
      "a name that DNS knows, or addresses beside it",
    );
  for (const address of answer) {
    const expected = addressExpected(address, allowsPrivate);
    if (expected !== undefined)
      return fault(`${address} of ${name} in DNS`, expected);
  }
  return { customer: { ...customer, addresses: answer } };
}
