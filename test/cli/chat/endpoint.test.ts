import { request } from "node:http";
import { resolveReference } from "../../../activities/references";
import {
  type Endpoint,
  type EndpointOptions,
  startEndpoint,
} from "../../../cli/chat/endpoint";
import type { Press } from "../../../cli/chat/press";
import { button, pressBody, secret, signedHeaders, startSlack } from "./slack";

describe("the endpoint for Slack", () => {
  let slack: Awaited<ReturnType<typeof startSlack>>;
  let endpoint: Endpoint | undefined;
  let pressed: Press[];
  let log: string[];

  beforeAll(async () => {
    slack = await startSlack();
  });
  afterAll(() => slack.stop());
  beforeEach(() => {
    pressed = [];
    log = [];
  });
  afterEach(async () => {
    await endpoint?.stop();
    endpoint = undefined;
  });

  async function listen(changed: Partial<EndpointOptions> = {}) {
    endpoint = await startEndpoint({
      host: "127.0.0.1",
      port: 0,
      secret: async () => secret,
      replies: slack.origin,
      decide: async (press) => {
        pressed.push(press);
        return { text: "recorded", isForAll: true };
      },
      log: (line) => log.push(line),
      ...changed,
    });
    return endpoint.url;
  }

  const body = (changed: Parameters<typeof pressBody>[0] = {}) =>
    pressBody({ replyTo: slack.replyTo, ...changed });

  const post = async (url: string, text: string, headers: object) => {
    const answer = await fetch(url, {
      method: "POST",
      body: text,
      headers: { ...headers },
    });
    return { status: answer.status, said: await answer.text() };
  };

  it("takes a press, and tells the channel what became of it", async () => {
    const url = await listen();
    const text = body();
    expect(await post(url, text, signedHeaders(text))).toEqual({
      status: 200,
      said: "",
    });
    expect(await slack.next()).toEqual({
      response_type: "in_channel",
      replace_original: false,
      text: "recorded",
    });
    expect(pressed).toMatchObject([{ user: "U012AB3CD", button }]);
    expect(log[0]).toBe(
      "200 U012AB3CD pressed approve at gate canary of fleet-upgrade:prod:CHG-1",
    );
  });

  it("answers before it decides, and ends after it has told", async () => {
    let decided: (reply: { text: string; isForAll: boolean }) => void = () =>
      undefined;
    const url = await listen({
      decide: () => new Promise((resolve) => (decided = resolve)),
    });
    const text = body();
    expect((await post(url, text, signedHeaders(text))).status).toBe(200);
    const stopped = endpoint?.stop();
    endpoint = undefined;
    decided({ text: "U012AB3CD is nobody on the roster", isForAll: false });
    await stopped;
    expect(await slack.next()).toMatchObject({ response_type: "ephemeral" });
  });

  it("refuses a wrong signature, an old one and none, and tells nobody why", async () => {
    const url = await listen();
    const text = body();
    const wrong = signedHeaders(text, Date.now(), "another secret");
    const old = signedHeaders(text, Date.now() - 301_000);
    const future = signedHeaders(text, Date.now() + 310_000);
    for (const headers of [wrong, old, future, {}])
      expect(await post(url, text, headers)).toEqual({ status: 401, said: "" });
    const other = body({ user: "U0EVE" });
    expect((await post(url, other, signedHeaders(text))).status).toBe(401);
    expect(pressed).toEqual([]);
    expect(log).toEqual([
      "401 wrong signature",
      "401 old",
      "401 old",
      "401 no signature",
      "401 wrong signature",
    ]);
  });

  it("judges the bytes as they came, not what they mean", async () => {
    const url = await listen();
    const text = body();
    // The same form, one byte longer.
    const same = `${text}&`;
    expect((await post(url, same, signedHeaders(text))).status).toBe(401);
  });

  it("takes the same request once", async () => {
    const url = await listen();
    const text = body();
    const headers = signedHeaders(text);
    expect((await post(url, text, headers)).status).toBe(200);
    expect((await post(url, text, headers)).status).toBe(409);
    await slack.next();
    expect(pressed).toHaveLength(1);
  });

  it("does not remember a request that proves nothing", async () => {
    const url = await listen();
    const text = body();
    const headers = signedHeaders(text);
    const other = body({ salt: "2" });
    expect((await post(url, other, headers)).status).toBe(401);
    expect((await post(url, text, headers)).status).toBe(200);
    await slack.next();
  });

  it.each<[string, Parameters<typeof pressBody>[0]]>([
    ["the button of another app", { action: "deploy.now" }],
    ["another kind of payload", { type: "view_submission" }],
    ["a button that says less", { button: { run: "r", gate: "canary" } }],
    ["a button that says more", { button: { ...button, by: "eve" } }],
    ["a user that is none", { user: "eve" }],
    [
      "a reply to another server",
      { replyTo: "http://127.0.0.2:9/hooks.slack.com" },
    ],
  ])("refuses %s, though Slack has signed it", async (_, changed) => {
    const url = await listen();
    const text = body(changed);
    expect((await post(url, text, signedHeaders(text))).status).toBe(400);
    expect(pressed).toEqual([]);
  });

  it("refuses a body that is no form", async () => {
    const url = await listen();
    for (const text of ["", "{}", "payload=%7B", "payload=null"])
      expect((await post(url, text, signedHeaders(text))).status).toBe(400);
  });

  it("refuses what is too long, whether or not it says so", async () => {
    const url = await listen();
    expect(await send(url, { "content-length": "600000" }, 0)).toBe(413);
    expect(await send(url, { "transfer-encoding": "chunked" }, 600_000)).toBe(
      413,
    );
  });

  it("listens to POST at its own path alone", async () => {
    const url = await listen();
    expect((await fetch(url)).status).toBe(405);
    expect((await fetch(new URL("/", url))).status).toBe(404);
  });

  it("takes nothing while its secret cannot be read", async () => {
    const url = await listen({
      secret: () => resolveReference("env:SLACK_SIGNING_SECRET", {}),
    });
    const text = body();
    expect((await post(url, text, signedHeaders(text))).status).toBe(500);
    expect(
      (await post(url, text, signedHeaders(text, Date.now(), ""))).status,
    ).toBe(500);
    expect(log[0]).toContain("SLACK_SIGNING_SECRET is not set");
  });

  it("takes no more than a hundred at once", async () => {
    const free: (() => void)[] = [];
    const url = await listen({
      decide: () =>
        new Promise((resolve) =>
          free.push(() => resolve({ text: "late", isForAll: false })),
        ),
    });
    const texts = Array.from({ length: 101 }, (_, index) =>
      body({ salt: String(index) }),
    );
    const statuses: number[] = [];
    for (const text of texts)
      statuses.push((await post(url, text, signedHeaders(text))).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(100);
    expect(statuses.at(-1)).toBe(503);
    for (const end of free) end();
    for (let told = 0; told < 100; told += 1) await slack.next();
  });
});

/** A request by hand, which may say one thing and do another. */
function send(
  url: string,
  headers: Record<string, string>,
  bytes: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const out = request(url, { method: "POST", headers }, (answer) => {
      resolve(answer.statusCode ?? 0);
      answer.resume();
      out.destroy();
    });
    out.once("error", reject);
    out.flushHeaders();
    if (bytes > 0) out.write(Buffer.alloc(bytes, "a"));
  });
}
