import { setTimeout as pause } from "node:timers/promises";
import { Context } from "@temporalio/activity";
import type { ArtifactRef, ArtifactStore } from "../artifacts/port";
import { beating } from "../beating";
import { portionOf } from "../customers/divide";
import { isRunbookError } from "../errors";
import { beatingWithProgress, byPercent } from "../progress-signal";
import { counted, newCensus } from "./census/peaks";
import { everywhere, seenBy } from "./everywhere";
import type {
  Census,
  Drained,
  EgressActivities,
  EgressPort,
  Gateway,
  PressureOrder,
  PressureReport,
  Sight,
  SteerOrder,
} from "./port";
import { judge, newMemory } from "./pressure/judge";
import { portsOf } from "./port-use";

interface Dependencies {
  readonly egress: EgressPort;
  readonly artifacts: ArtifactStore;
}

type OnEach = Extract<keyof EgressPort, "provision" | "bringBack" | "release">;

export function createEgressActivities(deps: Dependencies): EgressActivities {
  const { egress } = deps;
  const onEach =
    (verb: OnEach) =>
    ({ gateways }: { readonly gateways: readonly Gateway[] }): Promise<void> =>
      beating(async (signal) => {
        await everywhere(gateways, (one) => egress[verb](one, signal));
      });
  const fenced =
    (verb: "reload" | "restore") =>
    (order: {
      readonly gateways: readonly Gateway[];
      readonly generation: number;
    }): Promise<void> =>
      beating(async (signal) => {
        await everywhere(order.gateways, (one) =>
          egress[verb](one, order.generation, signal),
        );
      });
  return {
    inspectGateways: ({ gateways }) =>
      beating((signal) =>
        everywhere(gateways, (one) => egress.inspect(one, signal)),
      ),
    lookAtGateways: ({ gateways }) =>
      beating((signal) => lookAt(egress, gateways, signal)),
    takeCensus: (order) => takeCensus(egress, order),
    watchPressure: (order) => watchPressure(egress, order),
    steerGateways: (order) => beating((signal) => steer(deps, order, signal)),
    awaitForgotten: (order) => awaitForgotten(egress, order),
    awaitDrained: (order) => awaitDrained(egress, order),
    provisionGateways: onEach("provision"),
    retireGateways: ({ gateways, cut }) =>
      beating(async (signal) => {
        await everywhere(gateways, (one) =>
          egress.retire(one, { cut }, signal),
        );
      }),
    bringBackGateways: onEach("bringBack"),
    releaseGateways: onEach("release"),
    reloadGateways: fenced("reload"),
    restoreGateways: fenced("restore"),
  };
}

/** All gateways at one moment; one that does not answer is told beside the others. */
async function lookAt(
  egress: EgressPort,
  gateways: readonly Gateway[],
  signal: AbortSignal,
): Promise<Sight> {
  const ended = await Promise.all(
    gateways.map(async (gateway) => {
      try {
        return { look: await egress.look(gateway, signal) };
      } catch (error) {
        signal.throwIfAborted();
        if (!isRunbookError(error)) throw error;
        const { type } = error;
        const seen = seenBy(error);
        return {
          unseen: { gateway: gateway.id, at: Date.now(), type, seen },
        };
      }
    }),
  );
  return {
    looks: ended.flatMap(({ look }) => (look === undefined ? [] : [look])),
    unseen: ended.flatMap(({ unseen }) =>
      unseen === undefined ? [] : [unseen],
    ),
  };
}

/** As the attempt before told it last, where its worker died. */
const toldBefore = (): unknown => Context.current().info.heartbeatDetails;

/** Until the next look is due, whatever the last one took. */
const untilDue = (
  since: number,
  everyMs: number,
  signal: AbortSignal,
): Promise<void> =>
  pause(Math.max(0, since + everyMs - Date.now()), undefined, { signal });

function takeCensus(
  egress: EgressPort,
  { gateways, everyMs, forMs }: Parameters<EgressActivities["takeCensus"]>[0],
): Promise<Census> {
  const before = toldBefore() as Census | undefined;
  let census = before?.tuples === undefined ? newCensus(Date.now()) : before;
  return beating(
    async (signal) => {
      while (Date.now() < census.since + forMs || census.due === 0) {
        const since = Date.now();
        const sight = await lookAt(egress, gateways, signal);
        census = counted(census, sight, Date.now());
        await untilDue(since, everyMs, signal);
      }
      return census;
    },
    () => census,
  );
}

function watchPressure(
  egress: EgressPort,
  order: PressureOrder,
): Promise<PressureReport> {
  const { gateways, usable, limits, known, peakWanted, everyMs } = order;
  const before = toldBefore() as PressureReport | undefined;
  let memory = before?.memory ?? known?.memory ?? newMemory(Date.now());
  let latest: PressureReport | undefined;
  const until = Date.now() + order.forMs;
  const hadPeak = (known?.memory.peak ?? 0) >= peakWanted;
  const isNews = (report: PressureReport): boolean =>
    report.level !== known?.level ||
    report.text !== known.text ||
    report.gone.length > 0 ||
    (!hadPeak && report.memory.peak >= peakWanted);
  return beating(
    async (signal) => {
      for (;;) {
        const since = Date.now();
        const sight = await lookAt(egress, gateways, signal);
        latest = judge(sight, { gateways, usable, limits, memory });
        memory = latest.memory;
        if (isNews(latest) || Date.now() >= until) return latest;
        await untilDue(since, everyMs, signal);
      }
    },
    () => latest,
  );
}

async function steer(
  { egress, artifacts }: Dependencies,
  { gateways, document, moved: portion, ...rest }: SteerOrder,
  signal: AbortSignal,
): Promise<void> {
  const { moved, stay } = await destinationsOf(artifacts, document, portion);
  await everywhere(gateways, (one) =>
    egress.steer(one, { ...rest, moved, stay }, signal),
  );
}

async function destinationsOf(
  artifacts: ArtifactStore,
  document: ArtifactRef | undefined,
  portion: SteerOrder["moved"],
): Promise<{
  readonly moved: readonly string[];
  readonly stay: readonly string[];
}> {
  if (document === undefined) return { moved: [], stay: [] };
  return portionOf(await artifacts.get(document), portion);
}

const forgottenEveryMs = 1_000;
/** Of a gateway's ports, that may still be held. */
const forgottenShare = 0.02;

function awaitForgotten(
  egress: EgressPort,
  { gateways, withinMs }: Parameters<EgressActivities["awaitForgotten"]>[0],
): Promise<void> {
  const until = Date.now() + withinMs;
  return beating(async (signal) => {
    for (;;) {
      const since = Date.now();
      const entries = await everywhere(gateways, async (one) => {
        const look = await egress.look(one, signal);
        const ports = portsOf(one.ports) * one.new.length;
        return look.entries <= Math.max(8, ports * forgottenShare);
      });
      if (entries.every(Boolean) || Date.now() >= until) return;
      await untilDue(since, forgottenEveryMs, signal);
    }
  });
}

function awaitDrained(
  egress: EgressPort,
  { gateways, everyMs, until }: Parameters<EgressActivities["awaitDrained"]>[0],
): Promise<Drained> {
  let most = 0;
  return beatingWithProgress(async (signal, tell) => {
    for (;;) {
      const since = Date.now();
      const { looks, unseen } = await lookAt(egress, gateways, signal);
      const onOld = Object.fromEntries(
        looks.map((look) => [look.gateway, look.onOld]),
      );
      const open = looks.reduce((sum, look) => sum + look.onOld, 0);
      most = Math.max(most, open);
      tell({
        step: "drain",
        percent: most === 0 ? 100 : ((most - open) / most) * 100,
        line: `${open} connections open on the old addresses`,
      });
      const isDrained = unseen.length === 0 && open === 0;
      if (isDrained || Date.now() >= until) return { isDrained, onOld };
      await untilDue(since, everyMs, signal);
    }
  }, byPercent);
}
