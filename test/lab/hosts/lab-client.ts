import { readFileSync } from "node:fs";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Client, type ClientChannel, type ConnectConfig } from "ssh2";
import type { Lab, LabHostView } from "../../../lab/hosts/lab";

export type LabPlace = Pick<
  Lab,
  "hosts" | "user" | "knownHostsFile" | "identityFile"
>;

export interface Finished {
  /** Null when a signal ended the command; undefined when the connection did. */
  readonly code: number | null | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export function hostOf(lab: LabPlace, id: string): LabHostView {
  const host = lab.hosts.find((one) => one.id === id);
  if (host === undefined) throw new Error(`no host ${id}`);
  return host;
}

/** Connects with the lab's key, and proves that the host shows the key that known_hosts names. */
export function connectTo(
  lab: LabPlace,
  id: string,
  config: ConnectConfig = {},
): Promise<Client> {
  const { address, port } = hostOf(lab, id);
  const known = readFileSync(lab.knownHostsFile, "utf8");
  const line = known
    .split("\n")
    .find((one) => one.startsWith(`[${address}]:${port} `));
  const client = new Client();
  return new Promise((resolve, reject) => {
    client.once("error", reject);
    client.once("ready", () => {
      client.on("error", () => undefined);
      resolve(client);
    });
    client.connect({
      host: address,
      port,
      username: lab.user,
      privateKey: readFileSync(lab.identityFile),
      hostVerifier: (key: Buffer) =>
        line?.split(" ")[2] === key.toString("base64"),
      ...config,
    });
  });
}

/** Resolves when the connection has ended, however. */
export function closed(client: Client): Promise<void> {
  return new Promise((resolve) => client.once("close", () => resolve()));
}

export function open(client: Client, command: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) reject(error);
      else resolve(channel);
    });
  });
}

export function finished(channel: ClientChannel): Promise<Finished> {
  let stdout = "";
  let stderr = "";
  let code: number | null | undefined;
  let signal: string | undefined;
  channel.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  channel.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  channel.on("exit", (exitCode: number | null, signalName?: string) => {
    code = exitCode;
    signal = signalName;
  });
  return new Promise((resolve) => {
    channel.once("close", () => resolve({ code, signal, stdout, stderr }));
  });
}

/** Runs one command over a connection of its own. */
export async function run(
  lab: LabPlace,
  id: string,
  command: string,
): Promise<Finished> {
  const client = await connectTo(lab, id);
  try {
    return await finished(await open(client, command));
  } finally {
    client.end();
  }
}

/** As `run`, and fails when the command does. */
export async function output(
  lab: LabPlace,
  id: string,
  command: string,
): Promise<string> {
  const result = await run(lab, id, command);
  if (result.code !== 0)
    throw new Error(`${command}: ${JSON.stringify(result)}`);
  return result.stdout.trim();
}

/** A stream through one host of the lab to another. */
export function forward(client: Client, to: LabHostView): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    client.forwardOut("127.0.0.1", 0, to.address, to.port, (error, stream) => {
      if (error) reject(error);
      else resolve(stream);
    });
  });
}

/** The code of the error that a TCP connection meets, or undefined when it opens. */
export function connectError(
  address: string,
  port: number,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, address, () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      resolve(error.code ?? "unknown");
    });
  });
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** Fails when the connection does: a lost request is an error here. */
export function call(
  method: string,
  url: string,
  {
    body,
    headers = {},
  }: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, agent: false });
    outgoing.on("error", reject);
    outgoing.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: text.trim() }),
      );
    });
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

export function inventoryIds(lab: Lab): string[] {
  const text = readFileSync(lab.inventoryFile, "utf8");
  const { hosts } = JSON.parse(text) as { hosts: { id: string }[] };
  return hosts.map(({ id }) => id);
}
