import {
  DefaultLogger,
  makeTelemetryFilterString,
  Runtime,
} from "@temporalio/worker";
import type { WorkerConfig } from "./config";

/** One runtime per process, made before the first connection: signals, logs and metrics. */
export function installRuntime({
  metricsAddress,
}: Pick<WorkerConfig, "metricsAddress">): void {
  Runtime.install({
    logger: new DefaultLogger("WARN"),
    shutdownSignals: ["SIGINT", "SIGTERM"],
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: "WARN" }) },
      ...(metricsAddress === undefined
        ? {}
        : { metrics: { prometheus: { bindAddress: metricsAddress } } }),
    },
  });
}
