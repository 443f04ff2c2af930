import {
  signatureNamespace,
  type Statement,
  statementText,
} from "../../../activities/evidence/statement";
import {
  type SignatureVerdict,
  verifySignature,
} from "../../../activities/evidence/verify-signature";
import { describeWhen } from "../../harness/describe-when";
import { missingProgram } from "../../harness/missing-program";
import {
  agentWith,
  sign,
  type SigningKey,
  SigningKeys,
} from "../../harness/signing";

const statement: Statement = {
  workflowId: "fleet-upgrade:prod-eu:CHG-1",
  runId: "0198a2b4-0000-7000-8000-000000000001",
  gate: "canary",
  nonce: "canary-0198f00d",
  digest: "a".repeat(64),
  choice: "approve",
  by: "ada",
  at: "2026-11-26T03:00:00.000Z",
};
const now = Date.parse(statement.at) + 1_000;

describeWhen(missingProgram("ssh-keygen", "ssh-agent"))(
  "a signature of a decision",
  () => {
    const keys = new SigningKeys();
    let ada: SigningKey;
    let eve: SigningKey;

    beforeAll(() => {
      ada = keys.make("ed25519");
      eve = keys.make("ed25519");
    });
    afterAll(() => keys.remove());

    const verify = (
      armored: string,
      changed: {
        readonly statement?: Partial<Statement>;
        readonly publicKeys?: readonly string[];
        readonly now?: number;
      } = {},
    ): Promise<SignatureVerdict> =>
      verifySignature({
        statement: { ...statement, ...changed.statement },
        armored,
        person: {
          name: "ada",
          publicKeys: changed.publicKeys ?? [ada.publicKey],
        },
        now: changed.now ?? now,
      });

    const faultOf = async (verdict: Promise<SignatureVerdict>) => {
      const found = await verdict;
      return found.isProven ? "proven" : found.fault;
    };

    it.each([
      ["Ed25519", ["ed25519"]],
      ["RSA", ["rsa", "-b", "2048"]],
      ["ECDSA on P-256", ["ecdsa", "-b", "256"]],
      ["ECDSA on P-521", ["ecdsa", "-b", "521"]],
    ])("is proven by a key of %s", async (_, type) => {
      const key = keys.make(...type);
      const armored = sign(key, statementText(statement));
      const verdict = await verify(armored, {
        publicKeys: [ada.publicKey, key.publicKey],
      });
      expect(verdict).toEqual({
        isProven: true,
        fingerprint: expect.stringMatching(/^SHA256:/),
      });
    });

    it("is proven by a key that only an agent holds", async () => {
      const key = keys.make("ed25519");
      const agent = await agentWith(keys, key);
      try {
        const inAgent = { ...key, file: `${key.file}.pub` };
        const armored = sign(inAgent, statementText(statement), agent);
        const publicKeys = [key.publicKey];
        expect(await faultOf(verify(armored, { publicKeys }))).toBe("proven");
      } finally {
        await agent.stop();
      }
    });

    it.each<[string, Partial<Statement>]>([
      ["another choice", { choice: "deny" }],
      ["another asking", { nonce: "canary-0198beef" }],
      ["another gate", { gate: "stage-2" }],
      ["another plan", { digest: "b".repeat(64) }],
      ["another run of the same change", { runId: "0198a2b4-0000" }],
      ["another name", { by: "eve" }],
      ["fewer hosts", { hosts: ["web-01"] }],
      ["another cause", { cause: "c1" }],
      ["a comment that was put in", { comment: "looked at the graphs" }],
      ["a channel that vouches", { channel: "slack" }],
    ])("does not count for %s", async (_, changed) => {
      const armored = sign(ada, statementText(statement));
      const verdict = verify(armored, { statement: changed });
      expect(await faultOf(verdict)).toBe("other text");
    });

    it("names both fingerprints when somebody else has signed", async () => {
      const verdict = await verify(sign(eve, statementText(statement)));
      expect(verdict).toMatchObject({ isProven: false, fault: "other key" });
      expect(JSON.stringify(verdict).match(/SHA256:/g)).toHaveLength(2);
    });

    it("does not count when it was made for git", async () => {
      const armored = sign(ada, statementText(statement), {
        namespace: "git",
      });
      expect(await verify(armored)).toMatchObject({
        fault: "other namespace",
        reason: 'signed for "git", expected decision@upgrade-runbooks',
      });
    });

    it("does not count when its namespace alone was rewritten", async () => {
      const ours = sign(ada, statementText(statement));
      const foreign = sign(ada, statementText(statement), {
        namespace: "decision@another-runbooks",
      });
      expect(await faultOf(verify(renamed(foreign)))).toBe("other text");
      expect(await faultOf(verify(ours))).toBe("proven");
    });

    it("does not count for a person without keys on the roster", async () => {
      const armored = sign(ada, statementText(statement));
      const verdict = verify(armored, { publicKeys: [] });
      expect(await faultOf(verdict)).toBe("no key on the roster");
    });

    it("does not count after the end of its key, nor before its beginning", async () => {
      const armored = sign(ada, statementText(statement));
      const limited = (limit: string) =>
        faultOf(verify(armored, { publicKeys: [`${limit} ${ada.publicKey}`] }));
      expect(await limited(`valid-before="20261126025900"`)).toBe(
        "key not valid now",
      );
      expect(await limited(`valid-before="20261126030200"`)).toBe("proven");
      expect(await limited(`valid-after="20261126030200"`)).toBe(
        "key not valid now",
      );
      expect(
        await limited(`valid-after="20251126",valid-before="20271126"`),
      ).toBe("proven");
    });

    it("does not count when it comes long after it was made", async () => {
      const armored = sign(ada, statementText(statement));
      const late = verify(armored, { now: now + 3_600_000 });
      expect(await faultOf(late)).toBe("not signed just now");
      const never = verify(armored, { statement: { at: "yesterday" } });
      expect(await faultOf(never)).toBe("not signed just now");
    });

    it.each<[string, (armored: string) => string]>([
      ["empty", () => ""],
      ["no signature", () => "approve, says ada"],
      ["without its armor", (armored) => armored.replace(/-.*-\n/g, "")],
      ["cut off", (armored) => armored.replace(/\n.*\n(?=-----END)/, "\n!\n")],
      [
        "of another kind",
        (armored) => armored.replaceAll("SSH SIGNATURE", "PGP SIGNATURE"),
      ],
      [
        "too long",
        (armored) => armored.replace("\n", `\n${"\n".repeat(9_000)}`),
      ],
    ])("is malformed when it is %s", async (_, spoil) => {
      const armored = spoil(sign(ada, statementText(statement)));
      expect(await faultOf(verify(armored))).toBe("malformed signature");
    });

    it("does not count when a bit of its proof is wrong", async () => {
      const armored = sign(ada, statementText(statement));
      const blob = Buffer.from(armored.replace(/-.*-/g, ""), "base64");
      blob[blob.length - 1] = (blob.at(-1) ?? 0) ^ 1;
      expect(await faultOf(verify(armor(blob)))).toBe("other text");
    });

    it("says that ssh-keygen is missing instead of refusing the signature", async () => {
      const armored = sign(ada, statementText(statement));
      const path = process.env["PATH"];
      process.env["PATH"] = keys.folder;
      try {
        await expect(verify(armored)).rejects.toMatchObject({
          type: "evidence.noOpenSsh",
        });
      } finally {
        process.env["PATH"] = path;
      }
    });
  },
);

/** The same proof, said to be for our namespace; both names have the same length. */
function renamed(armored: string): string {
  const blob = Buffer.from(armored.replace(/-.*-/g, ""), "base64");
  const at = blob.indexOf("decision@another-runbooks");
  blob.write(signatureNamespace, at);
  return armor(blob);
}

const armor = (blob: Buffer): string =>
  `-----BEGIN SSH SIGNATURE-----\n${blob.toString("base64")}\n-----END SSH SIGNATURE-----\n`;
