import { lastWords } from "../../ssh/job-failure";
import type { PostgresPorts, PostgresServer, Programs, RunMark } from "../port";
import { nameOf } from "../run-mark";
import { isStopped, lookAtServer, type ServerLook } from "../server-look";
import { rewriteSettings, standbySettings } from "../standby/standby-settings";
import { isInRecovery } from "./ask";
import { switchoverError } from "./errors";
import { fenceFile, fenceFolder, fenceStanding, fenceText } from "./fence-file";
import type { AfterStop, Fenced, Stopped } from "./port";
import { ensureSlot } from "./slots";

const timeoutMs = 60_000;

/**
 * standby.signal comes first of all: from that moment on whoever starts the server (a person, systemd, the host's boot)
 * starts a standby. The settings as they were are kept beside it, for the undo.
 */
const fenceScript = `
${rewriteSettings}
data=$1 fence=$2 marker=$3 settings=$(cat)
set -e
mkdir -p "$fence"
if [ ! -e "$fence/postgresql.auto.conf" ]; then
  cp -p "$data/postgresql.auto.conf" "$fence/postgresql.auto.conf.rb"
  mv -f "$fence/postgresql.auto.conf.rb" "$fence/postgresql.auto.conf"
fi
printf '%s\\n' "$marker" >"$fence/fence.json.rb"
mv -f "$fence/fence.json.rb" "$fence/fence.json"
: >"$data/standby.signal"
sync
rewrite "$data" "$settings"
`;

const settingsBack = `
data=$1 fence=$2
set -e
if [ -e "$fence/postgresql.auto.conf" ]; then mv -f "$fence/postgresql.auto.conf" "$data/postgresql.auto.conf"; fi
`;

/** The settings come back first, the marker goes last: whatever dies in between is taken up again. */
const unfenceScript = `
${settingsBack}
rm -f "$data/standby.signal"
sync
rm -f "$fence/fence.json"
sync
`;

const forgetScript = `
fence=$2
rm -f "$fence/fence.json" "$fence/postgresql.auto.conf"
`;

export const lookBehindFence = (
  programs: Programs,
  server: PostgresServer,
  signal?: AbortSignal,
): Promise<ServerLook> =>
  lookAtServer(programs, server, signal, fenceFile(server));

/**
 * The stopped primary can start as a standby only. What it is to follow has a slot for it from here on, so that no WAL
 * is missing when it comes back.
 *
 * @throws postgres.startedAgain, postgres.foreignFence, postgres.wrongCluster, ssh.*
 */
export async function fencePrimary(
  ports: PostgresPorts,
  order: AfterStop,
  signal?: AbortSignal,
): Promise<Fenced> {
  const { run, primary, standby, stopped } = order;
  const slot = nameOf(run);
  await ensureSlot(ports.sql, { run, server: standby, slot }, signal);
  const before = await lookBehindFence(ports.programs, primary, signal);
  refuseForeign(before, primary, run);
  if (fenceStanding(before, run) === "none")
    refuseMoved(before, primary, stopped);
  await writeFence(ports.programs, order, slot, signal);
  const after = await lookBehindFence(ports.programs, primary, signal);
  if (await isFencedStanding(ports, order, after, signal)) return { slot };
  throw startedAgain(primary, "takes writes again");
}

/** Marker, signal and settings; may be written over and over. @throws ssh.*, postgres.notFenced */
export async function writeFence(
  programs: Programs,
  { run, primary, standby, stopped }: AfterStop,
  slot: string,
  signal?: AbortSignal,
): Promise<void> {
  const ended = await programs.script(primary, {
    script: fenceScript,
    args: [
      ...[primary.dataDirectory, fenceFolder(primary)],
      fenceText(run, stopped),
    ],
    stdin: standbySettings({ run, server: primary, upstream: standby, slot }),
    ...{ timeoutMs, signal },
  });
  if (ended.exitCode === 0) return;
  throw switchoverError("notFenced", {
    seen: `the fence on ${primary.id} ended with ${ended.exitCode}${lastWords(ended)}`,
    facts: { server: primary.id },
  });
}

/**
 * The inverse: what is started from here on is a primary again. Only for a server that stopped as one, or is one.
 *
 * @throws ssh.*, postgres.notFenced
 */
export const removeFence = (
  programs: Programs,
  primary: PostgresServer,
  signal?: AbortSignal,
): Promise<void> => fenceCall(programs, primary, unfenceScript, signal);

/** The settings alone: it stays a standby, which follows nobody. @throws ssh.*, postgres.notFenced */
export const restoreSettings = (
  programs: Programs,
  primary: PostgresServer,
  signal?: AbortSignal,
): Promise<void> => fenceCall(programs, primary, settingsBack, signal);

/** Once it streams, it is a standby like any other. @throws ssh.*, postgres.notFenced */
export const forgetFence = (
  programs: Programs,
  primary: PostgresServer,
  signal?: AbortSignal,
): Promise<void> => fenceCall(programs, primary, forgetScript, signal);

async function fenceCall(
  programs: Programs,
  primary: PostgresServer,
  script: string,
  signal?: AbortSignal,
): Promise<void> {
  const ended = await programs.script(primary, {
    script,
    args: [primary.dataDirectory, fenceFolder(primary)],
    ...{ timeoutMs, signal },
  });
  if (ended.exitCode === 0) return;
  throw switchoverError("notFenced", {
    seen: `the fence on ${primary.id} could not be taken away${lastWords(ended)}`,
    facts: { server: primary.id },
  });
}

/** Fenced by this run, and either stopped or running as the standby that the fence makes of it. @throws postgres.* */
export async function isFencedStanding(
  { sql }: Pick<PostgresPorts, "sql">,
  { run, primary }: Pick<AfterStop, "run" | "primary">,
  look: ServerLook,
  signal?: AbortSignal,
): Promise<boolean> {
  if (fenceStanding(look, run) !== "ours") return false;
  if (isStopped(look)) return look.hasStandbySignal;
  return (
    look.hasStandbySignal &&
    (await isInRecovery(sql, { run, server: primary }, signal))
  );
}

function refuseForeign(
  look: ServerLook,
  primary: PostgresServer,
  run: RunMark,
): void {
  if (fenceStanding(look, run) !== "foreign") return;
  throw switchoverError("foreignFence", {
    seen: `${primary.id} bears another fence: ${look.fence ?? ""}`,
    facts: { server: primary.id, fence: fenceFile(primary) },
  });
}

function refuseMoved(
  look: ServerLook,
  primary: PostgresServer,
  { checkpoint, systemIdentifier, timeline }: Stopped,
): void {
  const { control } = look;
  if (control?.systemIdentifier !== systemIdentifier)
    throw switchoverError("wrongCluster", {
      seen: `${primary.id} holds cluster ${control?.systemIdentifier ?? "unknown"}`,
      expected: systemIdentifier,
    });
  if (!isStopped(look)) throw startedAgain(primary, "runs again");
  if (control.checkpoint !== checkpoint || control.timeline !== timeline)
    throw startedAgain(
      primary,
      `ran once more: its last checkpoint is ${control.checkpoint}`,
    );
}

const startedAgain = (server: PostgresServer, seen: string) =>
  switchoverError("startedAgain", {
    seen: `${server.id} ${seen}`,
    facts: { server: server.id },
  });
