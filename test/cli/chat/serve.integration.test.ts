import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Button } from "../../../cli/chat/press";
import { describeWhen } from "../../harness/describe-when";
import { missingProgram } from "../../harness/missing-program";
import { sign, type SigningKey, SigningKeys } from "../../harness/signing";
import {
  statementOf,
  statementText,
} from "../../../activities/evidence/statement";
import {
  type Asking,
  answerTo,
  gateOf,
  heardOf,
  policies,
  type PolicyRig,
  send,
  startPolicyRig,
} from "../../workflows/gate/policy-rig";
import { cli, type Said } from "../run-cli";
import { pressBody, secret, signedHeaders, startSlack } from "./slack";

interface Message {
  readonly blocks: readonly {
    readonly elements?: readonly { readonly value: string }[];
  }[];
}

describeWhen(missingProgram("ssh-keygen"))("answers from Slack", () => {
  const keys = new SigningKeys();
  const end = new AbortController();
  let rig: PolicyRig;
  let slack: Awaited<ReturnType<typeof startSlack>>;
  let channel: SigningKey;
  let env: Record<string, string>;
  let url: string;
  let served: Promise<Said>;

  beforeAll(async () => {
    [rig, slack] = await Promise.all([startPolicyRig(), startSlack()]);
    channel = keys.make("ed25519");
    const roster = {
      people: [
        { name: "ada", aliases: ["U012AB3CD"], groups: ["ops"] },
        { name: "dan", aliases: ["dan@desk"], groups: ["ops"] },
      ],
      channels: [{ name: "slack", publicKeys: [channel.publicKey] }],
    };
    rig.setRoster(roster);
    const folder = join(keys.folder, "config");
    mkdirSync(folder);
    writeFileSync(join(folder, "roster.json"), JSON.stringify(roster));
    const approvals = {
      roster: { file: "roster.json" },
      policies: { any: { who: ["ops"], expiresAfterS: 60 } },
      gates: { "*": "any" },
    };
    const configuration = { targets: {}, components: {}, approvals };
    const file = join(folder, "runbooks.yaml");
    writeFileSync(file, JSON.stringify(configuration));
    env = {
      ...rig.server.env,
      ...{ RUNBOOK_CONFIG: file, SLACK_SIGNING_SECRET: secret },
      ...{ PATH: process.env["PATH"] ?? "", HOME: keys.folder },
    };
    url = await serve();
  }, 180_000);
  afterAll(async () => {
    end.abort();
    expect((await served).code).toBe(0);
    await rig?.stop();
    await slack?.stop();
    keys.remove();
  });

  /** In this process, until `end`. */
  function serve(): Promise<string> {
    const words = ["--listen", "127.0.0.1:0", "--replies", slack.origin];
    return new Promise((resolve, reject) => {
      served = cli(["chat", "serve", "--key", channel.file, ...words], {
        env,
        interrupted: end.signal,
        onOut: (text) => {
          const [found] = /http:\S+actions/.exec(text) ?? [];
          if (found !== undefined) resolve(found);
        },
      });
      void served.then(({ err }) => reject(new Error(err)));
    });
  }

  const asked = (): Promise<Asking> =>
    rig.asked({ policies: policies({ level: "signed", quorum: 1 }) });

  /** What the message's first button says. */
  async function buttonOf({ workflowId }: Asking): Promise<Button> {
    const argv = ["chat", "message", workflowId, "canary"];
    const { out } = await cli(argv, { env });
    const { blocks } = JSON.parse(out) as Message;
    return JSON.parse(blocks.at(-1)?.elements?.[0]?.value ?? "") as Button;
  }

  async function press(button: Button, user: string, salt = "1") {
    const body = pressBody({ user, button, salt, replyTo: slack.replyTo });
    const headers = signedHeaders(body);
    const taken = await fetch(url, { method: "POST", body, headers });
    return { status: taken.status, told: await slack.next() };
  }

  it("count as those of the person who pressed, by the word of the channel", async () => {
    const run = await asked();
    const { status, told } = await press(await buttonOf(run), "U012AB3CD");
    expect(status).toBe(200);
    expect(told).toMatchObject({
      response_type: "in_channel",
      text: `<@U012AB3CD>: approve recorded for gate "canary", by ada of ${run.workflowId}`,
    });
    expect((await heardOf(run)).votes).toMatchObject([
      {
        person: "ada",
        level: "signed",
        how: expect.stringMatching(/of channel slack, which heard U012AB3CD$/),
      },
    ]);
  });

  it("are told to whoever pressed alone, when they open nothing", async () => {
    const run = await asked();
    const button = await buttonOf(run);
    const stranger = await press(button, "U0STRANGER");
    expect(stranger.told).toMatchObject({
      response_type: "ephemeral",
      text: expect.stringContaining(
        "Not taken: U0STRANGER is nobody on the roster",
      ),
    });
    const stale = await press(
      { ...button, nonce: "canary-0198beef" },
      "U012AB3CD",
    );
    expect(stale.told).toMatchObject({
      response_type: "ephemeral",
      text: expect.stringContaining("the nonce belongs to another asking"),
    });
    const gone = await press({ ...button, run: "no-such-run" }, "U012AB3CD");
    expect(gone.told.text).toContain("no run no-such-run");
    expect((await heardOf(run)).votes).toEqual([]);
  });

  it("cannot be made up by whoever reaches Temporal", async () => {
    const run = await asked();
    const gate = await gateOf(run);
    const at = new Date().toISOString();
    const answer = answerTo(gate, { by: "U012AB3CD", digest: gate.digest });
    const { raw } = await run.describe();
    const about = {
      ...{ workflowId: run.workflowId, at, channel: "slack" },
      runId: raw.workflowExecutionInfo?.firstRunId ?? "",
    };
    const statement = statementText(statementOf(answer, about));
    const armored = sign(keys.make("ed25519"), statement);
    const signature = { armored, at, channel: "slack" };
    expect(await send(run, "decide", { ...answer, signature })).toBe(
      "unproven",
    );
    const told = (await heardOf(run)).refused.at(-1)?.reason;
    expect(told).toContain("which is no key of slack");
  });

  it("are not listened for without a key that signs, a secret, or an address", async () => {
    const said = async (words: string[], changed: object = {}) =>
      (await cli(["chat", "serve", ...words], { env: { ...env, ...changed } }))
        .err;
    expect(await said([])).toContain("no key of the channel");
    expect(await said(["--key", "/nowhere"])).toContain("did not sign");
    const key = ["--key", channel.file];
    expect(await said(key, { SLACK_SIGNING_SECRET: undefined })).toContain(
      "SLACK_SIGNING_SECRET is not set",
    );
    expect(await said([...key, "--listen", "here"])).toContain(
      "an address such as",
    );
    expect(await said([...key, "--secret", secret])).not.toContain(secret);
  });
});
