import type { HostGateway } from "../egress/port";
import type { RunbookError } from "../errors";
import { lastWords } from "../ssh/job-failure";
import type { ExecResult, Ssh } from "../ssh/port";
import { classify, worstOf, type Verdict } from "./classify";
import { curlConfig, type Asking } from "./curl-config";
import { probeError } from "./errors";
import type {
  Customer,
  ProbeAnswer,
  ProbeOptions,
  ProbePort,
  ProbeResult,
} from "./port";
import { readProbeOutput } from "./probe-output";
import { probeExit, probeScript } from "./probe-script";
import { planTransfers, sideBySide, type Transfer } from "./transfers";

const defaults: Asking = {
  userAgent: "upgrade-runbooks",
  connectS: 5,
  totalS: 15,
};
/** Of curl: the gateway does not have the address that it was to send from. */
const noSourceAddress = 45;
/** Beside what all transfers may take: login, and the search of the answers. */
const extraMs = 60_000;
const bytesEach = 1_024;

type Answered = Transfer & { readonly answer: ProbeAnswer };

/** Asks sites with curl on the gateway, which needs no rights for it; nothing of it stays there. */
export function createProbe(
  ssh: Pick<Ssh, "exec">,
  times: Pick<Asking, "connectS" | "totalS"> = defaults,
): ProbePort {
  return {
    async ask(gateway, customers, { userAgent, signal } = {}) {
      const asking = {
        userAgent: userAgent ?? defaults.userAgent,
        ...times,
        signal,
      };
      const answered = customers.map((): Answered[] => []);
      for (const run of planTransfers(customers, gateway))
        for (const one of await runTransfers(ssh, gateway, run, asking))
          answered[one.customer]?.push(one);
      return customers.map((customer, at) =>
        resultOf(customer, answered[at] ?? []),
      );
    },
  };
}

async function runTransfers(
  ssh: Pick<Ssh, "exec">,
  gateway: HostGateway,
  transfers: readonly Transfer[],
  { signal, ...asking }: Asking & Pick<ProbeOptions, "signal">,
): Promise<readonly Answered[]> {
  const asked = new Set(transfers.map(({ customer }) => customer)).size;
  // No more at once than there are customers, so that one customer is asked again once it has answered.
  const parallel = Math.min(sideBySide, asked);
  const ended = await ssh.exec(
    gateway.ssh,
    {
      argv: ["sh", "-c", probeScript, "rb", String(parallel)],
      stdin: curlConfig(transfers, asking),
      timeoutMs:
        Math.ceil(transfers.length / parallel) * asking.totalS * 1_000 +
        extraMs,
      maxOutputBytes: transfers.length * bytesEach,
    },
    signal === undefined ? {} : { signal },
  );
  return answersOf(gateway, transfers, ended);
}

/** @throws probe.* */
function answersOf(
  { id: gateway }: HostGateway,
  transfers: readonly Transfer[],
  ended: ExecResult,
): readonly Answered[] {
  const { answers, version, isWhole } = readProbeOutput(ended.stdout);
  const refusal = refusalOf(gateway, ended, version);
  if (refusal !== undefined) throw refusal;
  return transfers.map((transfer, n) => {
    const answer = answers.get(n);
    if (answer === undefined || !isWhole)
      throw probeError("incomplete", {
        seen: `${gateway} told of ${answers.size} requests of ${transfers.length}${lastWords(ended)}`,
        facts: { gateway },
      });
    if (answer.exitCode === noSourceAddress)
      throw probeError("noSourceAddress", {
        seen: `${gateway} cannot send from ${transfer.source} (${answer.error})`,
        facts: { gateway, address: transfer.source },
      });
    return { ...transfer, answer };
  });
}

function refusalOf(
  gateway: string,
  { exitCode, stderr }: ExecResult,
  version: string,
): RunbookError | undefined {
  const facts = { gateway };
  switch (exitCode) {
    case probeExit.noCurl:
      return probeError("noCurl", { seen: `${gateway} has no curl`, facts });
    case probeExit.oldCurl:
      return probeError("oldCurl", {
        ...{ seen: `${gateway} has curl ${version}`, expected: "7.75", facts },
      });
    case probeExit.noFolder:
      return probeError("noTemporaryFolder", {
        ...{ seen: `mktemp on ${gateway} says: ${stderr.trim()}`, facts },
      });
    default:
      return undefined;
  }
}

/** Each new address is compared with the old one at the same address of the site; the worst counts. */
function resultOf(
  { id, addresses }: Customer,
  answered: readonly Answered[],
): ProbeResult {
  const verdicts = addresses.flatMap((address): Verdict[] => {
    const here = answered.filter((one) => one.address === address);
    const old = here.find(({ side }) => side === "old");
    if (old === undefined) return [];
    return here
      .filter(({ side }) => side === "new")
      .map(({ answer, source }) => {
        const verdict = classify(old.answer, answer);
        const seen = `${source} at ${address}: ${verdict.seen} (${old.source})`;
        return { class: verdict.class, seen };
      });
  });
  return { customer: id, ...worstOf(verdicts) };
}
