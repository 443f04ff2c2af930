import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Statement } from "../../activities/evidence/statement";
import { verifySignature } from "../../activities/evidence/verify-signature";
import { signStatement } from "../../cli/sign";
import { describeWhen } from "../harness/describe-when";
import { missingProgram } from "../harness/missing-program";
import { agentWith, type SigningKey, SigningKeys } from "../harness/signing";

const statement: Statement = {
  workflowId: "fleet-upgrade:prod-eu:CHG-1",
  runId: "0198a2b4-0000-7000-8000-000000000001",
  gate: "canary",
  nonce: "canary-0198f00d",
  digest: "a".repeat(64),
  choice: "approve",
  comment: 'two\nlines, and a quote: "',
  by: "ada",
  at: "2026-11-26T03:00:00.000Z",
};

describeWhen(missingProgram("ssh-keygen", "ssh-agent"))("signing", () => {
  const keys = new SigningKeys();
  let home: string;
  let told: string;

  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "signing-home-"));
    mkdirSync(join(home, ".ssh"));
    told = "";
  });
  afterEach(() => rmSync(home, { recursive: true }));
  afterAll(() => keys.remove());

  const signWith = (env: Record<string, string>, key?: string) =>
    signStatement(
      {
        env: { HOME: home, PATH: process.env["PATH"], ...env },
        err: (text) => void (told += text),
      },
      statement,
      key,
    );

  const isBy = async (armored: string, { publicKey }: SigningKey) => {
    const now = Date.parse(statement.at);
    const person = { name: "ada", publicKeys: [publicKey] };
    const signed = { statement, armored, person, now };
    return (await verifySignature(signed)).isProven;
  };

  it("takes the key that is named", async () => {
    const named = keys.make("ed25519");
    const other = keys.make("ed25519");
    const env = { RUNBOOK_SIGNING_KEY: other.file };
    expect(await isBy(await signWith(env, named.file), named)).toBe(true);
    expect(await isBy(await signWith(env), other)).toBe(true);
    expect(told).toBe("");
  });

  it("finds a key from the home folder", async () => {
    const key = keys.make("ecdsa");
    copyFileSync(key.file, join(home, ".ssh", "id_ecdsa"));
    expect(await isBy(await signWith({}), key)).toBe(true);
    const named = await signWith({}, "~/.ssh/id_ecdsa");
    expect(await isBy(named, key)).toBe(true);
  });

  it("takes the agent's key before one that lies there", async () => {
    const key = keys.make("ed25519");
    const lying = keys.make("ed25519");
    copyFileSync(lying.file, join(home, ".ssh", "id_ed25519"));
    const agent = await agentWith(keys, key);
    try {
      expect(await isBy(await signWith(agent.env), key)).toBe(true);
      expect(
        await isBy(await signWith(agent.env, `${key.file}.pub`), key),
      ).toBe(true);
    } finally {
      await agent.stop();
    }
  });

  it("says where it looked when there is no key", async () => {
    await expect(signWith({})).rejects.toMatchObject({
      type: "cli.noSigningKey",
      seen: expect.stringContaining(join(home, ".ssh")),
    });
  });

  it("tells what ssh-keygen says about a key that it cannot use", async () => {
    await expect(signWith({}, join(home, "none"))).rejects.toMatchObject({
      type: "cli.notSigned",
      seen: expect.stringContaining("No such file"),
    });
    expect(told).toContain("No such file");
  });

  it("says that there is no ssh-keygen", async () => {
    const { file } = keys.make("ed25519");
    await expect(signWith({ PATH: home }, file)).rejects.toMatchObject({
      type: "cli.notSigned",
      seen: "cannot run ssh-keygen",
    });
  });
});
