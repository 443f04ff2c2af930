import { configurationFile } from "../../activities/configuration/client";
import type { Context, Program } from "../context";
import { type Check, checkWords } from "../doctor/check";
import { checksOfTargets, namesOf } from "../doctor/targets";
import type { ExitName } from "../exit-codes";
import { answer } from "../output";
import { approvalChecks } from "../configuration/approvals";
import { calendarChecks } from "../configuration/calendar-checks";
import { componentChecks, referenceChecks } from "../configuration/checks";

interface ValidateFlags {
  readonly fileOnly?: boolean;
}

const example = `
Example:
  $ runbook validate --config runbooks.yaml
  $ runbook validate --config runbooks.yaml --file-only --json`;

/** `runbook validate`: the configuration in full, before anybody needs it. */
export function registerValidate({ root, run }: Program): void {
  const command = root
    .command("validate")
    .summary("check the configuration in full")
    .description(
      "Checks the configuration: its form with every fault, placeholders, references, each inventory asked for its hosts, calendars with what they read, approvals against their roster, key files and known_hosts. Connects to no host and to no Temporal server.",
    )
    .option("--file-only", "only what the file itself says, as on a build host")
    .addHelpText("after", example)
    .action((flags: ValidateFlags) =>
      run(command, (context) => validate(context, flags)),
    );
}

/** @throws config.* with every fault of its form */
async function validate(
  context: Context,
  { fileOnly = false }: ValidateFlags,
): Promise<ExitName> {
  const { env } = context;
  const path = env["RUNBOOK_CONFIG"] || undefined;
  const configuration = await configurationFile(path).read();
  const file: Check = {
    name: "configuration",
    verdict: "pass",
    seen: `targets ${namesOf(configuration.targets)}; components ${namesOf(configuration.components)}; calendars ${namesOf(configuration.calendars)}`,
  };
  const written = [file, ...componentChecks(configuration)];
  const found = fileOnly
    ? []
    : [
        ...(await checksOfTargets(configuration, env)).checks,
        ...(await calendarChecks(configuration, { env, now: Date.now() })),
        ...(await referenceChecks(configuration, env)),
        ...(await approvalChecks(configuration)),
      ];
  const checks = [...written, ...found];
  const exit = exitOf(checks);
  answer(context, { ok: exit === "ok", checks }, [
    ...checks.flatMap(checkWords),
    exit === "ok" ? "The configuration is sound." : "See each fix above.",
  ]);
  return exit;
}

/** What somebody wrote wrongly is bad input; what is not there on this machine is a check that did not pass. */
function exitOf(checks: readonly Check[]): ExitName {
  const failed = checks.filter(({ verdict }) => verdict !== "pass");
  if (failed.length === 0) return "ok";
  return failed.some(({ name }) =>
    /^(component|inventory|approvals)\b/.test(name),
  )
    ? "badInput"
    : "checkFailed";
}
