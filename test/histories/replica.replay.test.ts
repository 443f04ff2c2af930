import { describeReplays } from "./describe-replays";
import { replicaPaths } from "./replica-paths";

describeReplays({
  ...{ folder: "replica-setup", paths: replicaPaths },
  changed: {
    path: "replica-finished",
    from: '"handOverSlot"',
    to: '"keepSlot"',
  },
});
