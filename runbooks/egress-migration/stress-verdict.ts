/** What a load on staging proves, and which cause it names. Pure. */

import { longSearch, signatures } from "../../activities/egress/nat/signatures";
import type { GatewayLook } from "../../activities/egress/port";
import type {
  ApplicationReport,
  StormFigures,
} from "../../activities/load/port";

interface AtGateways {
  readonly before: readonly GatewayLook[];
  readonly after: readonly GatewayLook[];
}

/** How many connections were tried and open at once, and how they opened. */
export type CarriedLoad = Pick<
  StormFigures,
  "tried" | "failed" | "peak" | "heldS" | "p999Ms"
> &
  Partial<Pick<StormFigures, "slowShare">>;

/** What was ordered, and what came of it. */
export interface StressFacts extends AtGateways {
  /** Connections that were to be open at once. */
  readonly wanted: number;
  readonly holdS: number;
  /** Milliseconds within which 99.9 % of all connections have to be open. */
  readonly slowestMs: number;
  readonly storm: CarriedLoad;
  /** The client's, with what the gateways counted while it ran. */
  readonly application?:
    | (Pick<
        ApplicationReport,
        "requests" | "opened" | "failed" | "openedByHost"
      > &
        AtGateways & { readonly mostPerRequest: number })
    | undefined;
}

/** Each is one cause that peaks have and functional tests do not see. */
export type StressCause =
  | "load.elsewhere"
  | "load.tooSmall"
  | "client.noLocalPort"
  | "conntrack.full"
  | "nat.noPort"
  | "nat.search"
  | "connect.slow"
  | "connect.failed"
  | "application.noReuse"
  | "application.failed";

export interface StressFinding {
  readonly cause: StressCause;
  readonly seen: string;
  readonly hint: string;
}

const hints: Readonly<Record<StressCause, string>> = {
  "load.elsewhere":
    "it proves nothing of gateways that it does not go through: see the route from the load's hosts to the sinks, and whether each gateway answers and has not booted",
  "load.tooSmall":
    "put it on from more hosts, or see what keeps them: it proves nothing below the peak",
  "client.noLocalPort": signatures.noLocalPort.hint,
  "conntrack.full": signatures.tableFull.hint,
  "nat.noPort": signatures.portsExhausted.hint,
  "nat.search": signatures.portSearch.hint,
  "connect.slow":
    "a lost SYN is sent again after 1, 3 and 7 s: see what drops it between host, gateway and sink",
  "connect.failed":
    "see which hosts, gateways and sinks it concerns, and whether the sink takes as many",
  "application.noReuse":
    "the client opens a connection for nearly each request at this load: mend its pool before its ports are used up",
  "application.failed": "read the client's own log",
};

/** None: it has passed. The cause that explains the others comes first. */
export function stressFindings(facts: StressFacts): StressFinding[] {
  const all = [
    ...gatewayFindings(facts),
    ...connectFindings(facts),
    ...applicationFindings(facts),
    ...sizeFindings(facts),
  ];
  return all.flatMap((one) =>
    one === undefined
      ? []
      : [{ cause: one[0], seen: one[1], hint: hints[one[0]] }],
  );
}

type Named = readonly [cause: StressCause, seen: string];

const when = (
  isSo: boolean,
  cause: StressCause,
  seen: () => string,
): Named | undefined => (isSo ? [cause, seen()] : undefined);

/** Of the load's connections, that have to go through the gateways: others' may be counted among its host's. */
const ownShare = 0.9;

function gatewayFindings(facts: StressFacts): (Named | undefined)[] {
  const { opened, earlyDrop, insertFailed, found } = kernelSums(facts);
  const reached = facts.storm.tried - failuresOf(facts.storm);
  const searched = opened === 0 ? 0 : found / opened;
  return [
    when(
      opened < reached * ownShare,
      "load.elsewhere",
      () =>
        `the gateways counted ${opened} new connections of the ${reached} that were opened`,
    ),
    when(
      earlyDrop > 0,
      "conntrack.full",
      () =>
        `the gateways gave up ${earlyDrop} connections because their table was full`,
    ),
    when(
      insertFailed > 0,
      "nat.noPort",
      () => `the gateways found no port for ${insertFailed} packets`,
    ),
    when(
      insertFailed === 0 && searched >= longSearch,
      "nat.search",
      () =>
        `the gateways tried ${searched.toFixed(1)} ports for each new connection, at most ${longSearch} are sound`,
    ),
  ];
}

function connectFindings({
  storm,
  slowestMs,
}: StressFacts): (Named | undefined)[] {
  const { noLocalPort = 0 } = storm.failed;
  const others = failuresOf(storm) - noLocalPort;
  return [
    when(
      noLocalPort > 0,
      "client.noLocalPort",
      () => `${noLocalPort} connections found no port on their own host`,
    ),
    when(
      storm.p999Ms >= slowestMs,
      "connect.slow",
      () =>
        `p99.9 of connecting took ${Math.round(storm.p999Ms)} ms, at most ${slowestMs} are sound${slowWords(storm)}`,
    ),
    when(
      others > 0,
      "connect.failed",
      () => `${others} of ${storm.tried} connections failed`,
    ),
  ];
}

const slowWords = ({ slowShare }: CarriedLoad): string =>
  slowShare === undefined
    ? ""
    : `; ${(slowShare * 100).toFixed(2)} % took more than 0.9 s`;

const sizeFindings = ({
  storm: { peak, heldS },
  wanted,
  holdS,
}: StressFacts): (Named | undefined)[] => [
  when(
    peak < wanted || heldS < holdS,
    "load.tooSmall",
    () =>
      `${peak} connections were open at once for ${Math.floor(heldS)} s, ${wanted} for ${holdS} s were wanted`,
  ),
];

const failuresOf = ({ failed }: CarriedLoad): number =>
  Object.values(failed).reduce((sum, count) => sum + count, 0);

function applicationFindings({
  application,
}: StressFacts): (Named | undefined)[] {
  if (application === undefined) return [];
  const { requests, opened, failed, mostPerRequest, openedByHost } =
    application;
  const each = requests === 0 ? 0 : opened / requests;
  const { insertFailed } = kernelSums(application);
  const whose = openedByHost === true ? "its host" : "the client";
  const outOf =
    insertFailed === 0
      ? ""
      : `, for ${insertFailed} packets of which no port was found`;
  return [
    when(
      each > mostPerRequest,
      "application.noReuse",
      () =>
        `${whose} opened ${opened} connections for ${requests} requests, ${each.toFixed(2)} each${outOf}; at most ${mostPerRequest} are sound`,
    ),
    when(
      insertFailed > 0 && each <= mostPerRequest,
      "nat.noPort",
      () =>
        `the gateways found no port for ${insertFailed} packets of the client`,
    ),
    when(
      failed > 0 || requests === 0,
      "application.failed",
      () => `${failed} of ${requests} requests of the client failed`,
    ),
  ];
}

const none = { opened: 0, insertFailed: 0, drop: 0, earlyDrop: 0, found: 0 };

/** What happened at the gateways meanwhile; one that booted in between counts from its boot. */
function kernelSums({ before, after }: AtGateways): GatewayLook["counters"] {
  const sums = { ...none };
  for (const { gateway, counters } of after) {
    const seen = before.find((look) => look.gateway === gateway)?.counters;
    const since = seen && seen.opened <= counters.opened ? seen : none;
    for (const name of Object.keys(sums) as (keyof typeof sums)[])
      sums[name] += counters[name] - since[name];
  }
  return sums;
}

export const findingWords = ({ cause, seen, hint }: StressFinding): string =>
  `${cause}: ${seen}; ${hint}`;
