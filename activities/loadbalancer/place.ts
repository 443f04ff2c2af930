import type { MaxOut, Standing } from "./room";

/** A host that has just been taken out. */
export interface Departure {
  /**
   * The backend as each balancer counts it now that the host is out. Where the host was out before, its way out
   * took nobody's room, and `isOut` says so.
   */
  readonly after: readonly Standing[];
  /** Puts the host back where this departure took it out; works for a call that is cancelled, too. */
  stepBack(): Promise<void>;
}

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
  /** Takes the host out, then counts. When it throws, the host is where it was before, as far as can be. */
  takeOut(): Promise<Departure>;
  /** @returns sessions still open at the drain's deadline */
  awaitEmpty(): Promise<number>;
  /** Puts the host back and waits until it is up. */
  putBack(): Promise<void>;
}
