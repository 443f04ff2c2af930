import type { Fault } from "../faults";
import type { Host } from "./port";

const name = "[A-Za-z0-9_][A-Za-z0-9_.-]*";
const ipv6 = "[0-9A-Fa-f]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*(?:%[A-Za-z0-9]+)?";
const addressPattern = new RegExp(`^(?:${name}|${ipv6})$`);
const jumpPattern = new RegExp(
  `^(?:[^@\\s:]+@)?(?:(${name})|\\[(${ipv6})\\])(?::(\\d{1,5}))?$`,
);
const bareIpv6Pattern = new RegExp(`^(?:[^@\\s:]+@)?(${ipv6})$`);

/** What is wrong with the way to a host: its own address, or a jump that cannot be read, comes twice or is the host. */
export function addressFaults(host: Host, path: string): Fault[] {
  return [...ownFaults(host, `${path}.address`), ...jumpFaults(host, path)];
}

function ownFaults({ address }: Host, path: string): Fault[] {
  if (addressPattern.test(address)) return [];
  const hint = address.includes("@")
    ? "the user stands under user"
    : /:\d+$/.test(address) && "the port stands under port";
  return [
    {
      path,
      found: JSON.stringify(address),
      expected: "a name or an address",
      ...(hint && { hint }),
    },
  ];
}

function jumpFaults(host: Host, path: string): Fault[] {
  const jumps = host.jump ?? [];
  const places = jumps.map(placeOf);
  return jumps.flatMap((jump, index) => {
    const expected = expectedJump(host, places, index);
    return expected === undefined
      ? []
      : [{ path: `${path}.jump[${index}]`, found: jump, expected }];
  });
}

function expectedJump(
  host: Host,
  places: readonly (string | undefined)[],
  index: number,
): string | undefined {
  const place = places[index];
  if (place === undefined) return "[user@]address[:port]";
  if (place === `${host.address} ${host.port}`)
    return "a machine on the way to this host, not the host itself";
  if (places.indexOf(place) < index) return "each jump host once";
  return undefined;
}

/** Address and port; undefined when the text is neither. */
function placeOf(jump: string): string | undefined {
  const [, bare] = bareIpv6Pattern.exec(jump) ?? [];
  if (bare !== undefined) return `${bare} 22`;
  const [, plain, bracketed, port = "22"] = jumpPattern.exec(jump) ?? [];
  const address = plain ?? bracketed;
  const isPort = Number(port) >= 1 && Number(port) <= 65_535;
  return address !== undefined && isPort
    ? `${address} ${Number(port)}`
    : undefined;
}
