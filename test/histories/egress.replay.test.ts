import { describeReplays } from "./describe-replays";
import { egressPaths } from "./egress-paths";

describeReplays({
  ...{ folder: "egress-migration", paths: egressPaths },
  changed: {
    path: "egress-completed",
    from: '"releaseGateways"',
    to: '"keepGateways"',
  },
});
