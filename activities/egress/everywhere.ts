import { isRunbookError, RunbookError } from "../errors";
import type { Gateway } from "./port";

/**
 * The same on every gateway at once: one that cannot be reached keeps no other waiting.
 *
 * @throws the first failure of the closed lists, with the gateways' names and what each has seen
 */
export async function everywhere<T>(
  gateways: readonly Gateway[],
  work: (gateway: Gateway) => Promise<T>,
): Promise<readonly T[]> {
  const ended = await Promise.allSettled(gateways.map(work));
  const failed = ended.flatMap((end, at) =>
    end.status === "rejected"
      ? [{ id: gateways[at]?.id ?? "", error: end.reason as unknown }]
      : [],
  );
  const [first] = failed;
  if (first !== undefined) throw together(first.error, failed, gateways.length);
  return ended.flatMap((end) =>
    end.status === "fulfilled" ? [end.value] : [],
  );
}

interface Failed {
  readonly id: string;
  readonly error: unknown;
}

function together(
  first: unknown,
  failed: readonly Failed[],
  of: number,
): unknown {
  if (!isRunbookError(first)) return first;
  const seen = failed.map(({ id, error }) => `${id}: ${seenBy(error)}`);
  const others =
    failed.length < of ? `; done on the other ${of - failed.length}` : "";
  const { type, failureClass, hint } = first;
  const text = `${seen.join("; ")}${others}`;
  return new RunbookError(type, failureClass, text, hint, first);
}

export const seenBy = (error: unknown): string =>
  isRunbookError(error) ? error.seen : String(error);
