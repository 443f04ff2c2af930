import { createExec } from "../../../activities/ssh/exec";
import type { Connect } from "../../../activities/ssh/transport";
import { LocalHost, shellsHere } from "./job-local-host";

describe.each(shellsHere())("the input of a command with %s", (shell) => {
  let host: LocalHost;
  beforeEach(() => {
    host = new LocalHost(shell);
  });
  afterEach(() => host.dispose());

  /** What the command reads, when so much of its input comes. */
  async function read(stdin: string, bytes = Buffer.byteLength(stdin)) {
    const cutting: Connect = async () => {
      const transport = await host.connect();
      const exec: typeof transport.exec = (command, streams, signal) => {
        const sent = Buffer.from(stdin).subarray(0, bytes);
        return transport.exec({ ...command, stdin: sent }, streams, signal);
      };
      return Object.assign(Object.create(transport) as typeof transport, {
        exec,
      });
    };
    const { exitCode, stdout, stderr } = await createExec(cutting, Date.now)(
      host.target,
      { argv: ["od", "-An", "-tx1", "-v"], stdin, timeoutMs: 10_000 },
    );
    return { exitCode, stdout: stdout.replace(/\s/g, ""), stderr };
  }

  test.each(["a\n\n", "%s\\n", "-n", " a ", "ü\n", "'$HOME'", "."])(
    "comes byte for byte: %j",
    async (text) => {
      const stdout = Buffer.from(text).toString("hex");
      expect(await read(text)).toEqual({ exitCode: 0, stdout, stderr: "" });
    },
  );

  test.each([0, 1, 8])(
    "of which %d of 9 bytes come lets it not begin",
    async (bytes) => {
      expect(await read("one\ntwo\nx", bytes)).toEqual({
        ...{ exitCode: 74, stdout: "" },
        stderr: "the input came short of 9 bytes\n",
      });
    },
  );
});
