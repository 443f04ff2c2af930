import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parse as parseYaml } from "yaml";
import { failureFactory, type FailureKind } from "../errors";
import { parse } from "../faults";
import { expandHome } from "../references";
import {
  type Configuration,
  configurationSchema,
  type ConfigurationSource,
} from "./port";

const configurationFailures = {
  missing: {
    class: "stop",
    hint: "Set RUNBOOK_CONFIG to the operator's configuration file (YAML or JSON), or pass --config.",
  },
  unreadable: {
    class: "stop",
    hint: "Correct the file, or point RUNBOOK_CONFIG at another one; nothing has been touched.",
  },
} as const satisfies Record<string, FailureKind>;

const configurationError = failureFactory("config", configurationFailures);

/** The configuration file of an operator, read anew for each plan. */
export function configurationFile(
  path: string | undefined,
): ConfigurationSource {
  return {
    async read() {
      if (path === undefined)
        throw configurationError("missing", {
          seen: "no configuration file is named",
        });
      const file = resolve(expandHome(path));
      const raw = await readYaml(file);
      const configuration = parse(configurationSchema, raw, {
        system: "config",
        what: file,
      });
      return withAbsolutePaths(configuration, dirname(file));
    },
  };
}

async function readYaml(file: string): Promise<unknown> {
  try {
    return parseYaml(await readFile(file, "utf8"));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw configurationError("unreadable", {
      seen: `${file}: ${reason}`,
      cause,
    });
  }
}

/** A plan must mean the same files on whatever worker carries it out, wherever that was started. */
function withAbsolutePaths(
  configuration: Configuration,
  folder: string,
): Configuration {
  const absolute = (path: string): string => resolve(folder, expandHome(path));
  const targets = Object.entries(configuration.targets).map(
    ([name, target]) => {
      const identities = target.ssh.identities.map((identity) => ({
        ...identity,
        key: absolute(identity.key),
      }));
      const ssh = {
        ...target.ssh,
        identities,
        knownHosts: target.ssh.knownHosts.map(absolute),
      };
      return [
        name,
        {
          ...target,
          inventory: { file: absolute(target.inventory.file) },
          ssh,
        },
      ] as const;
    },
  );
  return { ...configuration, targets: Object.fromEntries(targets) };
}
