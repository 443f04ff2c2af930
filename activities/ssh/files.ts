import { createHash } from "node:crypto";
import { PassThrough } from "node:stream";
import { orAborted } from "./abort";
import { sshError } from "./errors";
import { commandLine, timeLimit } from "./exec";
import { failureOfExit } from "./job-failure";
import { createOutputTail } from "./output-tail";
import type { SshFiles, SshTarget } from "./port";
import type { Connect, RemoteCommand } from "./transport";

const keptComplaintBytes = 4_096;

/** sha256sum of coreutils and busybox, shasum of BSD and macOS. */
const sums = `
sum_of() {
  if command -v sha256sum >/dev/null; then set -- $(sha256sum <"$1")
  elif command -v shasum >/dev/null; then set -- $(shasum -a 256 <"$1")
  else set -- $(openssl dgst -sha256 -r <"$1")
  fi
  printf '%s' "$1"
}
size_of() { set -- $(wc -c <"$1"); printf '%s' "$1"; }
path=$1
`;

const measureScript = `${sums}
[ -f "$path" ] && [ -r "$path" ] || { printf 'none\\n'; exit 0; }
printf 'file %s %s\\n' "$(sum_of "$path")" "$(size_of "$path")"
`;

/** What an earlier try has left aside is removed: a host has one owner at a time. */
const receiveScript = `${sums}
umask 077
sum=$2 bytes=$3
same() { [ -f "$1" ] && [ "$(size_of "$1")" = "$bytes" ] && [ "$(sum_of "$1")" = "$sum" ]; }
same "$path" && { printf 'there\\n'; exit 0; }
mkdir -p "\${path%/*}" || exit 1
rm -f "$path".part.* || exit 1
part=$path.part.$$
trap 'rm -f "$part"' EXIT
trap 'exit 1' HUP INT TERM
printf 'send\\n' || exit 1
cat >"$part" || exit 1
same "$part" || { printf 'damaged\\n'; exit 0; }
mv -f "$part" "$path" && printf 'done\\n'
`;

/** Streams files over pooled connections. */
export function createFiles(connect: Connect): SshFiles {
  async function run(
    target: SshTarget,
    { argv, timeoutMs }: { argv: readonly string[]; timeoutMs: number },
    { input, sink }: Pick<RemoteCommand, "input"> & { sink: Sink },
    signal?: AbortSignal,
  ): Promise<void> {
    const command = commandLine(target, { argv });
    const transport = await connect(target, signal);
    const limit = timeLimit(target, { argv, timeoutMs }, signal);
    const complaint = createOutputTail(keptComplaintBytes);
    const onStderr = (chunk: Buffer): void => complaint.add(chunk);
    try {
      const { exitCode } = await orAborted(
        transport.exec(
          { command, stopOnAbort: true, ...(input && { input }) },
          { onStdout: () => undefined, onStderr, sink },
          limit.signal,
        ),
        limit.signal,
      );
      const said = { exitCode, stdout: "", stderr: complaint.text() };
      const failure = failureOfExit(said, "sh", target.host.id);
      if (failure !== undefined) throw failure;
    } finally {
      limit.clear();
    }
  }

  return {
    async measure(target, path, timeoutMs, signal) {
      const heard = new Words();
      const argv = ["sh", "-c", measureScript, "runbook", path];
      await run(target, { argv, timeoutMs }, { sink: heard.take }, signal);
      const [kind, sha256 = "", bytes] = heard.text.trim().split(" ");
      if (kind === "file") return { sha256, bytes: Number(bytes) };
      throw sshError("noFile", {
        seen: `${path} on ${target.host.id} is no file that can be read`,
        facts: { path, host: target.host.id },
      });
    },

    async upload(target, request, signal) {
      const { path, sha256, bytes, timeoutMs } = request;
      const heard = new Words();
      const argv = ["sh", "-c", receiveScript, "runbook", path, sha256];
      argv.push(String(bytes));
      const streams = { sink: heard.take, input: inputOf(request, heard) };
      await run(target, { argv, timeoutMs }, streams, signal);
      if (heard.text === "there\n") return "there already";
      if (heard.text === "send\ndone\n") return "sent";
      throw damaged(target, path, "what arrived is not what was to be sent");
    },

    async *download(target, { path, sha256, bytes, timeoutMs }, signal) {
      const over = new AbortController();
      const either = signal
        ? AbortSignal.any([signal, over.signal])
        : over.signal;
      const pass = new PassThrough();
      const sink: Sink = async (chunk) => {
        if (pass.write(chunk)) return;
        const drained = new Promise((done) => pass.once("drain", done));
        await orAborted(drained, either);
      };
      const argv = ["cat", path];
      run(target, { argv, timeoutMs }, { sink }, either).then(
        () => pass.end(),
        (error: unknown) => pass.destroy(error as Error),
      );
      const hash = createHash("sha256");
      let received = 0;
      try {
        for await (const chunk of pass as AsyncIterable<Buffer>) {
          received += chunk.length;
          if (received > bytes)
            throw damaged(target, path, `it is larger than ${bytes} bytes`);
          hash.update(chunk);
          yield chunk;
        }
        if (hash.digest("hex") !== sha256)
          throw damaged(target, path, "its SHA-256 has changed");
      } finally {
        over.abort(new Error("nobody reads on"));
      }
    },
  };
}

type Sink = (chunk: Buffer) => Promise<void>;

/** The first words of the host, awaited before anything is sent. */
class Words {
  text = "";
  readonly first: Promise<void>;
  private told: () => void = () => undefined;

  constructor() {
    this.first = new Promise((told) => (this.told = told));
  }

  readonly take: Sink = async (chunk) => {
    this.text = (this.text + chunk.toString("utf8")).slice(0, 4_096);
    if (this.text.includes("\n")) this.told();
  };
}

async function* inputOf(
  { source, onBytes }: Parameters<SshFiles["upload"]>[1],
  heard: Words,
): AsyncIterable<Buffer> {
  await heard.first;
  if (!heard.text.startsWith("send\n")) return;
  let sent = 0;
  for await (const chunk of source()) {
    yield chunk;
    sent += chunk.length;
    onBytes?.(sent);
  }
}

function damaged({ host }: SshTarget, path: string, what: string): Error {
  return sshError("damaged", {
    seen: `${path} on ${host.id}: ${what}`,
    facts: { path, host: host.id },
  });
}
