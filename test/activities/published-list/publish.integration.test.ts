import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MockActivityEnvironment } from "@temporalio/testing";
import { DefaultLogger } from "@temporalio/worker";
import { createListActivities } from "../../../activities/published-list/activities";
import { entriesOf } from "../../../activities/published-list/entries";
import type {
  ListPlace,
  PublishedList,
} from "../../../activities/published-list/port";
import { createSsh } from "../../../activities/ssh/ssh";
import { addressRecord, startDnsServer } from "../../harness/dns-server";
import { startSshd, type Sshd } from "../../harness/sshd";
import { accessTo, hostAt } from "../../harness/ssh-servers";

const addresses = {
  ...{ old: ["203.0.113.10"], new: ["203.0.113.11", "203.0.113.12"] },
  ...{ since: "2026-11-27", retireAfter: "2027-01-31" },
};
const generatedAt = "2026-11-27T10:00:00.000Z";

let sshd: Sshd;
let ssh: ReturnType<typeof createSsh>;
let folder: string;
let place: ListPlace;
beforeAll(async () => {
  sshd = await startSshd();
  ssh = createSsh();
});
afterAll(async () => {
  await ssh.close();
  await sshd.stop();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "list-"));
  const path = join(folder, "egress.json");
  place = { ssh: { host: hostAt(sshd), access: accessTo(sshd) }, path };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const quietly = new DefaultLogger("ERROR");
function publish(
  phase: "planned" | "active" = "planned",
  at: Partial<ListPlace> = {},
): Promise<PublishedList> {
  const patience = { withinMs: 300, everyMs: 20 };
  const { publishList } = createListActivities({ ssh }, patience);
  const order = {
    place: { ...place, ...at },
    entries: entriesOf(phase, addresses),
    ...{ resolves: addresses.new, generatedAt },
  };
  return new MockActivityEnvironment({}, { logger: quietly }).run<
    [],
    PublishedList,
    () => Promise<PublishedList>
  >(() => publishList(order));
}
const written = (): string => readFileSync(place.path, "utf8");

describe("the file of the list", () => {
  test("is written whole, for everybody to read, and nothing beside it", async () => {
    const { sha256, syncToken } = await publish();
    expect(JSON.parse(written())).toMatchObject({ syncToken, generatedAt });
    expect(createHash("sha256").update(written()).digest("hex")).toBe(sha256);
    expect(statSync(place.path).mode & 0o777).toBe(0o644);
    expect(readdirSync(folder)).toEqual(["egress.json"]);
  });

  test("is left alone when it says the same", async () => {
    const first = await publish();
    const { ino, mtimeMs } = statSync(place.path);
    expect(await publish()).toEqual(first);
    expect(statSync(place.path)).toMatchObject({ ino, mtimeMs });
  });

  test("is replaced by another list, and keeps its mode", async () => {
    const first = await publish();
    chmodSync(place.path, 0o664);
    const { ino } = statSync(place.path);
    const second = await publish("active");
    expect(second.syncToken).not.toBe(first.syncToken);
    expect(statSync(place.path).ino).not.toBe(ino);
    expect(statSync(place.path).mode & 0o777).toBe(0o664);
  });

  test("may be reached by a link, which stays", async () => {
    const real = join(folder, "real.json");
    symlinkSync(real, place.path);
    writeFileSync(real, "");
    await publish();
    expect(readdirSync(folder).sort()).toEqual(["egress.json", "real.json"]);
    expect(readFileSync(real, "utf8")).toContain("203.0.113.11/32");
  });

  test("is never taken from somebody else", async () => {
    writeFileSync(place.path, "{}");
    await expect(publish()).rejects.toMatchObject({
      type: "publishedList.foreignFile",
    });
    expect(written()).toBe("{}");
  });

  test("needs a folder", async () => {
    const path = join(folder, "gone", "egress.json");
    await expect(publish("planned", { path })).rejects.toMatchObject({
      ...{ type: "publishedList.noFolder", nonRetryable: true },
    });
  });

  test("needs a folder that may be written", async () => {
    // Nobody makes files there, root neither.
    const path = "/proc/egress.json";
    await expect(publish("planned", { path })).rejects.toMatchObject({
      ...{ type: "publishedList.notWritable", nonRetryable: true },
    });
  });
});

describe("the list at its URL", () => {
  const etagOf = (body: string) =>
    `"${createHash("sha256").update(body).digest("hex").slice(0, 16)}"`;
  const good: RequestListener = (request, response) => {
    const body = written();
    const etag = etagOf(body);
    const isKnown = request.headers["if-none-match"] === etag;
    response.writeHead(isKnown ? 304 : 200, { ETag: etag });
    response.end(isKnown ? undefined : body);
  };
  async function served(listener: RequestListener) {
    const server = createServer(listener).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      const url = `http://127.0.0.1:${port}/egress.json`;
      return await publish("planned", { url });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  test("is read as it was written, and its ETag kept", async () => {
    const { etag } = await served(good);
    expect(etag).toBe(etagOf(written()));
  });

  test("may take a moment behind a cache", async () => {
    let stale = 3;
    const { etag } = await served((request, response) =>
      stale-- > 0
        ? void response.writeHead(200, { ETag: '"old"' }).end("old")
        : good(request, response),
    );
    expect(etag).toBe(etagOf(written()));
  });

  test.each<[string, RequestListener, RegExp]>([
    ["is not found", (_, r) => void r.writeHead(404).end(), /answers 404/],
    ["is another", (_, r) => void r.end("other"), /other bytes/],
    ["has no ETag", (_, r) => void r.end(written()), /without an ETag/],
    [
      "is sent again whatever one has",
      (_, r) => void r.writeHead(200, { ETag: '"x"' }).end(written()),
      /answers 200 to If-None-Match: "x", expected 304/,
    ],
    ["is cut off", (_, r) => void r.destroy(), /gives no answer/],
  ])("is refused when it %s", async (_, listener, words) => {
    await expect(served(listener)).rejects.toMatchObject({
      ...{ type: "publishedList.notServed", nonRetryable: true },
      message: expect.stringMatching(words),
    });
  });
});

describe("the name of the addresses", () => {
  const name = "egress.example";
  const record = (last: number) => addressRecord(203, 0, 113, last);

  test("may have more than the new ones", async () => {
    const dns = await startDnsServer({ [name]: [10, 11, 12].map(record) });
    try {
      await publish("planned", { name: { name, server: dns.server } });
    } finally {
      await dns.stop();
    }
  });

  test("is asked until it has them all", async () => {
    const zone = { [name]: [record(11)] };
    const dns = await startDnsServer(zone);
    try {
      const published = publish("planned", {
        name: { name, server: dns.server },
      });
      while (dns.questions.length === 0)
        await new Promise((soon) => setTimeout(soon, 5));
      zone[name] = [record(11), record(12)];
      await published;
      expect(dns.questions.length).toBeGreaterThan(1);
    } finally {
      await dns.stop();
    }
  });

  test("is refused with what it has and what it lacks", async () => {
    const dns = await startDnsServer({ [name]: [10, 11].map(record) });
    const at = { name: { name, server: dns.server } };
    try {
      await expect(publish("planned", at)).rejects.toMatchObject({
        type: "publishedList.nameWrong",
        message: expect.stringContaining(
          `${name} resolves to 203.0.113.10, 203.0.113.11 at ${dns.server}, which lacks 203.0.113.12\n`,
        ),
      });
    } finally {
      await dns.stop();
    }
  });

  test("is refused when nobody knows it", async () => {
    const dns = await startDnsServer({});
    const at = { name: { name, server: dns.server } };
    try {
      await expect(publish("planned", at)).rejects.toMatchObject({
        type: "publishedList.nameWrong",
        message: expect.stringContaining(
          `${dns.server} has no address of ${name} (ENOTFOUND)`,
        ),
      });
    } finally {
      await dns.stop();
    }
  });
});
