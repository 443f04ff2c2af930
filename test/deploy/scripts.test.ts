import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { root } from "./compose-file";

const scripts = readdirSync(path.join(root, "deploy"), { recursive: true })
  .map(String)
  .filter((file) => file.endsWith(".sh"));
const shells = ["sh", "bash --posix", "busybox sh"].filter(
  (shell) => withShell(shell, ["-c", "true"]).status === 0,
);

/** Runs a shell that may need a word of its own, such as `busybox sh`. */
function withShell(shell: string, options: readonly string[]) {
  const [program = "", ...words] = shell.split(" ");
  return spawnSync(program, [...words, ...options], { encoding: "utf8" });
}

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "runbooks-deploy-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function run(
  script: string,
  words: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
) {
  const file = path.join(root, "deploy", script);
  return spawnSync("sh", [file, ...words], {
    env: { PATH: process.env["PATH"], SECRETS: folder, ...env },
    encoding: "utf8",
  });
}

describe.each(scripts)("deploy/%s", (script) => {
  it.each(shells)("can be read by %s", (shell) => {
    const file = path.join(root, "deploy", script);
    const { status, stderr } = withShell(shell, ["-n", file]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  it("stops at the first command that fails", () => {
    expect(readFileSync(path.join(root, "deploy", script), "utf8")).toMatch(
      /^set -eu$/m,
    );
  });
});

describe("with-secrets.sh", () => {
  const show = ["sh", "-c", 'printf %s "$PASSWORD|$*"', "show"];

  it("hands a secret to the command's environment, not to its arguments", () => {
    writeFileSync(path.join(folder, "db"), "a b'$c\n");
    const words = ["PASSWORD=db", ...show, "X=1", "two words"];
    expect(run("with-secrets.sh", words)).toMatchObject({
      status: 0,
      stdout: "a b'$c|X=1 two words",
    });
  });

  it("starts nothing when a secret cannot be read, and says which", () => {
    expect(run("with-secrets.sh", ["PASSWORD=db", ...show])).toMatchObject({
      status: 78,
      stdout: "",
      stderr: expect.stringContaining(`${folder}/db`),
    });
  });

  it("passes on how the command ended", () => {
    expect(run("with-secrets.sh", ["sh", "-c", "exit 7"]).status).toBe(7);
  });

  it("refuses to have nothing to do", () => {
    expect(run("with-secrets.sh").status).toBe(64);
  });
});

describe("make-secrets.sh", () => {
  const make = () => {
    cpSync(
      path.join(root, "deploy", "make-secrets.sh"),
      path.join(folder, "make-secrets.sh"),
    );
    return spawnSync("sh", [path.join(folder, "make-secrets.sh")], {
      encoding: "utf8",
    });
  };
  const secret = (name: string) => path.join(folder, "secrets", name);

  it("makes passwords that differ, and a key, in a folder that only their owner enters", () => {
    const { status, stdout } = make();
    expect(status).toBe(0);
    expect(stdout).toContain("ssh-ed25519 ");
    const passwords = ["postgres_password", "runbooks_password"].map((name) =>
      readFileSync(secret(name), "utf8"),
    );
    expect(new Set(passwords).size).toBe(2);
    for (const password of passwords)
      expect(password).toMatch(/^[0-9a-f]{64}$/);
    expect(statSync(secret(".")).mode & 0o777).toBe(0o700);
    expect(statSync(secret("ssh_key")).mode & 0o777).toBe(0o444);
  });

  it("keeps what is there", () => {
    make();
    const before = readdirSync(secret(".")).map((name) =>
      readFileSync(secret(name), "utf8"),
    );
    expect(make().status).toBe(0);
    const after = readdirSync(secret(".")).map((name) =>
      readFileSync(secret(name), "utf8"),
    );
    expect(after).toEqual(before);
  });
});

describe("schema.sh", () => {
  it("makes both databases, each before its schema, with the password in no argument", () => {
    const bin = path.join(folder, "bin");
    mkdirSync(bin);
    const log = path.join(folder, "log");
    writeFileSync(
      path.join(bin, "temporal-sql-tool"),
      `#!/bin/sh\necho "$*" >>"${log}"\n`,
    );
    chmodSync(path.join(bin, "temporal-sql-tool"), 0o755);
    writeFileSync(path.join(folder, "db"), "hunter2");
    const { status } = run(
      "with-secrets.sh",
      ["SQL_PASSWORD=db", "sh", path.join(root, "deploy", "schema.sh")],
      { PATH: `${bin}:${process.env["PATH"]}` },
    );
    expect(status).toBe(0);
    const calls = readFileSync(log, "utf8");
    expect(calls).not.toContain("hunter2");
    const versions = "/etc/temporal/schema/postgresql/v12";
    expect(calls.trim().split("\n")).toEqual([
      "--database temporal create",
      "--database temporal setup-schema --version 0.0",
      `--database temporal update-schema --schema-dir ${versions}/temporal/versioned`,
      "--database temporal_visibility create",
      "--database temporal_visibility setup-schema --version 0.0",
      `--database temporal_visibility update-schema --schema-dir ${versions}/visibility/versioned`,
    ]);
  });
});
