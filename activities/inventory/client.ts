import path from "node:path";
import { expandHome, type Environment } from "../references";
import type { Answer } from "./answer";
import { askCommand } from "./command";
import { askDns } from "./dns";
import { askFile } from "./file";
import { readHosts } from "./hosts";
import type { Host, Inventory, InventorySource } from "./port";
import { askPrometheus } from "./prometheus";
import { readSshConfig } from "./ssh-config-files";
import { takeTurns } from "./turns";

export interface InventoryOptions {
  /** Folder of the configuration file: relative paths begin here. */
  readonly baseDir: string;
  /** Where `env:` references point; default: that of this process. */
  readonly env?: Environment;
}

const DEFAULT_TIMEOUT_S = 60;

/** Hosts from a file, a command, DNS or Prometheus; the source is asked anew on each call. */
export function createInventory({
  baseDir,
  env = process.env,
}: InventoryOptions): Inventory {
  const readers = new Map<string, () => Promise<readonly Host[]>>();

  const resolve = async (source: InventorySource): Promise<Host[]> => {
    const key = JSON.stringify(source);
    const known = readers.get(key);
    const reader = known ?? createReader(source, { baseDir, env });
    if (known === undefined) readers.set(key, reader);
    return [...(await reader())];
  };

  return {
    resolve,
    async shouldBeAlive(source, hostId) {
      try {
        return (await resolve(source)).some(({ id }) => id === hostId);
      } catch {
        // Gone is told by a sound inventory only; else a broken source would turn every failure into "gone".
        return true;
      }
    },
  };
}

function createReader(
  source: InventorySource,
  options: Required<InventoryOptions>,
): () => Promise<readonly Host[]> {
  // Parsing 10,000 hosts takes most of a second, and a bad day asks once per failed host: the same text gives the same
  // hosts.
  let last: { said: string; hosts: readonly Host[] } | undefined;
  return takeTurns(async () => {
    const [answer, aliases] = await Promise.all([
      ask(source, options),
      readAliases(source, options.baseDir),
    ]);
    const said = `${aliases?.text ?? ""}\0${answer.text}`;
    if (last?.said === said) return last.hosts;
    const { data, isWrittenOut } = answer.read();
    const hosts = readHosts({
      data,
      source: answer.source,
      ...(isWrittenOut ? { text: answer.text } : {}),
      ...(aliases === undefined ? {} : { alias: aliases.lookUp }),
    });
    last = { said, hosts };
    return hosts;
  });
}

async function ask(
  source: InventorySource,
  { baseDir, env }: Required<InventoryOptions>,
): Promise<Answer> {
  const { file, command, dns, prometheus } = source;
  if (file !== undefined)
    return askFile(path.resolve(baseDir, expandHome(file)));
  if (command !== undefined) {
    const [program = "", ...words] = command;
    return askCommand({
      argv: [expandHome(program), ...words],
      cwd: path.resolve(baseDir, expandHome(source.cwd ?? ".")),
      timeoutMs: Math.round((source.timeoutS ?? DEFAULT_TIMEOUT_S) * 1_000),
    });
  }
  if (dns !== undefined) return askDns(dns);
  if (prometheus !== undefined) return askPrometheus(prometheus, env);
  throw new TypeError("an inventory source that its schema refuses");
}

async function readAliases({ sshConfig }: InventorySource, baseDir: string) {
  if (sshConfig === undefined || sshConfig === false) return undefined;
  const file = sshConfig === true ? "~/.ssh/config" : sshConfig;
  return readSshConfig(path.resolve(baseDir, expandHome(file)));
}
