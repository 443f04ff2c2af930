import { gatesMeantBy } from "../../runbooks/approvals";
import { replicaSetupGates } from "../../runbooks/replica-setup/gates";
import { verifyBackupGates } from "../../runbooks/verify-backup/gates";

describe("a key of `approvals` means, of the gates of a run of steps,", () => {
  it.each([
    ["begin", ["begin"]],
    ["failed-copy", ["failed"]],
    ["failed-*", ["failed"]],
    ["window-copy", ["window"]],
    ["window-override", ["window-override"]],
    ["window-*", ["window-override", "window-moved", "window"]],
    ["failed-", []],
    ["window-", []],
    ["nothing", []],
  ])("by %j %j", (key, gates) => {
    expect(gatesMeantBy(replicaSetupGates, key)).toEqual(gates);
  });

  it("none of a window where the runbook keeps to none", () => {
    expect(gatesMeantBy(verifyBackupGates, "window-files")).toEqual([]);
    expect(gatesMeantBy(verifyBackupGates, "failed-files")).toEqual(["failed"]);
  });
});
