import { setTimeout as sleep } from "node:timers/promises";
import type { AwsGateway } from "../port";
import type { Ec2, NatGateway } from "./ec2";
import { awsError } from "./errors";

/** Between two looks at EC2. */
export type Pause = () => Promise<void>;

export const pauseOf =
  (everyMs: number, signal: AbortSignal | undefined): Pause =>
  () =>
    sleep(everyMs, undefined, signal === undefined ? {} : { signal });

/** A NAT gateway takes a minute or two to come and to go, and sometimes more. */
const maxLooks = 120;

export const isLive = ({ state }: NatGateway): boolean =>
  state === "pending" || state === "available";

/**
 * Looks until `judge` has an answer.
 *
 * @throws egressAws.notReady after 120 looks, and what `judge` throws
 */
export async function lookUntil<Answer>(
  { ec2, gateway, pause }: Waiting,
  id: string,
  judge: (
    seen: NatGateway | undefined,
  ) => Answer | undefined | Promise<Answer | undefined>,
): Promise<Answer> {
  let state = "not told of";
  for (let look = 0; look < maxLooks; look++) {
    if (look > 0) await pause();
    const [seen] = await ec2.natGateways([id]);
    state = seen?.state ?? state;
    const answer = await judge(seen);
    if (answer !== undefined) return answer;
  }
  throw awsError("notReady", {
    seen: `${id} is ${state} after ${maxLooks} looks`,
    facts: { gateway: gateway.id },
  });
}

export interface Waiting {
  readonly ec2: Ec2;
  readonly gateway: AwsGateway;
  readonly pause: Pause;
}

/** Deletes it and waits until its addresses are free again; one that is gone already is deleted. */
export async function deleteGateway(
  waiting: Waiting,
  id: string,
): Promise<void> {
  await waiting.ec2.deleteNatGateway(id);
  await lookUntil(waiting, id, (seen) =>
    seen === undefined || seen.state === "deleted" || seen.state === "failed"
      ? true
      : undefined,
  );
}
