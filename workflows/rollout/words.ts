/** What a rollout is told and what it tells. Pure data; no Temporal here. */

import type { Freeze } from "../../activities/freeze/port";
import type { Parked } from "../../activities/host/port";
import type { LockAnswer } from "../../activities/lock/port";
import type { Override } from "../window/override";
import type { Outlook } from "../window/outlook";
import type { ItemFailure } from "./state";

/** Hosts at once: a number, or a share of the group such as "25%", rounded down and at least one. */
export type Share = number | string;

/** Beside the slots of the fleet. An absent one does not limit. */
export interface GroupLimits {
  readonly pool?: Share | undefined;
  readonly zone?: Share | undefined;
  readonly site?: Share | undefined;
  readonly jump?: Share | undefined;
}

/** Failures allowed; the lower of the two when both are given, percentages rounded down. */
export interface FailureLimit {
  readonly failures?: number | undefined;
  readonly percent?: number | undefined;
}

export interface Budget extends FailureLimit {
  /** In each single pool. */
  readonly pool?: FailureLimit | undefined;
}

/** Where one host stands, in the words of every screen. */
export const standings = [
  "upgraded",
  "unchanged",
  "rolled back",
  "gone",
  "in work",
  "waiting",
  "quarantined",
  "failed",
] as const;
export type Standing = (typeof standings)[number];

/** Why nothing new starts. */
export type Halt =
  | {
      readonly kind: "paused";
      readonly by: string;
      readonly at: number;
      readonly reason?: string;
    }
  /** More failures than allowed, in the fleet or in a pool. */
  | { readonly kind: "budget"; readonly pool?: string }
  /** No calendar lets work start, or what is left of the window is too short for a host. */
  | {
      readonly kind: "closed";
      readonly reason: string;
      /** When work may start again, in milliseconds of the epoch; absent when nobody knows. */
      readonly opensAt?: number;
      /** Which must be approved before that. */
      readonly gate?: string;
    }
  /** No host has succeeded within the progress deadline. */
  | { readonly kind: "progress" }
  /** All that is left to start waits for these to end. */
  | { readonly kind: "frozen"; readonly freezes: readonly Freeze[] }
  /** Another run changes what this one is to change. */
  | ({ readonly kind: "lock" } & Omit<
      Extract<LockAnswer, { kind: "waiting" }>,
      "kind"
    >);

/** Like failures together; `id` can be named in a decision. */
export interface Cause {
  readonly id: string;
  readonly step: string;
  readonly type: string;
  /** The message without what differs from host to host. */
  readonly text: string;
  readonly count: number;
  /** The first ten. */
  readonly hosts: readonly string[];
}

export interface PoolProgress {
  readonly pool: string;
  readonly counts: Readonly<Record<Standing, number>>;
}

export interface RolloutProgress {
  /** Title of the step, as in README and UI. */
  readonly step: string;
  readonly course: "rolling" | "rolling back" | "draining";
  readonly halts: readonly Halt[];
  /** What freezes hold; absent when they hold nothing. */
  readonly frozen?: {
    /** So many hosts wait for one to end. */
    readonly hosts: number;
    readonly freezes: readonly Freeze[];
  };
  /** Absent when none is. */
  readonly parked?: ParkedHosts;
  readonly total: number;
  readonly counts: Readonly<Record<Standing, number>>;
  readonly pools: readonly PoolProgress[];
  readonly causes: readonly Cause[];
  readonly slots: number;
  readonly limits: GroupLimits;
  readonly allowedFailures: number;
  readonly failures: number;
  /** Hosts a minute over the latest finishes; absent before there are some. */
  readonly perMinute?: number;
  /** Milliseconds until the last host, at that pace. */
  readonly etaMs?: number;
  readonly startedAt: number;
  /** Work may start by somebody's word, whatever the calendars say. */
  readonly override?: Override;
  /** Whether the rest fits into the window; absent out of window, and when nothing is left. */
  readonly outlook?: Outlook;
}

/** Hosts whose visit stopped at the close of a window. */
export interface ParkedHosts {
  readonly count: number;
  /** The first ten. */
  readonly hosts: readonly (Parked & { readonly id: string })[];
}

export interface HostsQuestion {
  readonly standing?: Standing;
  /** Only those that wait for a freeze to end. */
  readonly frozen?: true;
  readonly pool?: string;
  readonly offset?: number;
  /** At most 500, which is the default. */
  readonly limit?: number;
}

export interface HostRow {
  readonly id: string;
  readonly pool: string;
  readonly standing: Standing;
  readonly failure?: ItemFailure;
  /** Of its failure. */
  readonly cause?: string;
  readonly parked?: Parked;
  /** Ids of the freezes that it waits for. */
  readonly frozen?: readonly string[];
}

export interface HostsAnswer {
  /** How many hosts match. */
  readonly total: number;
  readonly hosts: readonly HostRow[];
}
