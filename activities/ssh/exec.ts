import { StringDecoder } from "node:string_decoder";
import { orAborted } from "./abort";
import { factsOf, placeOf } from "./connect-failures";
import { sshError } from "./errors";
import { createOutputTail } from "./output-tail";
import type {
  CallOptions,
  ExecRequest,
  ExecResult,
  Ssh,
  SshTarget,
} from "./port";
import { routeTo, splitRoute } from "./route";
import { programLine, quoteArgv, requireVariableName } from "./shell";
import type { Connect } from "./transport";

const defaultOutputBytes = 64 * 1024;

/** Runs commands over pooled connections. `now` in milliseconds. */
export function createExec(connect: Connect, now: () => number): Ssh["exec"] {
  return async (target, request, options = {}) => {
    const command = commandLine(target, request);
    const transport = await connect(target, options.signal);
    const limit = timeLimit(target, request, options.signal);
    const begun = now();
    const maxBytes = request.maxOutputBytes ?? defaultOutputBytes;
    const stdout = createOutputTail(maxBytes);
    const stderr = createOutputTail(maxBytes);
    const tell = tellerOf(options);
    try {
      const exit = await orAborted(
        transport.exec(
          { command, stdin: request.stdin ?? "", stopOnAbort: true },
          {
            onStdout: (chunk) => {
              stdout.add(chunk);
              tell?.(chunk);
            },
            onStderr: (chunk) => stderr.add(chunk),
          },
          limit.signal,
        ),
        limit.signal,
      );
      const result: ExecResult = {
        ...exit,
        stdout: stdout.text(),
        stderr: stderr.text(),
        stdoutBytes: stdout.bytes,
        stderrBytes: stderr.bytes,
        durationMs: now() - begun,
      };
      refuseFailedBecome(target, result);
      return result;
    } finally {
      limit.clear();
    }
  };
}

/**
 * Begins the command once its input is there as a whole. To a command, the end of a link looks like the end of its input: sshd
 * closes both, and lets it go on.
 */
const withWholeInput = `
bytes=$1; shift
input=$(cat; echo .); input=\${input%.}
[ "$(printf %s "$input" | wc -c)" -eq "$bytes" ] || { echo "the input came short of $bytes bytes" >&2; exit 74; }
printf %s "$input" | "$@"
`;

/** `sudo` clears the environment: what the command shall have is set behind it. */
export function commandLine(
  { access }: SshTarget,
  { argv, env = {}, stdin = "" }: Pick<ExecRequest, "argv" | "env" | "stdin">,
): string {
  const variables = Object.entries(env).map(
    ([name, value]) => `${requireVariableName(name)}=${value}`,
  );
  const words = [
    ...(access.become ? ["sudo", "-n", "-H", "--"] : []),
    ...(variables.length > 0 ? ["env", ...variables] : []),
    ...argv,
  ];
  if (stdin !== "") {
    const bytes = String(Buffer.byteLength(stdin));
    return programLine(["sh", "-c", withWholeInput, "sh", bytes, ...words]);
  }
  return words[0] === "sh" ? programLine(words) : quoteArgv(words);
}

/** Aborts with ssh.timedOut at the limit, or as the caller's signal does. */
export function timeLimit(
  target: SshTarget,
  { timeoutMs, argv }: Pick<ExecRequest, "argv" | "timeoutMs">,
  signal?: AbortSignal,
) {
  const { hop } = splitRoute(routeTo(target));
  const limit = new AbortController();
  const timer = setTimeout(() => {
    const seen = `${argv[0]} on ${placeOf(hop)} still ran after ${timeoutMs} ms`;
    limit.abort(sshError("timedOut", { seen, facts: factsOf(hop) }));
  }, timeoutMs);
  return {
    signal: signal ? AbortSignal.any([signal, limit.signal]) : limit.signal,
    clear: () => clearTimeout(timer),
  };
}

/** Hands out stdout as whole characters, each with its place in the stream. */
function tellerOf({ onOutput }: CallOptions) {
  if (!onOutput) return undefined;
  const decoder = new StringDecoder("utf8");
  let told = 0;
  return (chunk: Buffer) => {
    const text = decoder.write(chunk);
    if (text === "") return;
    const next = told + Buffer.byteLength(text);
    onOutput(text, told, next);
    told = next;
  };
}

/** `sudo -n` fails before the command begins: that is a matter of rights, not of the command. */
function refuseFailedBecome(target: SshTarget, result: ExecResult): void {
  if (!target.access.become) return;
  const absent =
    result.exitCode === 127 && /\bsudo\b.*not found/.test(result.stderr);
  const refused = result.exitCode === 1 && /^sudo: /m.test(result.stderr);
  if (!absent && !refused) return;
  const { hop } = splitRoute(routeTo(target));
  throw sshError("notPermitted", {
    seen: `sudo on ${placeOf(hop)} says: ${result.stderr.trim()}`,
    expected: "sudo without a password",
    facts: { ...factsOf(hop), command: "sudo" },
  });
}
