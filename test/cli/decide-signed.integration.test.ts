import type { GatePolicy } from "../../activities/approvals/port";
import { describeWhen } from "../harness/describe-when";
import { missingProgram } from "../harness/missing-program";
import { sign, type SigningKey, SigningKeys } from "../harness/signing";
import {
  statementOf,
  statementText,
} from "../../activities/evidence/statement";
import {
  type Asking,
  answerTo,
  gateOf,
  heardOf,
  policies,
  type PolicyRig,
  send,
  startPolicyRig,
} from "../workflows/gate/policy-rig";
import { cli } from "./run-cli";

describeWhen(missingProgram("ssh-keygen"))("answers that are signed", () => {
  const keys = new SigningKeys();
  let rig: PolicyRig;
  let ada: SigningKey;
  let eve: SigningKey;

  beforeAll(async () => {
    rig = await startPolicyRig();
    ada = keys.make("ed25519");
    eve = keys.make("ed25519");
    rig.setRoster({
      people: [
        {
          name: "ada",
          aliases: ["ada@example.com"],
          groups: ["ops"],
          publicKeys: [ada.publicKey],
        },
        { name: "ben", groups: ["ops"] },
        { name: "dan", aliases: ["dan@desk"], groups: ["ops"] },
      ],
    });
  }, 180_000);
  afterAll(async () => {
    await rig?.stop();
    keys.remove();
  });

  const asked = (over: Partial<GatePolicy> = {}): Promise<Asking> =>
    rig.asked({ policies: policies({ level: "signed", ...over }) });

  const decide = ({ workflowId }: Asking, ...words: string[]) =>
    cli(["decide", workflowId, "canary", "approve", ...words], {
      env: { ...rig.server.env, PATH: process.env["PATH"], HOME: keys.folder },
    });

  it("count by the key of whoever gives them, without being told to sign", async () => {
    const run = await asked({ quorum: 1 });
    const said = await decide(
      run,
      "--by",
      "ada@example.com",
      "--key",
      ada.file,
    );
    expect(said).toMatchObject({
      code: 0,
      out: 'approve recorded for gate "canary", by ada\n',
    });
    const { votes } = await heardOf(run);
    expect(votes).toMatchObject([
      {
        person: "ada",
        level: "signed",
        how: expect.stringMatching(/^signed by the key SHA256:/),
      },
    ]);
  });

  it("count the same when they come by Signal", async () => {
    const run = await asked();
    const said = await decide(
      run,
      "--by",
      "ada",
      "--key",
      ada.file,
      "--signal",
    );
    expect(said).toMatchObject({ code: 0 });
    expect((await heardOf(run)).votes).toMatchObject([
      { channel: "answer", level: "signed", person: "ada" },
    ]);
  });

  it("are wanted where a policy says so: the command looks for a key by itself", async () => {
    const said = await decide(await asked(), "--by", "ada");
    expect(said).toMatchObject({
      code: 2,
      err: expect.stringContaining("no key is named"),
    });
  });

  it("open nothing by another's key, or by none, and the run tells why", async () => {
    const run = await asked();
    const said = await decide(run, "--by", "ada", "--key", eve.file);
    expect(said).toMatchObject({
      code: 5,
      err: expect.stringMatching(
        /this one is claimed: its signature proves nothing: other key: signed by SHA256:\S+, which is no key of ada/,
      ),
    });
    const gate = await gateOf(run);
    expect(await send(run, "decide", answerTo(gate))).toBe("unproven");
    const { refused } = await heardOf(run);
    expect(refused.at(-1)?.reason).toContain(
      "a name claimed by decide, not proven",
    );
  });

  it("open nothing in another run, whose gate asks the same", async () => {
    const [run, other] = [await asked(), await asked()];
    const gate = await gateOf(other);
    const at = new Date().toISOString();
    const answer = answerTo(gate, { digest: gate.digest });
    const { raw } = await run.describe();
    const runId = raw.workflowExecutionInfo?.firstRunId ?? "";
    const about = { workflowId: run.workflowId, runId, at };
    const armored = sign(ada, statementText(statementOf(answer, about)));
    const signature = { armored, at };
    expect(await send(other, "decide", { ...answer, signature })).toBe(
      "unproven",
    );
    expect((await heardOf(other)).refused.at(-1)?.reason).toContain(
      "other text",
    );
  });

  it("are refused by their shape before anything else", async () => {
    const run = await asked();
    const gate = await gateOf(run);
    const signature = { armored: "a".repeat(8_193), at: "now", by: "ada" };
    const answer = answerTo(gate, { signature });
    expect(await send(run, "answer", answer)).toBe("malformed");
    expect((await heardOf(run)).refused.at(-1)?.reason).toBe(
      "signature.armored: expected a text of up to 8192 characters, as ssh-keygen -Y sign prints it; signature.by: unknown field",
    );
  });
});
