import type { SshTarget } from "../ssh/port";

/** The list of addresses that customers read; plain types, so that workflow code may import them. */

export type ListStatus = "planned" | "active" | "retiring" | "retired";

export interface ListEntry {
  /** `203.0.113.11/32` */
  readonly cidr: string;
  readonly direction: "egress";
  readonly status: ListStatus;
  /** ISO 8601, of the day on which that status began or is expected to. */
  readonly since: string;
  /** From when on it is not used any more; of `retiring`. */
  readonly retireAfter?: string | undefined;
  readonly replacedBy?: readonly string[] | undefined;
}

/** Where it is served from: a file on a host that a web server reads. */
export interface ListPlace {
  readonly ssh: SshTarget;
  readonly path: string;
  /** Where customers read it; looked at once it is written. */
  readonly url?: string | undefined;
  /** A DNS name that resolves to the addresses that are planned or active, and who is asked. */
  readonly name?:
    { readonly name: string; readonly server?: string | undefined } | undefined;
}

export interface PublishedList {
  /** SHA-256 of the entries: it changes exactly when they do. */
  readonly syncToken: string;
  readonly sha256: string;
  /** As the web server said it. */
  readonly etag?: string | undefined;
}

export interface ListActivities {
  /**
   * Writes the list, and proves that it is read as it was written; a repeated call writes the same bytes.
   *
   * An entry whose status stays keeps its `since`, and a list whose entries stay its bytes.
   *
   * @throws publishedList.*, ssh.*
   */
  publishList(order: {
    readonly place: ListPlace;
    readonly entries: readonly ListEntry[];
    /** Addresses that the name has to resolve to. */
    readonly resolves: readonly string[];
    /** ISO 8601 */
    readonly generatedAt: string;
  }): Promise<PublishedList>;
}
