import type { z } from "zod";
import { faultsOf } from "../../faults";
import type { ExecResult } from "../../ssh/port";
import type { ApplicationGateway } from "../port";
import { maxOutputBytes, type Verb } from "./documents";
import { applicationError, type applicationFailures } from "./errors";

/** What the command's exit codes mean; any other one than 0 is a failure of its own. */
const meanings: Readonly<Record<number, keyof typeof applicationFailures>> = {
  64: "notUnderstood",
  75: "superseded",
  76: "stillUsed",
  // Of the shell, which was asked to start it.
  126: "commandMissing",
  127: "commandMissing",
};

interface Asked {
  readonly gateway: ApplicationGateway;
  readonly verb: Verb;
}

/** @throws egressApplication.*, with all faults of an answer at once */
export function readAnswer<Schema extends z.ZodType>(
  schema: Schema,
  ended: ExecResult,
  asked: Asked,
): z.output<Schema> {
  refuseFailure(ended, asked);
  const value = jsonOf(ended, asked);
  const answer = schema.safeParse(value);
  if (answer.success) return answer.data;
  const faults = faultsOf(answer.error, { schema, value }).map(
    ({ path, found, expected }) =>
      `  ${path === "" ? "(the whole)" : path}: found ${found}, expected ${expected}`,
  );
  throw badAnswer(asked, `an answer with faults:\n${faults.join("\n")}`);
}

function refuseFailure(
  { exitCode, signal, stderr, stdout }: ExecResult,
  { gateway, verb }: Asked,
): void {
  if (exitCode === 0) return;
  const last = (stderr.trim() || stdout.trim()).slice(-500);
  const said = last === "" ? "; it said nothing" : `; it said: ${last}`;
  const end = signal === undefined ? `exit code ${exitCode}` : signal;
  throw applicationError(meanings[exitCode] ?? "failed", {
    seen: `${verb} on ${gateway.id} ended with ${end}${said}`,
    facts: { gateway: gateway.id, command: gateway.command[0] ?? "" },
  });
}

function jsonOf({ stdout, stdoutBytes }: ExecResult, asked: Asked): unknown {
  // Only the end of it was kept.
  if (stdoutBytes > maxOutputBytes)
    throw badAnswer(asked, `${stdoutBytes} bytes`);
  try {
    return JSON.parse(stdout);
  } catch {
    const begin = JSON.stringify(stdout.trim().slice(0, 200));
    throw badAnswer(asked, `what is no JSON: ${begin}`);
  }
}

const badAnswer = ({ gateway, verb }: Asked, what: string) =>
  applicationError("badAnswer", {
    seen: `${verb} on ${gateway.id} printed ${what}`,
    facts: { gateway: gateway.id },
  });
