import { randomBytes } from "node:crypto";
import { sshError } from "./errors";
import { failureOfExit, lastWords } from "./job-failure";
import { AnswerReader, type FramePlace, type JobAnswer } from "./job-protocol";
import {
  operationCommand,
  type JobOperation,
  type OperationContext,
  type StopReason,
} from "./job-script";
import type { FrameOutput } from "./frame";
import type { SshTarget } from "./port";
import type { RemoteExit, Transport } from "./transport";

/** Kept of what the host's shell itself complains about. */
const complaintBytes = 4_096;

export interface OperationCall extends Pick<OperationContext, "digest" | "id"> {
  readonly target: SshTarget;
  readonly stdin?: string;
  /** Closes the channel; the host's side goes on. */
  readonly signal?: AbortSignal | undefined;
  readonly onAnswer?: (answer: JobAnswer) => void;
  /** Where the parts of a frame speak to. */
  readonly frame?: Readonly<Record<FramePlace, FrameOutput>> | undefined;
  /** The channel is over. */
  readonly onExit?: (exit: RemoteExit) => void;
}

/**
 * Asks the host's side of the job protocol once, on a channel of its own.
 *
 * @returns the last answer, which is what an operation is asked for
 * @throws ssh.connectionLost also when the host's side ended before it had answered; ssh.jobConflict, ssh.diskFull,
 *   ssh.hostUnsuitable, ssh.notPermitted as the host says
 */
export async function askHost(
  transport: Transport,
  operation: JobOperation,
  call: OperationCall,
): Promise<JobAnswer> {
  const { target, stdin = "", signal } = call;
  const nonce = randomBytes(8).toString("hex");
  const context = {
    id: call.id,
    nonce,
    become: target.access.become,
    bootIdProbe: target.host.bootIdProbe,
    ...(call.digest === undefined ? {} : { digest: call.digest }),
  };
  const heard: { last?: JobAnswer } = {};
  let complaint = "";
  const reader = new AnswerReader(
    nonce,
    (answer) => {
      if (isFinal(answer)) heard.last = answer;
      call.onAnswer?.(answer);
    },
    (place, chunk) => call.frame?.[place].addStdout(chunk),
  );
  const onStdout = (chunk: Buffer): void => reader.add(chunk);
  const onStderr = (chunk: Buffer): void => {
    complaint = (complaint + chunk.toString("utf8")).slice(-complaintBytes);
    // Of which part it is nobody can tell by its time: each finds its own by the marks that it sets.
    call.frame?.before.addStderr(chunk);
    call.frame?.after.addStderr(chunk);
  };
  const command = operationCommand(operation, context);
  // A job has a session of its own, so TERM ends no more than its follower, or its frame.
  const stopOnAbort = call.frame !== undefined;
  const exit = await transport.exec(
    { command, stdin, stopOnAbort },
    { onStdout, onStderr },
    signal,
  );
  call.onExit?.(exit);
  const { last } = heard;
  if (last?.kind === "error") throw refusalOf(last, target.host.id);
  if (last) return last;
  throw silenceOf(exit.exitCode, complaint, target);
}

function isFinal(answer: JobAnswer): boolean {
  if (answer.kind !== "word") return answer.kind !== "attached";
  if (answer.word === "opened") return answer.detail !== "0";
  return ![".", "before", "after"].includes(answer.word);
}

function refusalOf(
  { error, detail }: Extract<JobAnswer, { kind: "error" }>,
  host: string,
): Error {
  switch (error) {
    case "conflict":
      return sshError("jobConflict", {
        seen: `the key stands for a command of digest ${detail} on ${host}`,
      });
    case "diskfull":
      return sshError("diskFull", {
        seen: `no room for the job folder on ${host}, nothing was run: ${detail}`,
        facts: { host },
      });
    case "unsuitable":
      return sshError("hostUnsuitable", {
        seen: `${host} lacks ${detail}`,
        facts: { host, missing: detail },
      });
    case "payload":
      return sshError("connectionLost", {
        seen: `the command did not reach ${host} whole, nothing was run`,
        facts: { host },
      });
    default:
      return sshError("hostUnsuitable", {
        seen: `no job can begin on ${host}: ${detail}`,
        facts: { host, missing: "a place for jobs, ~/.upgrade-runbooks" },
      });
  }
}

/** The shell of the host said something else, or nothing: sudo refused, no sh, or somebody ended it. */
function silenceOf(
  exitCode: number,
  stderr: string,
  { host, access }: SshTarget,
): Error {
  const command = access.become ? "sudo" : "sh";
  const result = { exitCode, stdout: "", stderr };
  const failure = failureOfExit(result, command, host.id);
  if (failure && failure.type !== "ssh.nonZeroExit") return failure;
  if (exitCode > 0 && exitCode < 126)
    return sshError("hostUnsuitable", {
      seen: `the login shell on ${host.id} ended with ${exitCode}${lastWords(result)}`,
      facts: { host: host.id, missing: "a POSIX shell for its user" },
    });
  return sshError("connectionLost", {
    seen: `the shell on ${host.id} ended with ${exitCode} before it answered${lastWords(result)}`,
    facts: { host: host.id },
  });
}

/**
 * TERM, then KILL, to the job's process group; a job that has not begun is kept from it.
 *
 * @throws ssh.notStopped when the group outlives KILL
 */
export async function stopJob(
  transport: Transport,
  target: SshTarget,
  id: string,
  stop: { readonly reason: StopReason; readonly graceMs: number },
  signal?: AbortSignal,
): Promise<"cancelled" | "not running"> {
  const call = { target, id, signal };
  const answer = await askHost(transport, { op: "cancel", ...stop }, call);
  if (answer.kind !== "word" || answer.word !== "stuck")
    return answer.kind === "word" && answer.word === "stopped"
      ? "cancelled"
      : "not running";
  throw sshError("notStopped", {
    seen: `process group ${answer.detail} on ${target.host.id} outlived KILL`,
    facts: { host: target.host.id, group: answer.detail },
  });
}

/** Whether the job lives, by the same signs as for whoever joins it. @throws ssh.* */
export async function isJobAlive(
  transport: Transport,
  target: SshTarget,
  id: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const call = { target, id, signal };
  const answer = await askHost(transport, { op: "alive" }, call);
  return answer.kind === "word" && answer.detail === "running";
}
