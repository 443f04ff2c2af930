import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import {
  createServer as createPlainServer,
  type Server as PlainServer,
} from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { runChild } from "../../harness/child";
import { describeWhen } from "../../harness/describe-when";
import { missingProgram } from "../../harness/missing-program";

const portOf = (server: PlainServer | Server): number =>
  (server.address() as AddressInfo).port;
jest.setTimeout(180_000);

const child = require.resolve("./source-child");

describeWhen(missingProgram("openssl"))("an ICS file behind https", () => {
  let folder: string;
  let server: Server;
  let plain: PlainServer;
  let origin: string;
  const asked: (string | undefined)[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "calendar-sources-"));
    const [key, cert] = ["key.pem", "cert.pem"].map((name) =>
      path.join(folder, name),
    ) as [string, string];
    const subject = [
      "-subj",
      "/CN=127.0.0.1",
      "-addext",
      "subjectAltName=IP:127.0.0.1",
    ];
    const made = [
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "1",
      "-keyout",
      key,
      "-out",
      cert,
    ];
    execFileSync("openssl", ["req", ...made, ...subject], { stdio: "pipe" });
    plain = createPlainServer((_, response) => response.end("BEGIN:VCALENDAR"));
    await new Promise<void>((done) => plain.listen(0, "127.0.0.1", done));
    const answers: Readonly<Record<string, [number, string]>> = {
      "/secret-path.ics": [200, "BEGIN:VCALENDAR"],
      "/gone.ics": [404, ""],
      "/broken.ics": [503, ""],
      "/large.ics": [200, "x".repeat(6 * 2 ** 20)],
    };
    server = createServer(
      { key: readFileSync(key), cert: readFileSync(cert) },
      (request, response) => {
        asked.push(request.headers.authorization);
        if (request.url === "/moved.ics") {
          response
            .writeHead(302, {
              location: `http://127.0.0.1:${portOf(plain)}/a.ics`,
            })
            .end();
          return;
        }
        const [status, text] = answers[request.url ?? ""] ?? [500, ""];
        response.writeHead(status).end(text);
      },
    );
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    origin = `https://127.0.0.1:${portOf(server)}`;
  });
  afterAll(async () => {
    await new Promise((done) => server.close(done));
    await new Promise((done) => plain.close(done));
    rmSync(folder, { recursive: true });
  });

  const read = async (name: string, env: NodeJS.ProcessEnv = {}) => {
    const source = { ics: `${origin}/${name}`, token: "env:CALENDAR_TOKEN" };
    const NODE_EXTRA_CA_CERTS = path.join(folder, "cert.pem");
    const running = runChild(child, [JSON.stringify(source)], {
      NODE_EXTRA_CA_CERTS,
      CALENDAR_TOKEN: "t-1",
      ...env,
    });
    return JSON.parse(await running.line()) as {
      text?: string;
      type?: string;
      message?: string;
    };
  };

  it("is read with its token", async () => {
    expect(await read("secret-path.ics")).toEqual({ text: "BEGIN:VCALENDAR" });
    expect(asked.at(-1)).toBe("Bearer t-1");
  });

  it.each([
    ["gone.ics", "calendar.refused", "answered 404 Not Found, expected 200"],
    [
      "broken.ics",
      "calendar.unanswered",
      "answered 503 Service Unavailable, expected 200",
    ],
    ["large.ics", "calendar.tooLarge", "has more than 5 MB"],
    ["moved.ics", "calendar.refused", "led to an address without https"],
  ])(
    "fails for %s as %s, without its path, which may be secret",
    async (name, type, text) => {
      const told = await read(name);
      expect(told.type).toBe(type);
      expect(told.message).toContain(text);
      expect(told.message).toContain(`${origin}/...`);
      expect(told.message).not.toContain(name);
    },
  );

  it("is not taken from a server that cannot prove who it is", async () => {
    const { type, message } = await read("secret-path.ics", {
      NODE_EXTRA_CA_CERTS: "",
    });
    expect(type).toBe("calendar.unanswered");
    expect(message).toMatch(
      /no answer from .* \(DEPTH_ZERO_SELF_SIGNED_CERT\)/,
    );
  });

  it("is not read without the token that its reference names", async () => {
    const before = asked.length;
    expect(
      await read("secret-path.ics", { CALENDAR_TOKEN: undefined }),
    ).toMatchObject({ type: "reference.unset" });
    expect(asked).toHaveLength(before);
  });
});
