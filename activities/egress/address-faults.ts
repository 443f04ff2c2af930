import { addressExpected } from "../customers/public-address";
import type { Fault } from "../faults";

export interface NamedAddress {
  readonly path: string;
  readonly address: string;
}

/** Addresses that are none, that customers cannot see, or that stand in two places. */
export function addressFaults(
  named: readonly NamedAddress[],
  { allowsPrivate }: { readonly allowsPrivate: boolean },
): Fault[] {
  return named.flatMap(({ path, address }, at): Fault[] => {
    const expected = addressExpected(address, allowsPrivate);
    if (expected !== undefined)
      return [
        {
          ...{ path, found: JSON.stringify(address), expected },
          hint: "one address each, without a prefix; in a lab, set egress.allowsPrivate",
        },
      ];
    const first = named.find((one) => one.address === address);
    return first === undefined || first === named[at]
      ? []
      : [
          {
            ...{ path, found: `${address}, which is ${first.path} already` },
            expected: "an address of its own: it lives on one gateway",
          },
        ];
  });
}
