import { describeReplays } from "./describe-replays";
import { sweepPaths } from "./sweep-paths";

describeReplays({
  ...{ folder: "sweep", paths: sweepPaths },
  changed: { path: "sweep-freed", from: '"sweepHosts"', to: '"sweepNobody"' },
});
