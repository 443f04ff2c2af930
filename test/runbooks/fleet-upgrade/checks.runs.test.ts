import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { type Lab, startLab } from "../../../lab/hosts/lab";
import { cli } from "../../cli/run-cli";
import { type Sshd, startSshd } from "../../harness/sshd";

let folder: string;
let lab: Lab;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "checks-"));
  lab = await startLab({ dir: join(folder, "lab"), hosts: 6, pools: 2 });
}, 180_000);
afterAll(async () => {
  await lab.stop();
  await rm(folder, { recursive: true, force: true });
});

const planOf = (...more: readonly string[]): Promise<string> =>
  planFrom(lab.configFile, ...more);

async function planFrom(
  configFile: string,
  ...more: readonly string[]
): Promise<string> {
  const input = ["target=lab", "change=c-1", "component=app", "version=2.0.0"];
  const set = [...input, ...more].flatMap((word) => ["--set", word]);
  const argv = ["plan", "--config", configFile, ...set];
  const env = { RUNBOOK_ARTIFACTS: join(folder, "artifacts") };
  const { code, out, err } = await cli(argv, { env });
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return out;
}

const [first = "", second = ""] = ["web-01", "web-02"];
const traces = async (): Promise<string[][]> =>
  Promise.all(
    lab.hosts.map(async ({ id }) =>
      (await readdir(lab.hostRoot(id), { recursive: true })).filter((name) =>
        name.includes("upgrade-runbooks"),
      ),
    ),
  );

describe("a plan that looks at its hosts", () => {
  it("tells what runs there, and leaves no trace", async () => {
    const text = await planOf("checks.hosts=all");
    expect(text).toContain("- Checks: looked at 6 of 6 hosts, 6 of them fine");
    expect(text).toMatch(/- Runs now: [\w.]+ on 6 hosts/);
    expect(await traces()).toEqual(lab.hosts.map(() => []));
  });

  it("puts hosts together that cannot be reached for one reason", async () => {
    await lab.setFault([`${first}:refuse`, `${second}:refuse`]);
    const text = await planOf("checks.hosts=all");
    await lab.clearFaults();
    expect(text).toContain("looked at 6 of 6 hosts, 4 of them fine");
    expect(text).toMatch(
      /- \*\*way in\*\* on 2 hosts \(web-\d+, web-\d+\): .*\(ssh\.\w+\)/,
    );
  });

  it("looks at some of them, one of each pool, or at none", async () => {
    expect(await planOf("checks.hosts=2")).toContain("looked at 2 of 6 hosts");
    expect(await planOf("checks.hosts=none")).toContain(
      "- Checks: none were made",
    );
  });

  it("tells that a disk is too full before anything is begun", async () => {
    expect(await planOf("checks.freeMb=9000000")).toContain(
      "- **disk** on 6 hosts",
    );
  });

  it("finds on a real sshd that the user may not become root without a password", async () => {
    const path = await mkdtemp(join(folder, "path-"));
    const sudo = "#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n";
    await writeFile(join(path, "sudo"), sudo, { mode: 0o755 });
    const sshd = await startSshd({
      ports: 2,
      config: [`SetEnv PATH=${path}:/usr/bin:/bin`],
    });
    try {
      const file = await configurationOf(path, sshd);
      const text = await planFrom(file, "checks.hosts=all");
      expect(text).toContain("looked at 2 of 2 hosts, 0 of them fine");
      expect(text).toMatch(
        /- \*\*sudo\*\* on 2 hosts \(db-\d, db-\d\): .*sudo: a password is required, .*\(ssh\.notPermitted\)/,
      );
    } finally {
      await sshd.stop();
    }
  }, 180_000);
});

/** A target whose user becomes root, and a component that would not be reached. */
async function configurationOf(
  path: string,
  { address, ports, user, keyFile, knownHostsFile }: Sshd,
): Promise<string> {
  const file = join(path, "runbooks.yaml");
  const hosts = ports.map((port, n) => ({
    ...{ id: `db-${n}`, pool: "db" },
    ...{ address, port },
  }));
  await writeFile(join(path, "hosts.yaml"), stringify(hosts));
  const ssh = {
    user,
    become: true,
    identities: [{ key: keyFile }],
    knownHosts: [knownHostsFile],
  };
  const version = { run: ["cat", "/no/such/file"] };
  const steps = { apply: { run: ["true"] }, version };
  await writeFile(
    file,
    stringify({
      targets: { lab: { inventory: { file: "hosts.yaml" }, ssh } },
      components: { app: { steps } },
    }),
  );
  return file;
}
