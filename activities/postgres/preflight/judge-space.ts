/** Whether copy, scratch and WAL find room. Pure. */

import { bytesInWords } from "../../bytes-in-words";
import { leastMb } from "../slot/cap-plan";
import {
  bytesOf,
  bytesPerMb,
  estimateOf,
  maxWalBytesOf,
  slotCapOf,
} from "./estimate";
import type { PreflightFacts } from "./facts";
import type { PreflightLimits } from "./port";
import { fail, type Judges, measured, pass, type Verdict } from "./verdicts";

export const spaceJudges: Judges<
  "space for copies" | "space for wal" | "slot cap" | "deep read"
> = {
  "space for copies": (facts, limits) =>
    measured(
      { ...sizesSeen(facts), replica: facts.replicaHost },
      ({ replica, ...sizes }) => {
        const { growth, copies } = limits;
        const bytes = bytesOf(sizes.databases);
        const needed =
          Math.ceil(bytes * growth * copies) + walHeld(sizes, limits);
        const free = Math.min(
          replica.dataSpace.freeBytes,
          replica.workSpace.freeBytes,
        );
        return room(free, needed, {
          enough: `${copies} copies of ${bytesInWords(bytes)} and their WAL fit`,
          short: "the disk would be full before the copy is verified",
          hint: "Free space there, or name a workFolder and dataDirectory on a larger disk.",
        });
      },
    ),
  "space for wal": (facts, limits) =>
    measured(
      { ...sizesSeen(facts), primary: facts.primaryHost },
      ({ primary, ...sizes }) =>
        room(primary.walSpace?.freeBytes ?? 0, walHeld(sizes, limits), {
          enough: "the primary can hold WAL until the standby streams",
          short:
            "the primary's disk would be full of WAL before the standby streams",
          hint: "Free space beside the primary's WAL, or choose a quieter time.",
        }),
    ),
  "slot cap": (facts, limits) =>
    measured(
      {
        ...sizesSeen(facts),
        ...{ primary: facts.primaryHost, slots: facts.slots },
      },
      ({ primary, slots, ...sizes }) => {
        const settingMb = Number(
          sizes.settings["max_slot_wal_keep_size"] ?? -1,
        );
        const free = primary.walSpace?.freeBytes ?? 0;
        const cap = slotCapOf(free, settingMb, limits);
        const others = slots.filter(({ isOurs }) => !isOurs);
        const held = Math.max(0, ...others.map(({ heldBytes }) => heldBytes));
        const least = leastMb(held) * bytesPerMb;
        return room(cap, Math.max(walHeld(sizes, limits), least), {
          enough: "the slot may hold what the copy needs",
          short:
            least > cap
              ? "another slot holds more than that already"
              : "the slot would be lost before the standby streams",
          hint: "Free space beside the primary's WAL, drop slots of nobody, or raise max_slot_wal_keep_size.",
        });
      },
    ),
  "deep read": ({ deepRead }) =>
    deepRead &&
    measured({ deepRead }, ({ deepRead: { tookMs, failed } }) => {
      const told = {
        measured: failed ?? `every file in ${Math.round(tookMs / 1_000)} s`,
        limit: "every file read, every page's checksum right",
      };
      return failed === undefined
        ? pass({ ...told, reason: "the primary's own files are sound" })
        : fail({
            ...{ ...told, reason: "the primary could not be read whole" },
            hint: "A damaged page is on the primary itself: stop here, and restore or repair it first.",
          });
    }),
};

interface Sizes {
  readonly databases: readonly { readonly bytes: number }[];
  readonly wal: { readonly bytesPerS: number };
  readonly settings: Readonly<Record<string, string>>;
}

const sizesSeen = ({ databases, wal, settings }: PreflightFacts) => ({
  ...{ databases, wal, settings },
});

const walHeld = (
  { databases, wal, settings }: Sizes,
  limits: PreflightLimits,
): number =>
  estimateOf(
    {
      ...{ bytes: bytesOf(databases), walBytesPerS: wal.bytesPerS },
      maxWalBytes: maxWalBytesOf(settings),
    },
    limits,
  ).walHeldBytes;

function room(
  free: number,
  needed: number,
  words: {
    readonly enough: string;
    readonly short: string;
    readonly hint: string;
  },
): Verdict {
  const told = {
    measured: bytesInWords(free),
    limit: `at least ${bytesInWords(needed)}`,
  };
  return free >= needed
    ? pass({ ...told, reason: words.enough })
    : fail({ ...told, reason: words.short, hint: words.hint });
}
