import type { PostgresServer, RunMark } from "../port";

/** What a run leaves on a primary, and takes away again; plain types, so that workflow code may import them. */

/** Schema in the database of `PostgresServer.sql` that tells whose slots, settings, extensions and sentinels are. */
export const ownSchema = "upgrade_runbooks";

/** `root_run_id`, `workflow_id`, `name`, `lsn`, `at`: rows that a backup must hold, and that a standby must receive. */
export const sentinelTable = `${ownSchema}.sentinel`;

export interface OnPrimary {
  readonly run: RunMark;
  readonly primary: PostgresServer;
}

/** `max_slot_wal_keep_size`, which holds for all slots of the server. */
export interface SlotCap {
  /** As it was before the run, e.g. `-1` or `10240MB`. */
  readonly was: string;
  /** Absent: what was there is small enough, and stays. */
  readonly setTo?: string;
}

export interface CreatedSlot {
  /** `rb_<short>` */
  readonly slot: string;
  /** WAL is held from here on. */
  readonly restartLsn: string;
  readonly cap: SlotCap;
}

/** From good to bad; `lost` cannot be mended. */
export const slotLevels = ["ok", "warn", "hold", "abort", "lost"] as const;
export type SlotLevel = (typeof slotLevels)[number];

/** Percent of the cap that the slot has used up. */
export interface SlotThresholds {
  /** Tell it. */
  readonly warn: number;
  /** Throttle or pause, and ask. */
  readonly hold: number;
  /** Stop and drop the slot, before the server gives it up by itself. */
  readonly abort: number;
}

export interface SlotWatch extends OnPrimary {
  readonly slot: string;
  readonly thresholds: SlotThresholds;
  /** Stands for the cap where the server has none, in bytes. */
  readonly capBytes: number;
  /** The first WAL that is still needed: a slot that holds less is lost, whatever the server says of it. */
  readonly needsLsn?: string | undefined;
  /** As it was last told; default `ok`. */
  readonly level?: SlotLevel | undefined;
  /** Milliseconds between two looks; default 5,000. */
  readonly everyMs?: number | undefined;
  /** Ends after so long without news, in milliseconds; default and most an hour. */
  readonly untilMs?: number | undefined;
}

export interface SlotSight {
  readonly level: SlotLevel;
  /** In words, with its figures. */
  readonly reason: string;
  readonly slot: string;
  readonly isActive: boolean;
  /** `reserved`, `extended`, `unreserved` or `lost`, as the server says; absent when there is no such slot. */
  readonly walStatus?: string;
  readonly restartLsn?: string;
  /** WAL between the slot and the server's end of WAL. */
  readonly heldBytes?: number;
  /** Percent of the cap. */
  readonly usedPercent?: number;
  readonly capBytes: number;
}

/** What became of the cap: `kept` as somebody else has set it since, or as another run still needs it. */
export type CapEnd = "restored" | "kept" | "untouched";

export interface DroppedSlot {
  readonly slot: "dropped" | "gone";
  readonly cap: CapEnd;
}

export interface Sentinel {
  readonly name: string;
  /** Whoever has replayed so far has the row. */
  readonly lsn: string;
  /** When the row was written, ISO 8601, by the primary's clock. */
  readonly at: string;
}

export interface SlotActivities {
  /**
   * Caps the WAL that slots may hold, then creates the run's reserved slot; both or what a call before this one left undone.
   * `capBytes` is raised to what other slots hold already.
   *
   * @throws slot.*, postgres.*
   */
  createSlot(
    request: OnPrimary & { readonly capBytes: number },
  ): Promise<CreatedSlot>;
  /** Returns at the first change of level, or after its time. @throws postgres.* */
  watchSlot(watch: SlotWatch): Promise<SlotSight>;
  /**
   * Drops the run's slot and puts the cap back. Waits for whatever of the run streams from it, and ends that after a while;
   * what is another's is never touched. Done already is done.
   *
   * @throws slot.*, postgres.*
   */
  dropSlot(request: OnPrimary): Promise<DroppedSlot>;
  /**
   * The slot belongs to its standby from now on, and no sweep drops it; the cap is put back, also in the files that were
   * copied to the standby. After a switchover `primary` is the one that was promoted, and `standby` the old one: then the
   * slot may be gone.
   *
   * @throws slot.*, postgres.*
   */
  handOverSlot(
    request: OnPrimary & {
      readonly standby?: PostgresServer | undefined;
      readonly isSwitched?: boolean | undefined;
    },
  ): Promise<{ readonly cap: CapEnd }>;
  /** Writes the row unless it is there. @throws postgres.* */
  writeSentinel(
    request: OnPrimary & { readonly name: string },
  ): Promise<Sentinel>;
  /** @throws postgres.* */
  removeSentinels(request: OnPrimary): Promise<void>;
  /** In each database that is no template. @returns those where it was created @throws postgres.* */
  installAmcheck(request: OnPrimary): Promise<readonly string[]>;
  /** Only where the product created it, and no other run needs it. @returns those where it was dropped @throws postgres.* */
  removeAmcheck(request: OnPrimary): Promise<readonly string[]>;
}
