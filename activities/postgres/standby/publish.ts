import { lastWords } from "../../ssh/job-failure";
import type { Ended, PostgresServer, Programs } from "../port";
import { standbyError } from "./errors";
import type { Published, PublishOrder, UnpublishOrder } from "./port";
import {
  type PublishLook,
  publishLookScript,
  readPublishLook,
} from "./publish-look";
import {
  isHalfPublished,
  isOurPublication,
  type Publication,
  publishVerdict,
  type PublishWish,
} from "./publish-verdict";
import { rewriteSettings, standbySettings } from "./standby-settings";
import { stopStandby } from "./stop-standby";

const timeoutMs = 120_000;

/**
 * The copy is made a standby while it still lies in its attempt's folder, so that whoever starts what is published, at any
 * moment, starts a standby. Every line may be repeated. Tablespaces go first, for their links have to lead somewhere.
 */
const publishScript = `
${rewriteSettings}
attempt=$1 data=$2 marker=$3 publication=$4 settings=$(cat)
set -e
mkdir -p "\${marker%/*}"
printf '%s\\n' "$publication" >"$marker.rb"
mv -f "$marker.rb" "$marker"
: >"$attempt/standby.signal"
rm -f "$attempt/recovery.signal" "$attempt/postmaster.pid"
rewrite "$attempt" "$settings"
if [ -d "$attempt.tblspc" ]; then mv -T "$attempt.tblspc" "$data.tblspc"; fi
for link in "$attempt"/pg_tblspc/*; do
  if [ -L "$link" ]; then ln -sfn "$data.tblspc/\${link##*/}" "$link"; fi
done
sync
mv -T "$attempt" "$data"
sync
`;

/** The same back. What was started is no longer what its manifest says, so it is no finished copy any more. */
const unpublishScript = `
attempt=$1 data=$2 marker=$3
set -e
rm -f "$attempt.done"
if [ -d "$data.tblspc" ]; then mv -T "$data.tblspc" "$attempt.tblspc"; fi
for link in "$data"/pg_tblspc/*; do
  if [ -L "$link" ]; then ln -sfn "$attempt.tblspc/\${link##*/}" "$link"; fi
done
mv -T "$data" "$attempt"
rm -f "$marker"
sync
`;

/** A publication that went no further than its tablespaces. */
const spacesBackScript = `
attempt=$1 data=$2 marker=$3
set -e
mv -T "$data.tblspc" "$attempt.tblspc"
for link in "$attempt"/pg_tblspc/*; do
  if [ -L "$link" ]; then ln -sfn "$attempt.tblspc/\${link##*/}" "$link"; fi
done
rm -f "$marker"
sync
`;

export async function publishStandby(
  programs: Programs,
  order: PublishOrder,
  signal?: AbortSignal,
): Promise<Published> {
  const { replica: server, run, primary: upstream, slot } = order;
  const { dataDirectory } = server;
  // The copy brings the primary's port along.
  const settings = { port: String(server.sql.port), ...order.settings };
  const wish = wishOf(order);
  const look = await lookAt(programs, server, wish, signal);
  const verdict = publishVerdict(look, wish);
  if (verdict.kind === "already") return { dataDirectory, was: "already" };
  if (verdict.kind === "refuse")
    throw standbyError("publishRefused", {
      ...{ seen: verdict.seen, expected: verdict.expected },
      facts: { place: dataDirectory },
    });
  const publication: Publication = {
    ...{ workflowId: run.workflowId, rootRunId: run.rootRunId },
    systemIdentifier: wish.systemIdentifier,
    ...{ attempt: wish.attemptPath, inode: look.attemptInode },
  };
  const ended = await programs.script(server, {
    script: publishScript,
    args: [...pathsOf(server, wish), JSON.stringify(publication)],
    stdin: standbySettings({ run, server, upstream, slot, settings }),
    ...{ timeoutMs, signal },
  });
  if (ended.exitCode !== 0)
    throw refused("publishRefused", wish, "published", ended);
  return { dataDirectory, was: "renamed" };
}

export async function unpublishStandby(
  programs: Programs,
  order: UnpublishOrder,
  signal?: AbortSignal,
): Promise<"moved" | "already"> {
  const { replica: server, run } = order;
  const wish = wishOf(order);
  const look = await lookAt(programs, server, wish, signal);
  if (isHalfPublished(look, wish)) {
    await moveBack(programs, server, wish, spacesBackScript, signal);
    return "moved";
  }
  if (look.attempt === "full" && look.data !== "full") return "already";
  if (look.attempt !== "absent" || !isOurPublication(look, wish))
    throw standbyError("unpublishRefused", {
      seen: `${wish.dataDirectory} is not the folder that this run published`,
      facts: { place: wish.dataDirectory },
    });
  await stopStandby(programs, { run, server }, signal);
  await moveBack(programs, server, wish, unpublishScript, signal);
  return "moved";
}

async function moveBack(
  programs: Programs,
  server: PostgresServer,
  wish: PublishWish,
  script: string,
  signal?: AbortSignal,
): Promise<void> {
  const args = pathsOf(server, wish);
  const ended = await programs.script(server, {
    ...{ script, args, timeoutMs, signal },
  });
  if (ended.exitCode !== 0)
    throw refused("unpublishRefused", wish, "moved back", ended);
}

const wishOf = ({ run, replica, backup }: UnpublishOrder): PublishWish => ({
  ...{ run, systemIdentifier: backup.systemIdentifier },
  ...{ attemptPath: backup.path, dataDirectory: replica.dataDirectory },
});

const pathsOf = (
  { workFolder }: PostgresServer,
  { attemptPath, dataDirectory }: PublishWish,
): [string, string, string] => [
  ...([attemptPath, dataDirectory] as const),
  `${workFolder}/published.json`,
];

async function lookAt(
  programs: Programs,
  server: PostgresServer,
  wish: PublishWish,
  signal?: AbortSignal,
): Promise<PublishLook> {
  const { stdout } = await programs.script(server, {
    ...{ script: publishLookScript, args: pathsOf(server, wish) },
    ...{ timeoutMs, signal },
  });
  return readPublishLook(stdout);
}

const refused = (
  kind: "publishRefused" | "unpublishRefused",
  { dataDirectory, attemptPath }: PublishWish,
  done: string,
  ended: Ended,
) =>
  standbyError(kind, {
    seen: `${attemptPath} was not ${done}: exit code ${ended.exitCode}${lastWords(ended)}`,
    facts: { place: dataDirectory },
  });
