import { join } from "node:path";
import type { Backup } from "../../activities/postgres/backup/port";
import { version } from "../../package.json";
import { Copy } from "../activities/postgres/verify/copy";
import { recordHistory } from "../harness/temporal";
import {
  type VerifyHandle,
  VerifyRig,
} from "../runbooks/verify-backup/verify-rig";
import type { VerifyPath } from "./verify-paths";

let on: VerifyRig;
let backup: Backup;
beforeAll(async () => {
  on = await VerifyRig.start();
  backup = await on.attempt();
}, 180_000);
afterAll(() => on.stop(), 60_000);

/** Its end, however it is, written down. */
async function save(run: VerifyHandle, name: VerifyPath): Promise<void> {
  await run.result().catch(() => undefined);
  await recordHistory(
    run,
    join(__dirname, "verify-backup", version, `${name}.json`),
  );
}

const failed = "failed-verify-files";

/** A copy of the backup, and what spoils or mends it. */
function spoiled(name: string): { path: string; flip: () => void } {
  const copy = Copy.of(backup, join(on.workFolder, "attempts", name));
  const flip = (): void => copy.flip("global/pg_filenode.map", 100);
  flip();
  return { path: copy.claim.path, flip };
}

it("a plan touches nothing", async () => {
  const { backupId } = backup;
  const run = await on.start({ backup: backupId, mode: "plan" });
  await save(run, "verify-planned");
}, 60_000);

it("a backup that nobody knows is refused", async () => {
  await save(await on.start({ backup: "nobody" }), "verify-refused");
}, 60_000);

it("a good one is read whole", async () => {
  await save(await on.start({ backup: backup.backupId }), "verify-passed");
}, 120_000);

it("only its files are read", async () => {
  const levels = ["V1" as const, "V2" as const, "V3" as const];
  const run = await on.start({ backup: backup.backupId, levels });
  await save(run, "verify-of-files");
}, 60_000);

it("a damaged one is given up", async () => {
  const run = await on.start({ backup: spoiled("damaged").path });
  await on.rig.answer(run, failed, "abort");
  await save(run, "verify-failed-aborted");
}, 60_000);

it("a damaged one is mended, and verified again", async () => {
  const { path, flip } = spoiled("mended");
  const run = await on.start({ backup: path, levels: ["V1"] });
  await on.rig.gate(run, failed);
  flip();
  await on.rig.answer(run, failed, "retry");
  await save(run, "verify-mended");
}, 60_000);

it("a damaged one is told by a run that a Schedule opened", async () => {
  const id = await on.schedule("weekly", spoiled("rotten").path);
  await save(await on.fired(id), "verify-scheduled-failed");
}, 60_000);
