import { InvalidArgumentError } from "commander";
import { createSsh } from "../../activities/ssh/ssh";
import { selectHosts } from "../../runbooks/fleet-upgrade/prepare";
import {
  askVersions,
  type Census,
  censusOf,
  type HostVersion,
} from "../census";
import type { Context, Program } from "../context";
import type { ExitName } from "../exit-codes";
import { answer } from "../output";
import { componentNamed, findTarget } from "../targets";

interface CensusFlags {
  readonly target?: string;
  readonly component?: string;
  readonly pools?: readonly string[];
  readonly ids?: readonly string[];
  readonly globs?: readonly string[];
  readonly tag?: Readonly<Record<string, string>>;
  readonly exclude?: readonly string[];
  readonly atOnce: number;
}

const COMMAND = "runbook census";
const SHOWN = 20;
const MOST_AT_ONCE = 500;

const example = `
Example:
  $ runbook census --target prod-eu --component web
  $ runbook census --target prod-eu --component web --pools web --exclude 'web-9*' --json`;

/** `runbook census`: the versions that hosts really run. */
export function registerCensus({ root, run }: Program): void {
  const command = root
    .command("census")
    .summary("ask every host which version it runs")
    .description(
      "Asks each host over SSH by the component's version step, and changes nothing. Exit 7 when hosts differ or do not answer.",
    )
    .option("--target <name>", "default: the only one")
    .option("--component <name>", "default: the only one")
    .option("--pools <names>", "only these pools, comma separated", list)
    .option("--ids <ids>", "only these hosts, comma separated", list)
    .option("--globs <globs>", "only hosts with such ids, * and ?", list)
    .option("--tag <name=value>", "only hosts with it; may be repeated", tag)
    .option("--exclude <globs>", "not the hosts with such ids", list)
    .option("--at-once <n>", "hosts asked at once", atOnce, 50)
    .addHelpText("after", example)
    .action((flags: CensusFlags) =>
      run(command, (context) => census(context, flags)),
    );
}

/** @throws cli.usage, config.*, inventory.*, input.invalid for a selector that matches nothing */
async function census(context: Context, flags: CensusFlags): Promise<ExitName> {
  const found = await findTarget(context.env, flags.target, COMMAND);
  const { name: component, value: contract } = componentNamed(
    found.configuration,
    flags.component,
    COMMAND,
  );
  const hosts = selectHosts({ hosts: selectionOf(flags) }, found.hosts);
  const ssh = createSsh({ env: context.env });
  try {
    const answers = await askVersions(ssh, {
      target: found.name,
      component,
      step: contract.steps.version,
      access: found.access,
      hosts,
      atOnce: flags.atOnce,
    });
    const result = censusOf(answers);
    answer(
      context,
      { target: found.name, component, ...result, hosts: answers },
      censusWords(result),
    );
    return result.isUniform ? "ok" : "checkFailed";
  } finally {
    await ssh.close();
  }
}

function selectionOf({ pools, ids, globs, tag: tags, exclude }: CensusFlags) {
  return {
    ...(pools && { pools: [...pools] }),
    ...(ids && { ids: [...ids] }),
    ...(globs && { globs: [...globs] }),
    ...(tags && { tags: { ...tags } }),
    ...(exclude && { exclude: { globs: [...exclude] } }),
  };
}

function censusWords({ total, versions, differing, silent }: Census): string[] {
  return [
    ...versions.map(({ version, count }) => `${version}  ${count} of ${total}`),
    ...section("Differ from most:", differing),
    ...section("Did not answer:", silent),
  ];
}

function section(title: string, hosts: readonly HostVersion[]): string[] {
  if (hosts.length === 0) return [];
  const rest = hosts.length - SHOWN;
  return [
    "",
    title,
    ...hosts
      .slice(0, SHOWN)
      .map(
        (host) =>
          `  ${host.id}  ${"version" in host ? host.version : host.fault}`,
      ),
    ...(rest > 0 ? [`  and ${rest} more; --json lists all`] : []),
  ];
}

function list(text: string): readonly string[] {
  const words = text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
  if (words.length > 0) return words;
  throw new InvalidArgumentError("Expected names, comma separated.");
}

function tag(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name !== undefined && value !== undefined)
    return { ...before, [name]: value };
  throw new InvalidArgumentError("Expected name=value.");
}

function atOnce(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= MOST_AT_ONCE)
    return value;
  throw new InvalidArgumentError(
    `Expected a whole number from 1 to ${MOST_AT_ONCE}.`,
  );
}
