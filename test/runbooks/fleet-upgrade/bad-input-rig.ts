import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cli } from "../../cli/run-cli";

/**
 * What a tired person may write, and the one answer to it: every fault with its path, what was found and what was
 * expected, what to do, and no connection to a server or a host.
 */
export interface Wrong {
  readonly title: string;
  /** The whole input as it is typed. */
  readonly input: string;
  /** Every line of fault, in order; nothing else is told. */
  readonly faults: readonly string[];
}

export const good =
  "target: prod\nchange: c-1\ncomponent: app\nversion: 2.4.1\n";
export const apply = "apply: { run: [deploy] }";
export const version = "version: { run: [deploy, version] }";

interface BadInputRig {
  answerTo(
    command: string,
    input: string,
  ): Promise<{ code: number; out: string; err: string }>;
  /** Heard so far, by what stands for the Temporal server and for every host at once. */
  connections(): number;
  port(): number;
}

/** A configuration with two hosts, and a listener in the place of all that could be asked. */
export function useBadInputRig(): BadInputRig {
  let folder: string;
  let listener: Server;
  let connected = 0;
  const port = (): number => (listener.address() as AddressInfo).port;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "bad-input-"));
    listener = createServer((socket) => {
      connected += 1;
      socket.destroy();
    });
    await new Promise<void>((done) => listener.listen(0, "127.0.0.1", done));
    await writeFile(join(folder, "hosts.yaml"), hosts(port()));
    await writeFile(join(folder, "runbooks.yaml"), configuration);
  });
  afterAll(async () => {
    await new Promise((done) => listener.close(done));
    await rm(folder, { recursive: true });
  });
  return {
    port,
    connections: () => connected,
    answerTo: (command, input) => {
      const RUNBOOK_CONFIG = join(folder, "runbooks.yaml");
      const argv = [command, "-f", "-", "--config", RUNBOOK_CONFIG];
      const TEMPORAL_ADDRESS = `127.0.0.1:${port()}`;
      const env = { RUNBOOK_CONFIG, TEMPORAL_ADDRESS };
      return cli(argv, { env, stdin: input });
    },
  };
}

const hosts = (port: number): string =>
  [
    `defaults: { port: ${port} }`,
    "hosts:",
    "  - { id: web-1, address: 127.0.0.1, pool: web }",
    "  - { id: db-1, address: 127.0.0.1, pool: db }",
  ].join("\n");

const configuration = [
  "targets:",
  "  prod: { inventory: { file: hosts.yaml } }",
  "components:",
  `  app: { steps: { ${apply}, ${version} } }`,
  `  worded: { steps: { apply: { run: [deploy, "{{verison}}"] }, ${version} } }`,
].join("\n");

function refusalOf(faults: readonly string[]): string {
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  return [
    `error: input of fleetUpgrade has ${count}:`,
    ...faults.map((fault) => `  ${fault}`),
    "hint: Correct each line above and start again; nothing has been touched.",
    "",
  ].join("\n");
}

/** Each input is answered by one complete error, before anything is asked: `start` no server, `plan` no host. */
export function testRefusals(
  rig: BadInputRig,
  inputs: Readonly<Record<"start" | "plan", readonly Wrong[]>>,
): void {
  const asks = { start: "server", plan: "host" } as const;
  for (const command of ["start", "plan"] as const) {
    test.each(inputs[command])(
      `${command} answers $title by one complete error, and asks no ${asks[command]}`,
      async ({ input, faults }) => {
        const { code, out, err } = await rig.answerTo(command, input);
        expect(err).toBe(refusalOf(faults));
        expect({ code, out, connections: rig.connections() }).toEqual({
          code: 2,
          out: "",
          connections: 0,
        });
      },
    );
  }
}
