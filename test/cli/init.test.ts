import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cli } from "./run-cli";

let folder: string;
let config: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "cli-init-"));
  config = join(folder, "runbooks.yaml");
});
afterEach(() => rm(folder, { recursive: true }));

interface Answer {
  readonly ok: boolean;
  readonly checks: readonly { name: string; verdict: string; seen: string }[];
}

async function validate(...words: readonly string[]) {
  const argv = ["validate", "--config", config, "--json", ...words];
  const { code, out } = await cli(argv);
  const { ok, checks } = JSON.parse(out) as Answer;
  const named = (name: string) => checks.find((check) => check.name === name);
  return { code, ok, named, names: checks.map(({ name }) => name) };
}

describe("init", () => {
  it("writes a configuration and its inventories, which validate", async () => {
    const { code, out } = await cli(["init", config]);
    expect(code).toBe(0);
    expect(out).toContain(`runbook validate --config ${config}`);
    const onFile = await validate("--file-only");
    expect(onFile).toMatchObject({ code: 0, ok: true });
    expect(onFile.names).toEqual([
      "configuration",
      "component web",
      "component worker",
    ]);
    const { named } = await validate();
    expect(named("inventory of staging")).toMatchObject({
      verdict: "pass",
      seen: "2 hosts in 2 pools",
    });
    expect(named("inventory of prod-eu")?.verdict).toBe("pass");
    for (const calendars of ["calendar weeknights", "calendar year-end"])
      expect(named(calendars)?.verdict).toBe("pass");
    expect(named("calendars of prod-eu")?.seen).toMatch(/^open/);
  });

  it("writes what a plan can be made of, for each environment", async () => {
    await cli(["init", config]);
    const sets = ["target=prod-eu", "change=c", "component=web", "version=1.0"];
    const { code, out } = await cli([
      ...["plan", "--config", config],
      ...sets.flatMap((set) => ["--set", set]),
    ]);
    expect(out).toContain("web to 1.0 on 3 hosts of prod-eu");
    expect(code).toBe(0);
  });

  it("replaces nothing unless told so, and then writes nothing at all", async () => {
    await writeFile(join(folder, "hosts-prod-eu.yaml"), "mine");
    const { code, err } = await cli(["init", config]);
    expect(code).toBe(5);
    expect(err).toMatch(
      /hosts-prod-eu\.yaml is there already\nhint: .*--force/,
    );
    await expect(readFile(config)).rejects.toThrow("ENOENT");
    expect((await cli(["init", config, "--force"])).code).toBe(0);
    expect(await readFile(config, "utf8")).toContain("targets:");
  });

  it("says where it cannot write", async () => {
    await writeFile(config, "");
    const { code, err } = await cli(["init", join(config, "a.yaml")]);
    expect(code).toBe(2);
    expect(err).toContain(`cannot write ${config}/a.yaml (`);
  });
});

describe("validate", () => {
  const target =
    "{ inventory: { file: hosts.yaml }, ssh: { identities: [{ key: key }], knownHosts: [known] } }";
  const write = (components: string, targets = `{ prod: ${target} }`) =>
    writeFile(config, `targets: ${targets}\ncomponents: ${components}\n`);
  const sound =
    "{ app: { steps: { apply: { run: [a] }, version: { run: [v] } } } }";

  it("passes where all is there: hosts, keys, known keys and secrets", async () => {
    const key = `ssh-ed25519 ${Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from("ssh-ed25519"), Buffer.from([0, 0, 0, 32]), Buffer.alloc(32, 1)]).toString("base64")}`;
    await writeFile(
      join(folder, "hosts.yaml"),
      "- { id: a, address: 192.0.2.1 }",
    );
    await writeFile(join(folder, "known"), `192.0.2.1 ${key}\n`);
    await writeFile(join(folder, "key"), "k", { mode: 0o600 });
    await writeFile(join(folder, "token"), "t");
    await write(
      `{ app: { steps: { apply: { run: [a], secretEnv: { T: "file:${folder}/token" } }, version: { run: [v] } } } }`,
    );
    const { code, out } = await cli(["validate", "--config", config]);
    expect(out).toContain("The configuration is sound.");
    expect(code).toBe(0);
  });

  it("tells every fault of the form at once, exit 2", async () => {
    await write("{ app: { stepz: {} } }", "{ prod: { inventory: {} } }");
    const { code, err, out } = await cli(["validate", "--config", config]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain("did you mean steps?");
    expect(err).toContain("targets.prod.inventory");
  });

  it("tells unknown placeholders of each component, exit 2", async () => {
    await write(
      "{ app: { steps: { apply: { run: [a, '{{verzion}}'] }, version: { run: [v, '{{host.nmae}}'] } } } }",
    );
    const { code, named } = await validate("--file-only");
    expect(code).toBe(2);
    expect(named("component app")?.seen).toMatch(/verzion[^]*host\.nmae/);
  });

  it("tells an inventory that cannot be read, exit 2, and goes on to the rest", async () => {
    await write(sound);
    const { code, named } = await validate();
    expect(code).toBe(2);
    expect(named("inventory of prod")?.verdict).toBe("fail");
    expect(named("login to prod")?.seen).toBe(`cannot read ${folder}/key`);
  });

  it("tells calendars that never open, alone or together, and files that they cannot read, exit 7", async () => {
    await writeFile(
      config,
      [
        `targets: { prod: { inventory: { file: hosts.yaml }, calendars: [nights, freeze] } }`,
        `components: ${sound}`,
        "calendars:",
        "  nights: { tz: UTC, dtstart: 2020-01-31T22:00, rrule: FREQ=MONTHLY;BYMONTHDAY=31, duration: PT1H }",
        "  freeze: { tz: UTC, default: open, dtstart: 2020-01-01T00:00, rrule: FREQ=DAILY, duration: PT30H }",
        "  past: { tz: UTC, dtstart: 2020-01-01T22:00, duration: PT1H }",
        "  holidays: { tz: UTC, default: open, exclusions: [{ ics: gone.ics }, { ics: 'https://127.0.0.1:1/a.ics', token: 'env:NOT_HERE_AT_ALL' }] }",
        "",
      ].join("\n"),
    );
    await writeFile(
      join(folder, "hosts.yaml"),
      "- { id: a, address: 192.0.2.1 }",
    );
    const { code, named } = await validate();
    expect(code).toBe(7);
    expect(named("calendar nights")?.seen).toMatch(
      /^opens \d{4}-[^]*\nmonths without day 31 have no window/,
    );
    const never = "opens at no time in the next 400 days";
    expect(named("calendar past")).toMatchObject({
      verdict: "fail",
      seen: never,
    });
    expect(named("calendars of prod")).toMatchObject({
      verdict: "fail",
      seen: never,
    });
    expect(named("calendar holidays")).toMatchObject({ verdict: "fail" });
    expect(named("reference env:NOT_HERE_AT_ALL")?.verdict).toBe("fail");
    expect((await validate("--file-only")).code).toBe(0);
  });

  it("tells keys, known_hosts and references that are not there, exit 7", async () => {
    await writeFile(
      join(folder, "hosts.yaml"),
      "- { id: a, address: 192.0.2.1 }",
    );
    await write(
      `{ app: { steps: { apply: { run: [a], secretEnv: { T: "file:${folder}/token", U: "env:NOT_HERE_AT_ALL" } }, version: { run: [v] } } } }`,
    );
    const { code, named } = await validate();
    expect(code).toBe(7);
    expect(named("login to prod")?.verdict).toBe("fail");
    expect(named("known hosts of prod")?.seen).toContain(
      `cannot read ${folder}/known (ENOENT)`,
    );
    expect(named(`reference file:${folder}/token`)?.verdict).toBe("fail");
    expect(named("reference env:NOT_HERE_AT_ALL")?.verdict).toBe("fail");
  });
});

describe("validate, of approvals", () => {
  const write = async (who: string): Promise<void> => {
    await cli(["init", config]);
    const approvals = `
approvals:
  roster: { file: roster.yaml }
  policies: { one: { who: [${who}], expiresAfterS: 3600 } }
  gates: { canary: one }
`;
    await writeFile(config, `${await readFile(config, "utf8")}${approvals}`);
    const people = "people: [{ name: ada, groups: [ops] }]";
    await writeFile(join(folder, "roster.yaml"), people);
  };

  it("passes those that fit their roster", async () => {
    await write("ops");
    const { named } = await validate();
    expect(named("approvals")).toMatchObject({
      ...{ verdict: "pass", seen: "1 on the roster; gates canary" },
    });
  });

  it("fails those that name whom it does not have, as bad input", async () => {
    await write("opps");
    const { code, named } = await validate();
    expect(code).toBe(2);
    expect(named("approvals")?.seen).toContain("did you mean ops?");
  });

  it("fails when the roster cannot be read", async () => {
    await write("ops");
    await rm(join(folder, "roster.yaml"));
    const { code, named } = await validate();
    expect(code).toBe(2);
    expect(named("approvals")?.seen).toContain("cannot read the roster");
  });
});
