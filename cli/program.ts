import { Command, CommanderError } from "commander";
import { registerCalendar } from "./commands/calendar";
import { registerCensus } from "./commands/census";
import { registerClaim } from "./commands/claim";
import { registerChat } from "./commands/chat";
import { registerCompletion } from "./commands/completion";
import { registerControls } from "./commands/controls";
import { registerConverge } from "./commands/converge";
import { registerCustomers } from "./commands/customers";
import { registerDecide } from "./commands/decide";
import { registerDemo } from "./commands/demo";
import { registerDev } from "./commands/dev";
import { registerFreezes } from "./commands/freeze";
import { registerHosts } from "./commands/hosts";
import { registerInit } from "./commands/init";
import { registerLab } from "./commands/lab";
import { registerLocks } from "./commands/locks";
import { registerLogs } from "./commands/logs";
import { registerPlan } from "./commands/plan";
import { registerReport } from "./commands/report";
import { registerSchedule } from "./commands/schedule";
import { registerStart } from "./commands/start";
import { registerStatus } from "./commands/status";
import { registerSweep } from "./commands/sweep";
import { registerTrust } from "./commands/trust";
import { registerUiLinks } from "./commands/ui-links";
import { registerValidate } from "./commands/validate";
import { registerWatch } from "./commands/watch";
import { registerWorker } from "./commands/worker";
import { registerDoctor } from "./commands/doctor";
import { contextOf, type Io, type Program } from "./context";
import { exitCodes, exitCodeTable, type ExitName } from "./exit-codes";
import { tellFailure } from "./output";
import { cliError } from "./errors";

const commands = [
  registerInit,
  registerValidate,
  registerPlan,
  registerStart,
  registerSchedule,
  registerUiLinks,
  registerStatus,
  registerWatch,
  registerDecide,
  registerClaim,
  registerChat,
  registerControls,
  registerFreezes,
  registerLocks,
  registerSweep,
  registerHosts,
  registerReport,
  registerCustomers,
  registerLogs,
  registerCalendar,
  registerCensus,
  registerConverge,
  registerTrust,
  registerLab,
  registerDev,
  registerWorker,
  registerDoctor,
  registerDemo,
  registerCompletion,
];

/** Runs one command line, `argv` without node and script, and returns its exit code. Never throws. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  let exit: ExitName = "ok";
  const root = createRoot(io);
  const program: Program = {
    root,
    run: async (command, work) => {
      exit = (await work(contextOf(io, command))) ?? "ok";
    },
  };
  for (const register of commands) register(program);
  try {
    await root.parseAsync([...argv], { from: "user" });
  } catch (error) {
    exit = exitAfter(io, error, argv);
  }
  return exitCodes[exit].code;
}

function createRoot(io: Io): Command {
  return new Command("runbook")
    .description("Durable runbooks for infrastructure upgrades.")
    .option("--json", "answer in JSON")
    .option("--config <file>", "configuration file, instead of RUNBOOK_CONFIG")
    .option("--address <host:port>", "Temporal, instead of TEMPORAL_ADDRESS")
    .option("--namespace <name>", "instead of TEMPORAL_NAMESPACE")
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      // Told by `exitAfter`, in the words of every other failure.
      outputError: () => undefined,
      getOutHelpWidth: () => Math.min(io.size().columns, 100),
    })
    .exitOverride()
    .helpCommand(false)
    .addHelpText("after", `\n${exitCodeTable()}`);
}

function exitAfter(io: Io, error: unknown, argv: readonly string[]): ExitName {
  const asJson = argv.includes("--json");
  if (!(error instanceof CommanderError)) return tellFailure(io, error, asJson);
  // Help that was asked for is an answer, and so is the version.
  if (error.exitCode === 0) return "ok";
  if (error.code === "commander.help") return "badInput";
  const [words = "", suggestion] = error.message
    .replace(/^error: /, "")
    .split("\n");
  const isKnown = error.code !== "commander.unknownCommand";
  const word = argv.find((one) => !one.startsWith("-"));
  const command = isKnown && word !== undefined ? `runbook ${word}` : "runbook";
  const seen =
    suggestion === undefined ? words : `${words} ${suggestion.trim()}`;
  return tellFailure(
    io,
    cliError("usage", { seen, facts: { command } }),
    asJson,
  );
}
