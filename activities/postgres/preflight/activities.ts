import { beatingWithProgress } from "../../progress-signal";
import type { PostgresPorts } from "../port";
import type { PreflightActivities } from "./port";
import { preflight, recheck } from "./preflight";

export const createPreflightActivities = (
  ports: PostgresPorts,
): PreflightActivities => ({
  preflight: (order) =>
    beatingWithProgress((signal, tell) =>
      preflight({ ports, signal, tell }, order),
    ),
  recheck: (order) =>
    beatingWithProgress((signal, tell) =>
      recheck({ ports, signal, tell }, order),
    ),
});
