import { parse } from "../../../activities/faults";
import { inventorySourceSchema } from "../../../activities/inventory/port";

function refusalOf(source: unknown): string {
  try {
    parse(inventorySourceSchema, source, { system: "config", what: "source" });
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("it was accepted");
}

const exactlyOne = "expected exactly one of file, command, dns and prometheus";

test.each<[object, string]>([
  [{}, exactlyOne],
  [{ sshConfig: true }, exactlyOne],
  [{ file: "a", command: ["b"] }, exactlyOne],
  [{ fil: "a" }, "did you mean file?"],
  [{ file: "" }, "file: found"],
  [{ file: "a", timeoutS: 3 }, "expected timeoutS and cwd only beside command"],
  [{ file: "a", sshConfig: 3 }, "sshConfig: found 3"],
  [{ command: "ansible-inventory --list" }, "command: found"],
  [{ command: [] }, "command: found an empty list"],
  [{ command: ["a"], timeoutS: 0 }, "timeoutS: found 0"],
  [{ command: ["a"], timeoutS: 900 }, "timeoutS: found 900"],
  [{ dns: { names: [] } }, "dns.names: found an empty list"],
  [{ dns: { names: ["a b"] } }, "expected a DNS name"],
  [{ dns: { names: ["a"], type: "MX" } }, "expected A, AAAA or SRV"],
  [{ dns: { names: ["a"], port: 70_000 } }, "dns.port: found 70000"],
  [{ dns: { names: ["a"], server: "10.0.0.1" } }, "expected ip:port"],
  [{ dns: { names: ["a"], server: "ns.test:53" } }, "expected ip:port"],
  [{ prometheus: {} }, "prometheus.url: found nothing"],
  [{ prometheus: { url: "ftp://a" } }, "expected a URL of http or https"],
  [{ prometheus: { url: "not a url" } }, "expected a URL of http or https"],
  [{ prometheus: { url: "http://u:hunter2@a" } }, "without user and password"],
  [
    { prometheus: { url: "http://a", token: "hunter2" } },
    "expected a reference: env:NAME or file:/path",
  ],
])(
  "the source %j is refused in words, without its secrets",
  (source, words) => {
    const message = refusalOf(source);
    expect(message).toContain(words);
    expect(message).not.toContain("hunter2");
  },
);

test.each<object>([
  { file: "hosts.yaml" },
  { command: ["ansible-inventory", "--list"], timeoutS: 30, sshConfig: true },
  { dns: { names: ["_ssh._tcp.test"], type: "SRV", server: "[::1]:53" } },
  { prometheus: { url: "https://sd.test/x?y=1", token: "file:~/t" } },
])("the source %j is accepted", (source) => {
  expect(inventorySourceSchema.parse(source)).toEqual(source);
});
