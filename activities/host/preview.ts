import type { Host } from "../inventory/port";
import type { CallOptions, Ssh } from "../ssh/port";
import type { VisitPlan, VisitRequest } from "./port";
import { VisitWords } from "./visit-words";

/** Of what a host says it would do; a plan shows many hosts. */
const maxPreviewBytes = 4_096;

export interface HostPreview {
  readonly exitCode: number;
  /** Its own words, the last 4 KB of them; of stderr when it failed and said nothing else. */
  readonly text: string;
}

/**
 * Asks a host what it would do, by the plan's `preview`. Changes nothing, claims nothing, and leaves the connection to the
 * pool: release the target when nothing else is asked.
 *
 * @returns nothing when the plan has no `preview`
 * @throws ssh.* when the host cannot be asked, ssh.timedOut when it takes too long
 */
export async function previewHost(
  ssh: Pick<Ssh, "exec">,
  plan: VisitPlan,
  host: Host,
  options: Pick<CallOptions, "signal"> = {},
): Promise<HostPreview | undefined> {
  const { preview, access } = plan;
  if (preview === undefined) return undefined;
  const words = new VisitWords({ ...plan, hosts: [host] }, rowOf(host));
  const { exitCode, stdout, stderr } = await ssh.exec(
    { host, access },
    {
      argv: words.words(preview),
      env: words.env(preview),
      timeoutMs: preview.timeoutMs,
      maxOutputBytes: maxPreviewBytes,
    },
    options,
  );
  return { exitCode, text: stdout.trim() || stderr.trim() };
}

/** No run: only the words of a command are asked for. */
const rowOf = ({ id: hostId }: Host): VisitRequest => ({
  plan: { key: "", sha256: "", bytes: 0 },
  index: 0,
  hostId,
  rootRunId: "",
  workflowId: "",
});
