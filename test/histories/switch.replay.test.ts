import { describeReplays } from "./describe-replays";
import { switchPaths } from "./switch-paths";

describeReplays({
  ...{ folder: "switchover", paths: switchPaths },
  changed: {
    path: "switch-completed",
    from: '"fencePrimary"',
    to: '"leaveUnfenced"',
  },
});
