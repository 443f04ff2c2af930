import { isRunbookError, type RunbookError } from "../../errors";
import type { PostgresPorts } from "../port";
import { startServer } from "../standby/start-server";
import { switchoverError } from "./errors";
import { fencePrimary } from "./fence";
import type { PromoteBackOrder, Reopened } from "./port";
import { promote, proveTimeline } from "./promote";
import { swapped } from "./roles";

/**
 * What `demote` began, up to its promotion. A server that waits for it is started, as the standby that it is.
 *
 * @throws postgres.notPromotedBack, postgres.startedAgain, postgres.*, ssh.*
 */
export async function promoteBack(
  ports: PostgresPorts,
  order: PromoteBackOrder,
  signal?: AbortSignal,
): Promise<Reopened> {
  const { run, primary: server, demoted: stopped, timeoutS } = order;
  const after = { ...swapped(order), stopped };
  try {
    await startServer(ports.programs, { run, server }, signal);
    await fencePrimary(ports, after, signal);
    await promote(ports, { ...after, timeoutS }, signal);
    const { timeline } = await proveTimeline(ports, after, signal);
    return { open: "primary", timeline };
  } catch (error) {
    signal?.throwIfAborted();
    throw asksWrongly(error) ? notPromotedBack(order, error) : error;
  }
}

/** Its hint speaks of the way there. That somebody started the closed server is said as it is. */
const asksWrongly = (error: unknown): error is RunbookError =>
  isRunbookError(error) &&
  (error.failureClass === "human" || error.type === "postgres.notReceived") &&
  error.type !== "postgres.startedAgain";

const notPromotedBack = (
  { primary, standby }: PromoteBackOrder,
  cause: RunbookError,
) =>
  switchoverError("notPromotedBack", {
    ...{ seen: `${primary.id} is not open: ${cause.seen}`, cause },
    facts: { primary: primary.id, standby: standby.id },
  });
