import { describeReplays } from "./describe-replays";
import { verifyPaths } from "./verify-paths";

describeReplays({
  ...{ folder: "verify-backup", paths: verifyPaths },
  changed: {
    path: "verify-passed",
    from: '"unpinFolder"',
    to: '"keepFolder"',
  },
});
