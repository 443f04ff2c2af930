import { isRunbookError } from "../../activities/errors";
import {
  appendKnownHost,
  readHostKey,
  type ShownHostKey,
} from "../../activities/ssh/host-keys";
import type { Context, Program } from "../context";
import { cliError } from "../errors";
import type { ExitName } from "../exit-codes";
import { line, tellFailure } from "../output";
import {
  type TrustOptions,
  type TrustTarget,
  trustTargets,
} from "../trust-targets";

interface TrustFlags extends TrustOptions {
  readonly yes?: boolean;
  readonly replace?: boolean;
  readonly hash?: boolean;
}

const example = `
Example:
  $ runbook trust web-01 web-02 --target prod-eu
  $ runbook trust 10.0.0.7:2222 --known-hosts ~/.ssh/known_hosts`;

/** `runbook trust`: a person compares a key once; ever after it is verified. */
export function registerTrust({ root, run }: Program): void {
  const command = root
    .command("trust")
    .summary("accept the host keys of hosts, after a look at them")
    .description(
      "Shows the key that each host answers with and, when you say so, writes it to known_hosts. Compare the fingerprint with the host's console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub",
    )
    .argument("<host...>", "ids of the inventory, or address:port")
    .option("--target <name>", "target of the configuration")
    .option("--known-hosts <file>", "write here; default: the target's first")
    .option("--replace", "take the place of a key that has changed")
    .option("--hash", "hide the names, as HashKnownHosts of OpenSSH does")
    .option("-y, --yes", "accept without asking")
    .addHelpText("after", example)
    .action((words: readonly string[], flags: TrustFlags) =>
      run(command, async (context) => {
        const targets = await trustTargets(context.env, words, flags);
        return trustAll(context, targets, flags);
      }),
    );
}

/** One host that does not answer is told, and does not keep the others waiting. */
async function trustAll(
  context: Context,
  targets: readonly TrustTarget[],
  flags: TrustFlags,
): Promise<ExitName> {
  let exit: ExitName = "ok";
  for (const target of targets) {
    try {
      await trust(context, target, flags);
    } catch (error) {
      if (!isRunbookError(error)) throw error;
      exit = tellFailure(context, error, context.json);
    }
  }
  return exit;
}

/** @throws ssh.*, cli.notConfirmed */
async function trust(
  context: Context,
  { ssh, file }: TrustTarget,
  flags: TrustFlags,
): Promise<void> {
  const { id, address, port, fingerprint: pinned } = ssh.host;
  const key = await readHostKey(ssh, context.env);
  if (!context.json) {
    line(context, `${id} at ${address}:${port} shows`);
    line(context, `  ${key.type} ${key.fingerprint}`);
    if (pinned !== undefined)
      line(context, `  the inventory pins ${pinned}, and that is what counts`);
  }
  if (flags.yes !== true) await confirm(context, id, key);
  const { replace = false, hash: hashed = false } = flags;
  const outcome = await appendKnownHost(file, key.line, { hashed, replace });
  const { type, fingerprint } = key;
  const document = { host: id, type, fingerprint, file, outcome };
  line(
    context,
    context.json ? JSON.stringify(document) : `  ${outcome}: ${file}`,
  );
}

/** @throws cli.notConfirmed */
async function confirm(
  context: Context,
  id: string,
  { fingerprint }: ShownHostKey,
): Promise<void> {
  const typed = await context.ask(`Trust ${fingerprint} for ${id}? [y/N] `);
  if (/^y(es)?$/i.test(typed?.trim() ?? "")) return;
  const seen =
    typed === undefined
      ? `nobody is at the keyboard to trust the key of ${id}`
      : `the key of ${id} was not trusted`;
  throw cliError("notConfirmed", { seen });
}
