import { lastWords } from "../ssh/job-failure";
import type { Ssh } from "../ssh/port";
import { applicationProgram } from "./application-program";
import { loadError } from "./errors";
import { checkApplication } from "./orders";
import type { ApplicationOrder, ApplicationReport } from "./port";
import { pythonWords, runPython } from "./python";
import { endOfCommand, readApplication } from "./reports";

/** Runs the order's command as a job, beside a look at its sockets. */
export async function application(
  ssh: Ssh,
  order: ApplicationOrder,
  signal?: AbortSignal,
): Promise<ApplicationReport> {
  checkApplication(order);
  const { host, key, command, timeoutMs, peak } = order;
  const wanted = JSON.stringify(peak?.destinations ?? []);
  const argv = pythonWords(applicationProgram, [wanted, ...command]);
  const env = {
    ...order.env,
    ...(peak && { RUNBOOK_LOAD: JSON.stringify(peak) }),
  };
  const ended = await runPython(
    ssh,
    host,
    { key, argv, env, timeoutMs },
    signal,
  );
  if (ended.exitCode === 0)
    return readApplication(host.id, ended.stdout, peak !== undefined);
  const [name = ""] = command;
  const said = lastWords({ ...ended, stdout: endOfCommand(ended.stdout) });
  throw loadError("commandFailed", {
    seen: `${name} ended with ${ended.exitCode} on ${host.id}${said}`,
    facts: { host: host.id },
  });
}
