import { createHash } from "node:crypto";
import type { RunRef } from "../runs/port";
import type { RunMark } from "./port";

/** 48 bits: names on a server stay short, and two runs do not meet. */
const digits = 12;

/** The run in the names that it leaves on servers. */
export function runMark({ workflowId, rootRunId }: RunRef): RunMark {
  const hash = createHash("sha256").update(`${workflowId}\n${rootRunId}`);
  return { workflowId, rootRunId, short: hash.digest("hex").slice(0, digits) };
}

/** Slot, application name and prefix of all else: valid for PostgreSQL, which allows lower case, digits and underscores. */
export const nameOf = ({ short }: RunMark): string => `rb_${short}`;
