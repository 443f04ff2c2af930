import type { MaxOut, Standing } from "./room";

/** One host's place in its backend, whatever kind of balancer stands in front of it. */
export interface Place {
  /** Hosts of one backend wait in one queue; this names it. */
  readonly queue: string;
  /** As messages call it. */
  readonly backend: string;
  readonly maxOut: MaxOut;
  readonly turnTimeoutMs: number;
  /** The backend as each balancer sees it now; empty when nobody counts. */
  look(): Promise<readonly Standing[]>;
  /** @returns what takes this step back, for the balancers that it has changed */
  takeOut(): Promise<() => Promise<void>>;
  /** @returns sessions still open at the drain's deadline */
  awaitEmpty(): Promise<number>;
  /** Puts the host back and waits until it is up. */
  putBack(): Promise<void>;
}
