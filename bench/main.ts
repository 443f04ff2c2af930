import { Command } from "commander";
import { isRunbookError } from "../activities/errors";
import { benchEgress } from "./egress/bench";
import { egressOptions } from "./egress/options";
import { benchFleet } from "./fleet/bench";
import { fleetOptions } from "./fleet/options";
import { benchReplica } from "./replica/bench";
import { replicaOptions } from "./replica/options";
import { benchSwitchover } from "./switchover/bench";
import { switchOptions } from "./switchover/options";

/** `npm run bench -- fleet`: side by side with what people use today. */
function program(): Command {
  const root = new Command("bench").description(
    "Measures this product beside the tools that people use today.",
  );
  root
    .command("fleet")
    .description(
      "Four short commands on each of N hosts: a fleet upgrade, a bare ssh2 loop, pdsh and Ansible, in turn.",
    )
    .option("--hosts <number>", "served by OpenSSH sshd on this machine", "200")
    .option("--rounds <number>", "each of every peer, in turn", "3")
    .option("--concurrency <number>", "hosts at once", "50")
    .option("--peers <names>", "of ours,bare,pdsh,ansible; default: all")
    .option("--lab", "hosts of the lab's own SSH server instead, up to 10,000")
    .option("--resume", "also: kill the worker half-way and start it again")
    .option("--json", "one object as the last line")
    .action(async (flags: Record<string, unknown>) => {
      await benchFleet(fleetOptions(flags), process);
    });
  root
    .command("switchover")
    .description(
      "PostgreSQL under writers through PgBouncer, its two servers changing roles: what is lost, and how long writes pause.",
    )
    .option("--rounds <number>", "switchovers", "5")
    .option("--writers <number>", "clients at once", "4")
    .option("--size-mb <number>", "of the primary's data", "20")
    .option("--json", "one object as the last line")
    .action(async (flags: Record<string, unknown>) => {
      await benchSwitchover(switchOptions(flags), process);
    });
  root
    .command("replica")
    .description(
      "A replica from a verified backup: our steps from slot to page checksums, and the same bare commands, in turn.",
    )
    .option("--size-gb <number>", "of the primary's data", "4")
    .option("--rounds <number>", "of both, in turn", "1")
    .option("--no-forecast", "without the copy that is limited to a minute")
    .option("--json", "one object as the last line")
    .action(async (flags: Record<string, unknown>) => {
      await benchReplica(replicaOptions(flags), process);
    });
  root
    .command("egress")
    .description(
      "A fleet under load whose connections turn to new addresses and back, and many customers who are asked; root on Linux.",
    )
    .option("--customers <number>", "asked twice by a run", "2000")
    .option("--hosts <number>", "behind two gateways", "12")
    .option("--per-second <number>", "new connections of all hosts", "100")
    .option("--json", "one object as the last line")
    .action(async (flags: Record<string, unknown>) => {
      await benchEgress(egressOptions(flags), process);
    });
  return root;
}

// What was started ends with this process: each child has a guard that our end wakes.
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => process.exit(130));

program()
  .parseAsync()
  .catch((error: unknown) => {
    const text =
      isRunbookError(error) || !(error instanceof Error)
        ? String(error)
        : error.stack;
    process.stderr.write(`${text ?? "unknown failure"}\n`);
    process.exitCode = 1;
  });
