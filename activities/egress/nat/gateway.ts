import type { ExecResult, Ssh } from "../../ssh/port";
import { egressError, type EgressFailure } from "../errors";
import type { EgressPort, LinuxGateway, Steering } from "../port";
import { parseFacts, parseLook } from "./parse";
import { rulesOf } from "./rules";
import { bringBackScript, retireScript } from "./retire-scripts";
import { exits } from "./script-parts";
import * as scripts from "./scripts";

interface Call {
  readonly script: string;
  readonly generation?: number;
  readonly stdin?: string;
  /** Behind those that each script gets. */
  readonly words?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** A table of a million connections is read in seconds. */
const timeoutMs = 60_000;
/** 50 destinations, all addresses and chains. */
const maxOutputBytes = 1_048_576;

/** Gateways that are Linux hosts, by scripts over SSH. */
export function createLinuxGateways(
  ssh: Pick<Ssh, "exec">,
): EgressPort<LinuxGateway> {
  const run = async (
    gateway: LinuxGateway,
    { script, generation = 0, stdin, words: more = [], signal }: Call,
  ): Promise<string> => {
    const { workFolder, interface: device } = gateway;
    const words = [workFolder, device, String(generation)];
    const addresses = [gateway.new.join(" "), gateway.old.join(" ")];
    const result = await ssh.exec(
      gateway.ssh,
      {
        argv: ["sh", "-c", script, "egress", ...words, ...addresses, ...more],
        ...(stdin !== undefined && { stdin }),
        ...{ timeoutMs, maxOutputBytes },
      },
      { ...(signal && { signal }) },
    );
    requireDone(gateway, result);
    return result.stdout;
  };
  const bare =
    (script: string) =>
    async (gateway: LinuxGateway, signal?: AbortSignal): Promise<void> => {
      await run(gateway, { script, signal });
    };
  const fenced =
    (script: string) =>
    async (
      gateway: LinuxGateway,
      generation: number,
      signal?: AbortSignal,
    ): Promise<void> => {
      await run(gateway, { script, generation, signal });
    };
  return {
    inspect: async (gateway, signal) => {
      const script = scripts.inspectScript;
      return parseFacts(await run(gateway, { script, signal }), gateway.id);
    },
    look: async (gateway, signal) => {
      const script = scripts.lookScript;
      const stdout = await run(gateway, { script, signal });
      return parseLook(stdout, gateway, Date.now());
    },
    provision: async (gateway, signal) => {
      const script = scripts.provisionScript;
      const stdin = rulesOf(gateway, nothingMoved);
      await run(gateway, { script, stdin, signal });
    },
    steer: async (gateway, steering, signal) => {
      const script = scripts.steerScript;
      const { generation } = steering;
      const stdin = rulesOf(gateway, steering);
      await run(gateway, { script, generation, stdin, signal });
    },
    reload: fenced(scripts.reloadScript),
    restore: fenced(scripts.restoreScript),
    retire: async (gateway, { cut = false }, signal) => {
      const words = cut ? ["cut"] : [];
      await run(gateway, { script: retireScript, words, signal });
    },
    bringBack: bare(bringBackScript),
    release: bare(scripts.releaseScript),
  };
}

const nothingMoved: Steering = {
  ...{ generation: 0, moved: [], stay: [], share: 0 },
  ...{ spread: "connection", usable: [] },
};

const kinds = new Map<number, EgressFailure>(
  Object.entries(exits).map(([kind, code]) => [code, kind as EgressFailure]),
);

/** @throws egress.* by the script's exit code */
function requireDone({ id }: LinuxGateway, result: ExecResult): void {
  const { exitCode, stderr } = result;
  if (exitCode === 0) return;
  const said = stderr.trim().split("\n").slice(0, 5).join("; ");
  throw egressError(kinds.get(exitCode) ?? "failed", {
    seen: `${id}: ${said === "" ? `exit code ${exitCode}` : said}`,
  });
}
