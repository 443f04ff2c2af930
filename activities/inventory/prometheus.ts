import { z } from "zod";
import { bytesWithin } from "../bytes-within";
import { isRunbookError } from "../errors";
import { parse } from "../faults";
import { resolveReference, type Environment } from "../references";
import { withinTime } from "../time-limit";
import { MAX_ANSWER_BYTES, type Answer } from "./answer";
import { parseJson } from "./command";
import { inventoryError } from "./errors";
import { idOf, numberOf, tagsFrom } from "./names";
import type { PrometheusSource } from "./port";

const TIMEOUT_MS = 30_000;

/** `host:port`, the port being the exporter's. */
const targetPattern = /^(?:\[([\dA-Fa-f:.]+)\]|([^\s:/[\]]+))(?::\d{1,5})?$/;

const answerSchema = z.array(
  z.object({
    targets: z.array(
      z.string().regex(targetPattern, "expected host:port, without a path"),
    ),
    labels: z.record(z.string(), z.string()).default({}),
  }),
);

const ownLabels: readonly string[] = [
  "job",
  "runbook_id",
  "runbook_pool",
  "runbook_site",
  "runbook_ssh_port",
  "runbook_zone",
];

/** The hosts that HTTP service discovery of Prometheus tells. @throws inventory.*, reference.* */
export async function askPrometheus(
  { url, token }: PrometheusSource,
  env: Environment,
): Promise<Answer> {
  const source = new URL(url).origin + new URL(url).pathname;
  const headers = {
    accept: "application/json",
    ...(token && {
      authorization: `Bearer ${await resolveReference(token, env)}`,
    }),
  };
  const text = await get(url, source, headers);
  return {
    text,
    source,
    read: () => ({
      data: hostsOfTargets(parseJson(text, source), source),
      isWrittenOut: false,
    }),
  };
}

/** Hosts as an inventory file has them, not yet validated. @throws inventory.invalid */
function hostsOfTargets(data: unknown, source: string): object[] {
  const groups = parse(answerSchema, data, {
    system: "inventory",
    what: `inventory of ${source}`,
  });
  const hosts = new Map<string, object>();
  for (const { targets, labels } of groups)
    for (const target of targets) {
      const host = toHost(target, labels);
      const same = `${host.id} ${host.address}`;
      // One host may be listed once for each of its exporters: the first one counts.
      if (!hosts.has(same)) hosts.set(same, host);
    }
  return [...hosts.values()];
}

function toHost(target: string, labels: Readonly<Record<string, string>>) {
  const [, v6, plain] = targetPattern.exec(target) ?? [];
  const address = v6 ?? plain ?? target;
  const pool = labels["runbook_pool"] ?? labels["job"];
  const {
    runbook_zone: zone,
    runbook_site: site,
    runbook_ssh_port: port,
  } = labels;
  return {
    id: labels["runbook_id"] ?? idOf(address),
    name: address,
    address,
    ...(port === undefined ? {} : { port: numberOf(port) }),
    ...(pool === undefined ? {} : { pool }),
    ...(zone === undefined ? {} : { zone }),
    ...(site === undefined ? {} : { site }),
    tags: tagsFrom(labels, isTag),
  };
}

function isTag(label: string): boolean {
  return !label.startsWith("__") && !ownLabels.includes(label);
}

async function get(
  url: string,
  source: string,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  try {
    const signal = withinTime(TIMEOUT_MS);
    const response = await fetch(url, { headers, signal });
    if (response.ok) return await bodyOf(response, source);
    await response.body?.cancel();
    throw inventoryError(response.status < 500 ? "refused" : "unanswered", {
      seen: `${source} answered ${response.status} ${response.statusText}`,
      expected: "200",
      facts: { server: source },
    });
  } catch (cause) {
    if (isRunbookError(cause)) throw cause;
    throw inventoryError("unanswered", {
      seen: `no answer from ${source} (${reasonOf(cause)})`,
      facts: { server: source },
      cause,
    });
  }
}

async function bodyOf({ body }: Response, source: string): Promise<string> {
  const bytes = await bytesWithin(MAX_ANSWER_BYTES, body ?? []);
  if (bytes !== undefined) return bytes.toString("utf8");
  throw inventoryError("tooLarge", {
    seen: `${source} answered more than ${MAX_ANSWER_BYTES >> 20} MB`,
    facts: { source },
  });
}

/** Why a request got no answer is in the cause of what `fetch` throws. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError")
    return `silent for ${TIMEOUT_MS / 1_000} s`;
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const { code } = cause as NodeJS.ErrnoException;
  return code ?? cause.message;
}
