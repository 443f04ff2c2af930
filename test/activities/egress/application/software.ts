import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createApplicationGateways } from "../../../../activities/egress/application/gateway";
import type {
  ApplicationGateway,
  Steering,
} from "../../../../activities/egress/port";
import { createSsh } from "../../../../activities/ssh/ssh";
import { missingProgram } from "../../../harness/missing-program";
import { accessTo, hostAt } from "../../../harness/ssh-servers";
import { startSshd } from "../../../harness/sshd";
import { talkTo } from "../../../harness/talk";

const page = resolve(__dirname, "../../../../docs/egress-application.md");

/** The examples of the page, as its readers would copy them: the software with its command, and its load. */
export function examples(): readonly [software: string, load: string] {
  const blocks = readFileSync(page, "utf8").matchAll(
    /^```python\n(.*?)^```$/gms,
  );
  const [software = "", load = ""] = [...blocks].map(([, code = ""]) => code);
  return [software, load];
}

/** Every address of 127.0.0.0/8 is the host's own on Linux alone. */
export const missingForSoftware =
  process.platform === "linux"
    ? missingProgram("python3", "sshd")
    : "only Linux lets a program send from each address of 127.0.0.0/8";

/** Opens a connection for each line `host port`, says from where, and keeps it until its stdin ends. */
const customer = `
import sys, egress
kept = []
for line in sys.stdin:
    host, port = line.split()
    kept.append(egress.connect(sys.argv[1], host, int(port)))
    print(kept[-1].getsockname()[0], flush=True)
`;

export const order = (changes: Partial<Steering>): Steering => ({
  generation: 1,
  moved: [],
  stay: [],
  share: 0,
  spread: "connection",
  usable: [],
  ...changes,
});

/** A host with sshd, the example as its command, and sites of customers on addresses of their own. */
export async function startHost() {
  const folder = await mkdtemp(join(tmpdir(), "egress-application-"));
  const program = join(folder, "egress.py");
  await writeFile(program, examples()[0]);
  const sshd = await startSshd();
  const ssh = createSsh();
  const egress = createApplicationGateways({ ssh });
  const gateway = (
    changes: Partial<ApplicationGateway> = {},
  ): ApplicationGateway => ({
    id: "app-1",
    kind: "application",
    old: ["127.0.0.20", "127.0.0.21"],
    new: ["127.0.0.31", "127.0.0.32"],
    ports: { from: 32_768, to: 60_999 },
    ssh: { host: hostAt(sshd), access: accessTo(sshd) },
    command: ["python3", program, folder],
    ...changes,
  });
  return {
    egress,
    gateway,
    software: () => startSoftware(folder),
    stop: async () => {
      await ssh.close();
      await sshd.stop();
      await rm(folder, { recursive: true });
    },
  };
}

function startSoftware(folder: string) {
  const env = { PYTHONPATH: folder };
  const software = talkTo("python3", ["-c", customer, folder], env);
  return {
    /** @returns the source address that the site saw the software say it has */
    connect: ({ address, port }: AddressInfo): Promise<string> =>
      software.ask(`${address} ${port}`),
    /** Ends it, and with it what it has open. */
    end: (): Promise<void> => software.end(),
  };
}

/** A customer that holds each connection, and knows from where it came. */
export async function startSite(address: string) {
  const sockets = new Set<Socket>();
  const seen: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    seen.push(socket.remoteAddress ?? "");
    socket.on("error", () => undefined).resume();
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, address);
  await once(server, "listening");
  return {
    place: server.address() as AddressInfo,
    seen,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
