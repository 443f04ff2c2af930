import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConnectionSettings } from "../../workers/connection-settings";

let home: string;
let key: string;
let profiles: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "settings-"));
  key = write("api-key", "s3cret\n");
  profiles = write(
    "profiles.toml",
    `[profile.default]
     address = "default.example.com:7233"
     namespace = "default-ns"
     [profile.prod]
     address = "prod.example.com:7233"
     namespace = "infra"
     api_key = "prod-key"
     [profile.prod.tls]
     server_name = "temporal.prod"
     [profile.prod.grpc_meta]
     team = "sre"`,
  );
});

afterAll(() => rmSync(home, { recursive: true }));

describe("the settings", () => {
  test("of an empty environment lead to the server on this machine", () => {
    expect(read({})).toEqual({
      address: "127.0.0.1:7233",
      namespace: "default",
    });
  });

  test("are taken from the standard variables", () => {
    expect(
      read({
        TEMPORAL_ADDRESS: "temporal.example.com:7233",
        TEMPORAL_NAMESPACE: "infra",
        TEMPORAL_TLS: "true",
        TEMPORAL_TLS_SERVER_NAME: "temporal",
        TEMPORAL_GRPC_META_TEAM: "sre",
      }),
    ).toMatchObject({
      address: "temporal.example.com:7233",
      namespace: "infra",
      tls: { serverNameOverride: "temporal" },
      metadata: { team: "sre" },
    });
  });

  test("are taken from the profile that is named, and variables go before it", () => {
    const named = { TEMPORAL_CONFIG_FILE: profiles, TEMPORAL_PROFILE: "prod" };
    expect(read(named)).toMatchObject({
      address: "prod.example.com:7233",
      namespace: "infra",
      apiKey: "prod-key",
      tls: { serverNameOverride: "temporal.prod" },
      metadata: { team: "sre" },
    });
    expect(read({ ...named, TEMPORAL_NAMESPACE: "other" })).toMatchObject({
      address: "prod.example.com:7233",
      namespace: "other",
    });
  });

  test("are taken from the default profile of a file that is named", () => {
    expect(read({ TEMPORAL_CONFIG_FILE: profiles })).toEqual({
      address: "default.example.com:7233",
      namespace: "default-ns",
    });
  });

  const where = process.platform === "darwin" ? "Library/..." : ".config";
  test(`are taken from the profiles that the CLI keeps in ${where}`, () => {
    const folder =
      process.platform === "darwin"
        ? join(home, "Library", "Application Support", "temporalio")
        : join(home, "xdg", "temporalio");
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, "temporal.toml"),
      '[profile.default]\naddress = "kept.example.com:7233"\n',
    );
    const found = read({ XDG_CONFIG_HOME: join(home, "xdg") });
    expect(found.address).toBe("kept.example.com:7233");
    rmSync(folder, { recursive: true });
  });

  test("take an API key from a file, and TLS with it", () => {
    expect(read({ TEMPORAL_API_KEY_FILE: key })).toMatchObject({
      apiKey: "s3cret",
      tls: true,
    });
  });

  test("have TLS switched off only by a clear word", () => {
    const settings = { TEMPORAL_API_KEY_FILE: key, TEMPORAL_TLS: "false" };
    expect(read(settings).tls).toBe(false);
  });

  test("read certificates where they are", () => {
    const paths = {
      TEMPORAL_TLS_CLIENT_CERT_PATH: write("client.pem", "cert"),
      TEMPORAL_TLS_CLIENT_KEY_PATH: write("client.key", "key"),
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: write("ca.pem", "ca"),
    };
    expect(read(paths).tls).toEqual({
      clientCertPair: { crt: bytes("cert"), key: bytes("key") },
      serverRootCACertificate: bytes("ca"),
      serverNameOverride: undefined,
    });
  });

  test("count empty variables as unset, and a file without profiles as none", () => {
    const empty = {
      TEMPORAL_ADDRESS: "",
      TEMPORAL_PROFILE: "",
      TEMPORAL_API_KEY: "",
      TEMPORAL_API_KEY_FILE: "",
    };
    const none = write("none.toml", "# nothing yet\n");
    const found = read({ ...empty, TEMPORAL_CONFIG_FILE: none });
    expect(found).toEqual(read({}));
    expect(read({ ...empty, TEMPORAL_CONFIG_FILE: "/dev/null" })).toEqual(
      found,
    );
  });
});

describe("what is wrong in them is told by variable, found and expected", () => {
  const file = "expected a file that this user can read";

  test.each<[string, Record<string, string>, string]>([
    [
      "an address without a port",
      { TEMPORAL_ADDRESS: "temporal.example.com" },
      'TEMPORAL_ADDRESS: found "temporal.example.com", expected host:port such as temporal.example.com:7233',
    ],
    [
      "an address that is a URL",
      { TEMPORAL_ADDRESS: "https://temporal.example.com:7233" },
      "expected host:port such as temporal.example.com:7233",
    ],
    [
      "a word for TLS that the SDK takes for off",
      { TEMPORAL_TLS: "yes" },
      'TEMPORAL_TLS: found "yes", expected 0, 1, true or false',
    ],
    [
      "a profile file that is not there",
      { TEMPORAL_CONFIG_FILE: "/nowhere.toml" },
      `TEMPORAL_CONFIG_FILE: found "/nowhere.toml", ${file}`,
    ],
    [
      "a profile without a file",
      { TEMPORAL_PROFILE: "prod" },
      "TEMPORAL_PROFILE: found Profile 'prod' not found",
    ],
    [
      "an API key file that is not there",
      { TEMPORAL_API_KEY_FILE: "/nowhere" },
      file,
    ],
    [
      "a certificate without its key",
      { TEMPORAL_TLS_CLIENT_CERT_DATA: "cert" },
      "TEMPORAL_TLS_CLIENT_KEY_PATH: found nothing, expected the key of the client certificate",
    ],
    [
      "a key without its certificate",
      { TEMPORAL_TLS_CLIENT_KEY_DATA: "key" },
      "TEMPORAL_TLS_CLIENT_CERT_PATH: found nothing, expected the certificate of the client key",
    ],
    [
      "a certificate that is not there",
      { TEMPORAL_TLS_SERVER_CA_CERT_PATH: "/nowhere.pem" },
      `TEMPORAL_TLS_SERVER_CA_CERT_PATH: found "/nowhere.pem", ${file}`,
    ],
  ])("%s", (_, env, told) => {
    const { message, type } = refusal(env);
    expect(type).toBe("config.invalid");
    expect(message).toContain("the Temporal environment has 1 fault:");
    expect(message).toContain(told);
  });

  test("an API key file with nothing in it", () => {
    const env = { TEMPORAL_API_KEY_FILE: write("empty", "\n") };
    expect(refusal(env).message).toContain(
      "expected a file with the key in it",
    );
  });

  test("an API key in two places, without repeating it", () => {
    const env = { TEMPORAL_API_KEY: "s3cret", TEMPORAL_API_KEY_FILE: key };
    const { message } = refusal(env);
    expect(message).toContain("expected one of it and TEMPORAL_API_KEY");
    expect(message).not.toContain("s3cret");
  });

  test("a profile that is not in the file", () => {
    const env = { TEMPORAL_CONFIG_FILE: profiles, TEMPORAL_PROFILE: "pord" };
    expect(refusal(env).message).toContain("Profile 'pord' not found");
  });

  test("a file that is no TOML", () => {
    const env = { TEMPORAL_CONFIG_FILE: write("bad", "[profile.default\n") };
    expect(refusal(env).message).toMatch(/profile: found .*TOML/i);
  });

  test("every fault at once, in one error", () => {
    const { message } = refusal({
      TEMPORAL_ADDRESS: "nowhere",
      TEMPORAL_TLS: "on",
      TEMPORAL_CONFIG_FILE: "/nowhere.toml",
      TEMPORAL_TLS_CLIENT_CERT_DATA: "cert",
    });
    expect(message).toContain("4 faults:");
  });
});

function read(env: Record<string, string>) {
  return readConnectionSettings({ HOME: home, ...env });
}

function refusal(env: Record<string, string>): {
  readonly type: string;
  readonly message: string;
} {
  try {
    read(env);
  } catch (error) {
    return error as Error & { type: string };
  }
  throw new Error("the settings were accepted");
}

function write(name: string, text: string): string {
  const path = join(home, name);
  writeFileSync(path, text);
  return path;
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text));
}
