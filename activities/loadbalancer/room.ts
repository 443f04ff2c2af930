/** How many servers of a backend may be out at once. Pure. */
export type MaxOut = number | string;

/** A backend as one balancer sees it. */
export interface Standing {
  /** Who says so: a socket, or the count command. */
  readonly balancer: string;
  /** Servers of the backend. */
  readonly total: number;
  /** Servers that take no traffic, the host's own left out. */
  readonly othersOut: number;
  /** The host's own server takes no traffic already: to drain it changes nothing for the others. */
  readonly isOut: boolean;
}

/** 4.6 % of 1,500 are 69, though the machine's product is a little less. */
const roundingError = 1e-9;

/** A share is of all servers, rounded down; one server may always leave, or nothing could ever be upgraded. */
export function allowedOut(maxOut: MaxOut, total: number): number {
  if (typeof maxOut === "number") return Math.max(1, maxOut);
  const share = (Number.parseInt(maxOut, 10) / 100) * total;
  return Math.max(1, Math.floor(share + roundingError));
}

/**
 * The first balancer at which the host may not leave now; nothing when it may leave at all of them.
 *
 * @param pending hosts that are on their way out and may not show at the balancers yet
 */
export function withoutRoom(
  standings: readonly Standing[],
  maxOut: MaxOut,
  pending = 0,
): Standing | undefined {
  return standings.find(
    ({ isOut, othersOut, total }) =>
      !isOut && othersOut + pending + 1 > allowedOut(maxOut, total),
  );
}

/** `5 of 20 servers of app are out at /run/haproxy/admin.sock, 5 may be`. */
export function describeCrowd(
  { balancer, othersOut, total }: Standing,
  backend: string,
  maxOut: MaxOut,
): string {
  return `${othersOut} of ${total} servers of ${backend} are out at ${balancer}, ${allowedOut(maxOut, total)} may be`;
}
