/** What the scripts on a gateway print. Pure. */

import { egressError } from "../errors";
import type { GatewayFacts, GatewayLook, LinuxGateway } from "../port";
import { table } from "./rules";

type Lines = ReadonlyMap<string, readonly (readonly string[])[]>;

/** @throws egress.lookBroken when it did not come to its end */
function linesOf(stdout: string, gateway: string): Lines {
  const lines = new Map<string, string[][]>();
  for (const line of stdout.split("\n")) {
    const [key = "", ...words] = line.split(" ");
    const known = lines.get(key) ?? [];
    lines.set(key, [...known, words]);
  }
  if (lines.has("end")) return lines;
  throw egressError("lookBroken", {
    seen: `the look at ${gateway} ended half-way`,
  });
}

const numbersAt = (lines: Lines, key: string): readonly number[] =>
  (lines.get(key)?.[0] ?? []).map(Number);

export function parseLook(
  stdout: string,
  gateway: Pick<LinuxGateway, "id" | "new" | "old">,
  at: number,
): GatewayLook {
  const lines = linesOf(stdout, gateway.id);
  const [insertFailed = 0, drop = 0, earlyDrop = 0, found = 0] = numbersAt(
    lines,
    "stats",
  );
  const [opened = 0] = numbersAt(lines, "opened");
  const [onOld = 0, onNew = 0] = numbersAt(lines, "open");
  const addresses = (lines.get("address") ?? []).map(([one]) => one);
  const isAway = (address: string): boolean => !addresses.includes(address);
  return {
    ...{ gateway: gateway.id, at, onOld, onNew },
    counters: { opened, insertFailed, drop, earlyDrop, found },
    entries: numbersAt(lines, "entries")[0] ?? 0,
    mostEntries: numbersAt(lines, "most")[0] ?? 0,
    tuples: (lines.get("tuple") ?? []).map(([tuple = "", old, fresh]) => ({
      ...{ tuple, old: Number(old), new: Number(fresh) },
    })),
    rules: rulesIn(lines),
    generation: numbersAt(lines, "generation")[0] ?? 0,
    lacks: gateway.new.filter(isAway),
    lacksOld: lines.has("retired") ? [] : gateway.old.filter(isAway),
  };
}

function rulesIn(lines: Lines): GatewayLook["rules"] {
  const [listed, loaded] = lines.get("digest")?.[0] ?? [];
  if (listed === "absent") return "absent";
  if (earlierChain(lines) !== undefined) return "elsewhere";
  return listed === loaded ? "ours" : "changed";
}

/** Of our chain: right before the operator's, which have srcnat, 100. */
const ourPriority = 90;

interface Chain {
  readonly family?: string;
  readonly table?: string;
  readonly name?: string;
  readonly type?: string;
  readonly hook?: string;
  readonly prio?: number;
}

/** Another table's chain that translates addresses before ours does. */
function earlierChain(lines: Lines): string | undefined {
  const json = lines.get("chains")?.[0]?.join(" ");
  if (json === undefined || json === "") return undefined;
  const { nftables = [] } = JSON.parse(json) as {
    readonly nftables?: readonly { readonly chain?: Chain }[];
  };
  const before = nftables.find(
    ({ chain }) =>
      chain?.type === "nat" &&
      chain.hook === "postrouting" &&
      chain.family !== "ip6" &&
      chain.table !== table &&
      (chain.prio ?? 0) < ourPriority,
  )?.chain;
  return before && `${before.family} ${before.table} ${before.name}`;
}

export function parseFacts(stdout: string, gateway: string): GatewayFacts {
  const lines = linesOf(stdout, gateway);
  const earlier = earlierChain(lines);
  return {
    gateway,
    kernel: lines.get("kernel")?.[0]?.join(" ") ?? "",
    entries: numbersAt(lines, "entries")[0] ?? 0,
    mostEntries: numbersAt(lines, "most")[0] ?? 0,
    portHoldS: numbersAt(lines, "hold")[0] ?? 0,
    faults: [
      ...(lines.get("fault") ?? []).map((words) => words.join(" ")),
      ...(earlier === undefined
        ? []
        : [
            `chain ${earlier} translates addresses before ours would: give it priority srcnat`,
          ]),
    ],
  };
}
