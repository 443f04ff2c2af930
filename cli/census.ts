import type { HostContract } from "../activities/host/port";
import { fill, hostValues } from "../activities/host/template";
import type { Host } from "../activities/inventory/port";
import { isRunbookError } from "../activities/errors";
import type { Ssh, SshAccess } from "../activities/ssh/port";
import { forEachAtOnce } from "./each";

/** What one host answered: the version that it runs, or why nobody knows. */
export type HostVersion = {
  readonly id: string;
  readonly pool: string;
} & ({ readonly version: string } | { readonly fault: string });

export interface Census {
  readonly total: number;
  /** Most hosts first. */
  readonly versions: readonly {
    readonly version: string;
    readonly count: number;
  }[];
  /** Hosts that do not run what most hosts run. */
  readonly differing: readonly HostVersion[];
  readonly silent: readonly HostVersion[];
  /** All answered, and all the same. */
  readonly isUniform: boolean;
}

export function censusOf(answers: readonly HostVersion[]): Census {
  const counts = new Map<string, number>();
  for (const answer of answers)
    if ("version" in answer)
      counts.set(answer.version, (counts.get(answer.version) ?? 0) + 1);
  const versions = [...counts]
    .map(([version, count]) => ({ version, count }))
    .sort((a, b) => b.count - a.count || (a.version < b.version ? -1 : 1));
  const usual = versions[0]?.version;
  const silent = answers.filter((answer) => "fault" in answer);
  return {
    total: answers.length,
    versions,
    differing: answers.filter(
      (answer) => "version" in answer && answer.version !== usual,
    ),
    silent,
    isUniform: silent.length === 0 && versions.length === 1,
  };
}

export interface CensusRequest {
  readonly target: string;
  readonly component: string;
  readonly step: HostContract["steps"]["version"];
  readonly access: SshAccess;
  readonly hosts: readonly Host[];
  readonly atOnce: number;
}

const DEFAULT_TIMEOUT_S = 60;

/** Asks each host by the component's `version` step. A host that does not answer is told, and keeps nobody waiting. */
export function askVersions(
  ssh: Pick<Ssh, "exec" | "release">,
  request: CensusRequest,
): Promise<HostVersion[]> {
  const { hosts, atOnce } = request;
  return forEachAtOnce(hosts, atOnce, (host) => askVersion(ssh, host, request));
}

async function askVersion(
  ssh: Pick<Ssh, "exec" | "release">,
  host: Host,
  { access, step, target, component }: CensusRequest,
): Promise<HostVersion> {
  const { id, pool } = host;
  const values = { target, component, ...hostValues(host) };
  const fillIn = (text: string): string => fill(text, values);
  const env = Object.entries(step.env ?? {}).map(
    ([name, value]) => [name, fillIn(value)] as const,
  );
  try {
    const { exitCode, stdout, stderr } = await ssh.exec(
      { host, access },
      {
        argv: step.run.map(fillIn),
        env: Object.fromEntries(env),
        timeoutMs: (step.timeoutS ?? DEFAULT_TIMEOUT_S) * 1_000,
      },
    );
    const version = stdout.split("\n")[0]?.trim() ?? "";
    if (exitCode === 0 && version !== "") return { id, pool, version };
    const said = stderr.trim().split("\n")[0] ?? "";
    return { id, pool, fault: `exit ${exitCode}${said && `: ${said}`}` };
  } catch (error) {
    if (!isRunbookError(error)) throw error;
    return { id, pool, fault: error.seen };
  } finally {
    ssh.release({ host, access });
  }
}
