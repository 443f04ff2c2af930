/** What else uses the primary's WAL: slots, synchronous standbys, the archive. Pure. */

import { bytesInWords } from "../../bytes-in-words";
import type { SlotFact } from "./facts";
import { fail, type Judges, measured, pass, warn } from "./verdicts";

export const aroundJudges: Judges<
  "free slots" | "other slots" | "synchronous replication" | "archive"
> = {
  "free slots": (facts) =>
    measured(
      { slots: facts.slots, settings: facts.settings },
      ({ slots, settings: { max_replication_slots: most = "0" } }) => {
        const used = slots.filter(({ isOurs }) => !isOurs).length;
        const free = Number(most) - used;
        const told = { measured: `${free} of ${most} free`, limit: "1 free" };
        return free >= 1
          ? pass({ ...told, reason: "the run's slot finds room" })
          : fail({
              ...{ ...told, reason: "no slot can be made" },
              hint: "Drop a slot that nobody needs, or raise max_replication_slots, which takes a restart.",
            });
      },
    ),
  "other slots": ({ slots }, { deadSlotBytes }) =>
    measured({ slots }, ({ slots: all }) => {
      const others = all.filter(({ isOurs }) => !isOurs);
      const idle = others.filter(
        ({ isActive, walStatus }) => !isActive || walStatus !== "reserved",
      );
      const told = {
        measured: idle.length === 0 ? "none" : idle.map(slotInWords).join("; "),
        limit: `none that nobody reads; at most ${bytesInWords(deadSlotBytes)} held`,
      };
      const heavy = idle.some(
        ({ isActive, heldBytes }) => !isActive && heldBytes > deadSlotBytes,
      );
      const hint = "Find out whose they are; drop those of nobody.";
      if (heavy)
        return fail({
          ...{ ...told, hint },
          reason: "a slot that nobody reads fills the primary's disk",
        });
      return idle.length === 0
        ? pass({ ...told, reason: "no other slot holds WAL back" })
        : warn({ ...told, hint, reason: "they hold WAL beside the run's own" });
    }),
  "synchronous replication": ({ sync }) =>
    measured({ sync }, ({ sync: { names, connected } }) => {
      const needed = standbysNeeded(names);
      const told = {
        measured: `${names === "" ? "none named" : names}, ${connected} connected`,
        limit: `${needed} connected`,
      };
      return connected >= needed
        ? pass({ ...told, reason: "no commit waits for a standby" })
        : fail({
            ...{ ...told, reason: "commits wait for a standby that is away" },
            hint: "Bring it back, or take it out of synchronous_standby_names.",
          });
    }),
  archive: ({ archive }, { archiveWarn, archiveMost }) =>
    measured({ archive }, ({ archive: { mode, ready, failing } }) => {
      const told = {
        measured: `archive_mode ${mode}, ${ready} segments wait${failing === undefined ? "" : `, the last try failed at ${failing}`}`,
        limit: `fewer than ${archiveWarn} wait, and the last try went well`,
      };
      const hint =
        "Mend archive_command; its error is in the server's log. A server does not stop while it archives.";
      if (mode === "off")
        return pass({ ...told, reason: "nothing is archived" });
      if (failing !== undefined || ready >= archiveMost)
        return fail({
          ...{ ...told, hint },
          reason: "WAL that cannot be archived fills the primary's disk",
        });
      return ready < archiveWarn
        ? pass({ ...told, reason: "the archive keeps up" })
        : warn({ ...told, hint, reason: "the archive falls behind" });
    }),
};

function slotInWords({
  name,
  isActive,
  walStatus,
  heldBytes,
}: SlotFact): string {
  const state = isActive ? walStatus : `inactive, ${walStatus}`;
  return `${name} (${state}, ${bytesInWords(heldBytes)})`;
}

/** `a, b`: 1; `2 (a, b, c)`, `FIRST 2 (...)`, `ANY 2 (...)`: 2. */
export function standbysNeeded(names: string): number {
  if (names.trim() === "") return 0;
  const [, count] = /^\s*(?:FIRST\s+|ANY\s+)?(\d+)\s*\(/i.exec(names) ?? [];
  return count === undefined ? 1 : Number(count);
}
