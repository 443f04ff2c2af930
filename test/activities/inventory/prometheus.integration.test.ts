import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { inventoryFolder } from "./inventory-folder";

const { inventory, resolve, failureOf } = inventoryFolder();

describe("Prometheus", () => {
  let server: Server;
  let url: string;
  let reply: { status: number; body: string };
  let last: IncomingMessage | undefined;
  beforeAll(async () => {
    server = createServer((request, response) => {
      last = request;
      response.writeHead(reply.status).end(reply.body);
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sd`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });

  const say = (body: unknown, status = 200): void => {
    reply = {
      status,
      body: typeof body === "string" ? body : JSON.stringify(body),
    };
  };

  it("tells hosts by their targets, with labels as pool, zone, site and tags", async () => {
    say([
      {
        targets: ["web-1.test:9100", "10.0.0.2:9100", "[fd00::1]:9100"],
        labels: { job: "web", rack: "r1", __meta_x: "y", api_token: "hunter2" },
      },
      { targets: ["web-1.test:9104"], labels: { job: "mysql" } },
      {
        targets: ["db-1.test"],
        labels: {
          ...{
            runbook_id: "db",
            runbook_pool: "databases",
            runbook_zone: "eu",
          },
          ...{ runbook_site: "fra", runbook_ssh_port: "2222" },
        },
      },
    ]);
    const web = { port: 22, pool: "web", tags: { rack: "r1" } };
    expect(await resolve({ prometheus: { url } })).toEqual([
      { id: "web-1.test", name: "web-1.test", address: "web-1.test", ...web },
      { id: "10.0.0.2", name: "10.0.0.2", address: "10.0.0.2", ...web },
      { id: "fd00--1", name: "fd00::1", address: "fd00::1", ...web },
      {
        ...{ id: "db", name: "db-1.test", address: "db-1.test", port: 2222 },
        ...{ pool: "databases", zone: "eu", site: "fra", tags: {} },
      },
    ]);
  });

  it("gets the token of its reference, and no message repeats it", async () => {
    say("no", 403);
    const prometheus = { url, token: "env:SD_TOKEN" };
    const error = await failureOf({ prometheus }, { SD_TOKEN: "hunter2" });
    expect(last?.headers.authorization).toBe("Bearer hunter2");
    expect(error.type).toBe("inventory.refused");
    expect(error.message).toContain("answered 403");
    expect(error.message).not.toContain("hunter2");
    const unset = await failureOf({ prometheus });
    expect(unset.type).toBe("reference.unset");
  });

  it.each([
    ["unanswered", "busy", 503, /answered 503/],
    ["notJson", "<html>", 200, /answered no JSON/],
    ["empty", [], 200, /lists no host/],
    ["invalid", { targets: ["a:1"] }, 200, /expected a list/],
    [
      "invalid",
      [{ targets: ["http://a/x"] }],
      200,
      /\[0\]\.targets\[0\]: .*expected host:port/,
    ],
    [
      "invalid",
      [{ targets: ["a:1"], labels: { runbook_ssh_port: "ssh" } }],
      200,
      /a\.port: found "ssh"/,
    ],
    [
      "invalid",
      [{ targets: ["a:1", "b:1"], labels: { runbook_id: "x" } }],
      200,
      /an id that no other host has/,
    ],
  ])(
    "that goes wrong is told as inventory.%s: %j",
    async (kind, body, status, message) => {
      say(body, status);
      const error = await failureOf({ prometheus: { url } });
      expect(error.type).toBe(`inventory.${kind}`);
      expect(error.message).toMatch(message);
    },
  );

  it("is asked again at the moment; one that is not there leaves every host expected", async () => {
    const reader = inventory();
    const source = { prometheus: { url } };
    say([{ targets: ["a:1", "b:1"] }]);
    expect(await reader.shouldBeAlive(source, "b")).toBe(true);
    say([{ targets: ["a:1"] }]);
    expect(await reader.shouldBeAlive(source, "b")).toBe(false);
    say("", 500);
    expect(await reader.shouldBeAlive(source, "b")).toBe(true);
  });

  it("that nobody serves is told with the reason", async () => {
    const error = await failureOf({
      prometheus: { url: "http://127.0.0.1:1/sd" },
    });
    expect(error.type).toBe("inventory.unanswered");
    expect(error.message).toMatch(
      /no answer from http:\/\/127\.0\.0\.1:1\/sd \(.*/,
    );
  });
});
