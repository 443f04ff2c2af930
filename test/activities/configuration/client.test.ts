import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { configurationFile } from "../../../activities/configuration/client";
import type { Configuration } from "../../../activities/configuration/port";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "runbooks-configuration-"));
  file = path.join(folder, "runbooks.yaml");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function read(text: string): Promise<Configuration> {
  writeFileSync(file, text);
  return configurationFile(file).read();
}

async function failureOf(reading: Promise<unknown>) {
  const error: unknown = await reading.catch((thrown: unknown) => thrown);
  if (!(error instanceof Error)) throw new Error("it was accepted");
  return error as Error & { type: string };
}

const components = `
components:
  app:
    steps:
      apply: {run: [app, apply, "{{version}}"]}
      version: {run: [app, version]}
`;
const configuration = `
targets:
  prod:
    inventory: {file: hosts.yaml}
    ssh:
      user: ops
      agent: run/agent.sock
      identities:
        - {key: keys/id_ed25519, passphrase: "env:KEY_PASSPHRASE"}
        - {key: /etc/keys/id_rsa}
      knownHosts: [known_hosts, ~/.ssh/known_hosts]
${components}`;

describe("a configuration file", () => {
  it("means the files beside it, wherever the worker was started", async () => {
    const { targets } = await read(configuration);
    const at = (name: string): string => path.join(folder, name);
    expect(targets["prod"]).toMatchObject({
      inventory: { file: at("hosts.yaml") },
      ssh: {
        agent: at("run/agent.sock"),
        identities: [
          { key: at("keys/id_ed25519"), passphrase: "env:KEY_PASSPHRASE" },
          { key: "/etc/keys/id_rsa" },
        ],
        knownHosts: [
          at("known_hosts"),
          path.join(homedir(), ".ssh/known_hosts"),
        ],
      },
    });
  });

  it("means the user's home by ~", async () => {
    const { targets } = await read(
      configuration.replace("file: hosts.yaml", "file: ~/fleet/hosts.yaml"),
    );
    expect(targets["prod"]?.inventory.file).toBe(
      path.join(homedir(), "fleet/hosts.yaml"),
    );
  });

  it("runs an inventory's command in its own folder, and leaves the words of it as they are", async () => {
    const inventories = [
      "{command: [./list, hosts.ini], sshConfig: ssh/config}",
      "{command: [list], cwd: ansible, sshConfig: true}",
      "{dns: {names: [web.test]}}",
    ];
    const { targets } = await read(
      `targets:\n${inventories.map((text, n) => `  t${n}: {inventory: ${text}}\n`).join("")}${components}`,
    );
    expect(Object.values(targets).map(({ inventory }) => inventory)).toEqual([
      {
        command: ["./list", "hosts.ini"],
        cwd: folder,
        sshConfig: path.join(folder, "ssh/config"),
      },
      { command: ["list"], cwd: path.join(folder, "ansible"), sshConfig: true },
      { dns: { names: ["web.test"], type: "A" } },
    ]);
  });

  it("means a balancer's sockets and programs beside it, and leaves addresses and names as they are", async () => {
    const sockets = '["run/lb.sock", "~/lb.sock", "lb1:9999", "[::1]:9999"]';
    const { targets } = await read(`
targets:
  web:
    inventory: {file: hosts.yaml}
    balancer: {haproxy: {sockets: ${sockets}, backend: "app-{{host.site}}"}}
  cloud:
    inventory: {file: hosts.yaml}
    balancer:
      command: {drain: [bin/lb, drain], undrain: [lbctl, ./undrain], count: [./count]}
${components}`);
    const at = (name: string): string => path.join(folder, name);
    const limits = {
      maxOut: "25%",
      turnTimeoutS: 900,
      drainTimeoutS: 300,
      upTimeoutS: 120,
    };
    expect(targets["web"]?.balancer).toEqual({
      haproxy: {
        sockets: [
          at("run/lb.sock"),
          path.join(homedir(), "lb.sock"),
          "lb1:9999",
          "[::1]:9999",
        ],
        backend: "app-{{host.site}}",
        server: "{{host.id}}",
        ...limits,
      },
    });
    expect(targets["cloud"]?.balancer).toEqual({
      command: {
        drain: [at("bin/lb"), "drain"],
        undrain: ["lbctl", "./undrain"],
        count: [at("count")],
        ...limits,
      },
    });
  });

  it("refuses a balancer's name that would be another command", async () => {
    const wrong = `{sockets: ["lb 1"], backend: "app;quit", server: "a b", maxOut: "all"}`;
    const reading = read(`
targets:
  web: {inventory: {file: hosts.yaml}, balancer: {haproxy: ${wrong}}}
${components}`);
    const { message } = await failureOf(reading);
    for (const field of ["sockets[0]", "backend", "server", "maxOut"])
      expect(message).toContain(`targets.web.balancer.haproxy.${field}: found`);
  });

  it("may leave out how hosts are reached", async () => {
    const { targets } = await read(
      `targets: {prod: {inventory: {file: hosts.yaml}}}\n${components}`,
    );
    expect(targets["prod"]?.ssh).toMatchObject({
      agent: false,
      become: false,
      knownHosts: [path.join(homedir(), ".ssh/known_hosts")],
    });
  });

  it("may be JSON", async () => {
    const { components: read } = await configurationFile(
      writeJson({
        targets: {},
        components: {
          app: {
            steps: { apply: { run: ["a"] }, version: { run: ["v"] } },
          },
        },
      }),
    ).read();
    expect(read["app"]).toMatchObject({ minReadyS: 10, readyPollS: 1 });
  });

  it("is read anew each time, so that an edit counts from the next plan on", async () => {
    writeFileSync(file, configuration);
    const source = configurationFile(file);
    await source.read();
    writeFileSync(file, configuration.replace("prod:", "staging:"));
    expect(Object.keys((await source.read()).targets)).toEqual(["staging"]);
  });
});

function writeJson(value: unknown): string {
  const json = path.join(folder, "runbooks.json");
  writeFileSync(json, JSON.stringify(value));
  return json;
}

describe("a configuration is refused", () => {
  it("when no file is named, with the variable that names it", async () => {
    const error = await failureOf(configurationFile(undefined).read());
    expect(error.type).toBe("config.missing");
    expect(error.message).toContain("RUNBOOK_CONFIG");
  });

  it("when its file is not there, with the path that was tried", async () => {
    const error = await failureOf(configurationFile(file).read());
    expect(error.type).toBe("config.unreadable");
    expect(error.message).toContain(file);
    expect(error.message).toContain("ENOENT");
  });

  it("when it is no YAML, with the line", async () => {
    const error = await failureOf(read("targets:\n  prod: [\n"));
    expect(error.type).toBe("config.unreadable");
    expect(error.message).toMatch(/line \d/);
  });

  it("when it is empty", async () => {
    const error = await failureOf(read(""));
    expect(error.type).toBe("config.invalid");
    expect(error.message).toContain("expected an object");
  });

  it("with every fault of it at once, each with its path and what to write", async () => {
    const error = await failureOf(
      read(`
targets:
  prod:
    inventry: {file: hosts.yaml}
    ssh: {handshakes: 0}
components:
  app:
    steps:
      apply: {run: [app], script: app}
      version: {}
    minReadyS: ten
`),
    );
    expect(error.type).toBe("config.invalid");
    for (const part of [
      file,
      "targets.prod.inventory",
      "targets.prod.inventry",
      "did you mean inventory?",
      "targets.prod.ssh.handshakes",
      "components.app.steps.apply",
      "exactly one of `run` and `script`",
      "components.app.steps.version.run",
      "components.app.minReadyS",
    ])
      expect(error.message).toContain(part);
  });

  it("when a passphrase stands where its reference belongs, without repeating it", async () => {
    const error = await failureOf(
      read(configuration.replace("env:KEY_PASSPHRASE", "hunter2-hunter2")),
    );
    expect(error.message).toContain("expected a reference: env:NAME");
    expect(error.message).not.toContain("hunter2");
  });

  it("when a secret stands where its reference belongs, without repeating it", async () => {
    const error = await failureOf(
      read(
        configuration.replace(
          'apply: {run: [app, apply, "{{version}}"]}',
          "apply: {run: [app], secretEnv: {DB: hunter2-hunter2}}",
        ),
      ),
    );
    expect(error.message).toContain("secretEnv.DB");
    expect(error.message).not.toContain("hunter2");
  });
});
